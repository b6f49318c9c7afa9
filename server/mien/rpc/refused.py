"""Why a request is refused, in the wire's words: which part of it, what is wrong, and gRPC's code for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Self

from mien import errors
from mien.errors import MienError
from mien.wire.v1.common_pb2 import Error

CODES: Final = {
    errors.LimitError: "RESOURCE_EXHAUSTED",
    errors.InputError: "INVALID_ARGUMENT",
    errors.ServerError: "UNAVAILABLE",
    errors.MissingExtraError: "UNIMPLEMENTED",
}
"""gRPC's code for a kind of error; the first that fits counts."""


class RefusedError(Exception):
    """A request that ends without a result."""

    def __init__(self, code: str, field: str, message: str, kind: str) -> None:
        super().__init__(message)
        self.code, self.field, self.message, self.kind = code, field, message, kind

    @classmethod
    def of(cls, problem: Exception, field: str = "", code: str | None = None) -> Self:
        """What a client is told of `problem`. Of a mistake of ours it is told no more than that."""
        if not isinstance(problem, MienError):
            return cls("INTERNAL", field, "A mistake inside the server; its log has more.", "ServerError")
        known = next((name for kind, name in CODES.items() if isinstance(problem, kind)), "UNKNOWN")
        return cls(code or known, field, str(problem), type(problem).__name__)

    @property
    def error(self) -> Error:
        """As a message of the wire."""
        return Error(code=self.code, field=self.field, message=self.message, kind=self.kind)

    @property
    def sentence(self) -> str:
        """For a status that is one line: the field, then the message."""
        return f"{self.field}: {self.message}" if self.field else self.message


@contextmanager
def field(path: str, code: str | None = None) -> Iterator[None]:
    """What is refused within is refused for the part of the request at `path`."""
    try:
        yield
    except MienError as problem:
        raise RefusedError.of(problem, path, code) from None


def error_of(said: Error) -> MienError:
    """The error that a client raises for what a server said: of the same kind, with the field named."""
    kind = getattr(errors, said.kind, None)
    known = isinstance(kind, type) and issubclass(kind, MienError)
    sentence = f"{said.field}: {said.message}" if said.field else said.message
    return kind(sentence) if known and kind else errors.ServerError(f"{sentence} ({said.code})")
