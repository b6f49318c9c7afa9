"""The HTTP and WebSocket face of a worker; `app.py` has its routes."""

from mien.rpc.gateway.app import build_app
from mien.rpc.gateway.server import HttpServer

__all__ = ["HttpServer", "build_app"]
