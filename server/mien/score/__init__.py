"""Our own scorer: ARKit curves against phone times."""

from mien.score.metrics import score
from mien.score.phones import ENDINGS, read_phones, read_truth, utterance_name
from mien.score.scores import COLUMNS, Scores, table
from mien.score.show import Closures, closures_shown
from mien.score.signals import Signals, lip_signals
from mien.score.symbols import Phoneset, base_symbols, is_pause
from mien.score.truth import Span, Truth, truth

__all__ = [
    "COLUMNS",
    "ENDINGS",
    "Closures",
    "Phoneset",
    "Scores",
    "Signals",
    "Span",
    "Truth",
    "base_symbols",
    "closures_shown",
    "is_pause",
    "lip_signals",
    "read_phones",
    "read_truth",
    "score",
    "table",
    "truth",
    "utterance_name",
]
