"""Writes the recorded bytes beside their readable twins: `python proto/examples/record.py`.

Each NAME.txtpb becomes NAME.bin, one message; `STREAMS` become messages in a row, as HTTP sends them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from google.protobuf import descriptor_pool, text_format
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

import mien.wire.v1.service_pb2  # noqa: F401 - makes every message of the wire known

HERE = Path(__file__).resolve().parent
PACKAGE = "mien.wire.v1"

STREAMS = {
    "animate_request.stream.bin": ("settings_short", "audio", "control", "end"),
    "animate_response.stream.bin": ("header", "event", "frames", "end"),
}
"""A whole conversation, up and down, and the examples it is made of."""


def main() -> None:
    for twin in sorted(HERE.glob("*.txtpb")):
        twin.with_suffix(".bin").write_bytes(encoded(read_twin(twin)))
    for name in STREAMS:
        (HERE / name).write_bytes(framed(encoded(message) for message in conversation(name)))


def read_twin(path: Path) -> Message:
    """The message in a text file; a comment, `# proto-message: NAME`, says which kind it is."""
    text = path.read_text(encoding="utf-8")
    kind = re.search(r"^# proto-message: (\w+)$", text, re.MULTILINE)
    assert kind, f"{path.name}: the line '# proto-message: NAME' is missing."
    described = descriptor_pool.Default().FindMessageTypeByName(f"{PACKAGE}.{kind[1]}")
    return text_format.Parse(text, GetMessageClass(described)())


def conversation(stream: str) -> list[Message]:
    """The messages of one of `STREAMS`, in order."""
    kind = stream.partition(".")[0]
    return [read_twin(HERE / f"{kind}.{part}.txtpb") for part in STREAMS[stream]]


def encoded(message: Message) -> bytes:
    """`message` as every deterministic encoder writes it: fields by number, maps by key."""
    return message.SerializeToString(deterministic=True)


def framed(messages: Iterable[bytes]) -> bytes:
    """Each message after its length in four bytes, the greatest first."""
    return b"".join(len(message).to_bytes(4, "big") + message for message in messages)


if __name__ == "__main__":
    main()
