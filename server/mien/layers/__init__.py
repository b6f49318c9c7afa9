"""What is added to the motion of speech, layer by layer; each can be weakened, strengthened, switched off."""

from mien.layers.articulation import articulation
from mien.layers.layers import LAYERS, LayerStack, Strengths, check_control, check_strengths
from mien.layers.track import MOST_KEYS, Track

__all__ = [
    "LAYERS",
    "MOST_KEYS",
    "LayerStack",
    "Strengths",
    "Track",
    "articulation",
    "check_control",
    "check_strengths",
]
