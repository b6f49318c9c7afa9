"""The stored descriptor set of the wire, thing by thing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.message import Message

from tests.conftest import REPOSITORY

PROTO = REPOSITORY / "proto"
STORED = FileDescriptorSet.FromString((PROTO / "mien.wire.v1.binpb").read_bytes())


class Thing(NamedTuple):
    """A message, field, enum, value, service or method, to be changed where it stands."""

    name: str
    """Its full name."""

    descriptor: Any
    """What protobuf says of it."""

    holder: Any
    """The file, message, enum or service it stands in."""

    among: Any
    """The list it stands in."""


def fresh() -> FileDescriptorSet:
    """The stored set, to be changed."""
    return FileDescriptorSet.FromString(STORED.SerializeToString())


def things(files: FileDescriptorSet) -> Iterator[Thing]:
    """Everything that clients may know."""
    for file in files.file:
        for kind in (file.message_type, file.enum_type, file.service):
            yield from inside(file.package, file, kind)


def inside(scope: str, holder: Message, kind: Any) -> Iterator[Thing]:
    for thing in kind:
        name = f"{scope}.{thing.name}"
        yield Thing(name, thing, holder, kind)
        for inner in ("field", "nested_type", "enum_type", "value", "method"):
            yield from inside(name, thing, getattr(thing, inner, ()))


def named(kind: type[Message]) -> list[str]:
    """The names of all stored things of one kind."""
    return [thing.name for thing in things(STORED) if isinstance(thing.descriptor, kind)]
