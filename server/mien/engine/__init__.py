"""Many performances at once: all that are ready take one step of the model together. Knows no asyncio."""

from mien.engine.bakes import AbandonedError, BakePool
from mien.engine.bank import Bank
from mien.engine.catalogue import Catalogue
from mien.engine.engine import Engine
from mien.engine.limits import Limits
from mien.engine.live import ControlDone, Ended, Failed, FramesReady, LiveStream, Output
from mien.engine.order import StreamOrder

__all__ = [
    "AbandonedError",
    "BakePool",
    "Bank",
    "Catalogue",
    "ControlDone",
    "Ended",
    "Engine",
    "Failed",
    "FramesReady",
    "Limits",
    "LiveStream",
    "Output",
    "StreamOrder",
]
