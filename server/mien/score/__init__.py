"""Our own scorer: ARKit curves against phone times."""

from mien.score.metrics import score
from mien.score.phones import ENDINGS, read_phones, read_truth, utterance_name
from mien.score.scores import COLUMNS, Scores, table
from mien.score.show import Closures, closures_shown
from mien.score.symbols import Phoneset, base_symbols, is_pause
from mien.score.truth import SHARES, Span, Truth, truth

__all__ = [
    "COLUMNS",
    "ENDINGS",
    "SHARES",
    "Closures",
    "Phoneset",
    "Scores",
    "Span",
    "Truth",
    "base_symbols",
    "closures_shown",
    "is_pause",
    "read_phones",
    "read_truth",
    "score",
    "table",
    "truth",
    "utterance_name",
]
