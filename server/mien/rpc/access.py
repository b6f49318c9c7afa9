"""Who may come in: what a request has to show, and from which pages a browser may call.

A server on this machine alone is open to its programs and to nobody else. Browsers run pages of strangers on
this machine, so two things of theirs are looked at: where a page is from, and the name by which it found us.
A name that is not ours was pointed here by somebody's DNS.
"""

from __future__ import annotations

from dataclasses import dataclass
from hmac import compare_digest

from mien.rpc.config import is_loopback
from mien.rpc.refused import RefusedError


@dataclass(frozen=True, slots=True)
class Access:
    """Each check raises a `RefusedError` that says the way out."""

    token: str = ""
    """What every request has to show; empty: nothing."""

    session_token: str = ""
    """Opens what `token` opens and, on this machine, files by their path; empty: no path is opened."""

    loopback: bool = True
    """Only programs of this machine can connect."""

    origins: tuple[str, ...] = ()
    """Foreign origins whose pages may call: `https://studio.example`."""

    def check_token(self, given: str) -> None:
        """Refuses a request without the token."""
        if self.token and not (_same(given, self.token) or _same(given, self.session_token)):
            raise _closed(
                "UNAUTHENTICATED",
                "authorization",
                "This server wants a token: send 'Authorization: Bearer TOKEN'.",
            )

    def check_name(self, host: str) -> None:
        """Refuses a browser that found us by a strange name; `host` is a `Host` header."""
        if self.loopback and not is_loopback(_without_port(host)):
            raise _closed(
                "PERMISSION_DENIED",
                "host",
                f"This server answers to localhost and 127.0.0.1; it was called '{host[:100]}'.",
            )

    def check_origin(self, origin: str, own: str) -> None:
        """Refuses pages of strangers; `own` is the origin of our own pages."""
        if origin != own and origin not in self.origins:
            raise _closed(
                "PERMISSION_DENIED",
                "origin",
                f"Pages of '{origin[:100]}' may not call this server; whoever runs it may allow them: "
                "mien serve --allow-origin ORIGIN.",
            )

    def check_paths(self, peer: str, given: str) -> None:
        """Refuses to open files by their path for anybody but this machine's own user."""
        if not (self.loopback and is_loopback(peer)):
            raise _closed(
                "PERMISSION_DENIED",
                "path",
                "Only a server that this machine alone can reach opens files by path; send the sound itself.",
            )
        if not _same(given, self.session_token):
            raise _closed(
                "PERMISSION_DENIED",
                "path",
                "Files are opened by their path for who knows the session token of this server: send it as "
                "'Mien-Session: TOKEN', or send the sound itself.",
            )


def _same(given: str, wanted: str) -> bool:
    """Whether the token is right, in a time that does not tell how much of it is; an empty one never is."""
    return bool(wanted) and compare_digest(given.encode(), wanted.encode())


def _without_port(host: str) -> str:
    """`[::1]:80` is ::1, `localhost:80` is localhost."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def _closed(code: str, field: str, said: str) -> RefusedError:
    return RefusedError(code, field, said, "ServerError")
