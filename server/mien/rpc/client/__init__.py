"""Clients of a server of Mien. The same calls as in-process, over gRPC."""

from mien.rpc.client.aclient import AsyncClient
from mien.rpc.client.astream import AsyncClientStream
from mien.rpc.client.client import Client
from mien.rpc.client.connect import Tls
from mien.rpc.client.facts import (
    CharacterFacts,
    ControlApplied,
    EmotionFacts,
    ModelFacts,
    RigFacts,
    RigSummary,
    StreamEnd,
    StreamHeader,
)
from mien.rpc.client.stream import ClientStream

__all__ = [
    "AsyncClient",
    "AsyncClientStream",
    "CharacterFacts",
    "Client",
    "ClientStream",
    "ControlApplied",
    "EmotionFacts",
    "ModelFacts",
    "RigFacts",
    "RigSummary",
    "StreamEnd",
    "StreamHeader",
    "Tls",
]
