"""A `mien serve` of one's own, on a free port, for as long as it is needed.

python serving.py COMMAND...    runs a command while one serves; {} in it becomes the address
"""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

SERVE = (sys.executable, "-m", "mien.cli.main", "serve", "--no-http", "--no-zmq", "--workers", "1")


@contextmanager
def own_server() -> Iterator[str]:
    """The address of a server that ends with the block."""
    port = _free_port()
    server = subprocess.Popen((*SERVE, "--port", str(port)), stdout=subprocess.PIPE)
    try:
        if not server.stdout.readline():  # it says a line when it is ready
            raise SystemExit("The server did not start; what it said stands above.")
        yield f"127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


if __name__ == "__main__":
    with own_server() as address:
        sys.exit(subprocess.call([word.replace("{}", address) for word in sys.argv[1:]]))
