"""Sound to motion: small ONNX models with their memory outside."""

from mien.motion.card import Card, read_card
from mien.motion.find import find_model, model_names
from mien.motion.model import Memory, MotionModel, load_model
from mien.motion.stream import MotionStream

__all__ = [
    "Card",
    "Memory",
    "MotionModel",
    "MotionStream",
    "find_model",
    "load_model",
    "model_names",
    "read_card",
]
