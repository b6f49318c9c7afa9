"""What the models hear: one row of numbers per 10 ms of sound."""

from mien.features.mel import BANDS, WINDOW, dft_basis, log_mel, mel_weights

__all__ = ["BANDS", "WINDOW", "dft_basis", "log_mel", "mel_weights"]
