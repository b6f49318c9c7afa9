"""What many tests share: where things are, and a motion model small enough to make on the spot."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

from tests.tiny_model import write_tiny_model

REPOSITORY = Path(__file__).resolve().parents[1]
SHARED = REPOSITORY.parent / "shared"

settings.register_profile("mien", deadline=None)  # a busy machine is no mistake of ours
settings.load_profile("mien")


def unavailable(reason: str) -> NoReturn:
    """Skip for `reason`; in CI (`MIEN_CI` set) fail for it, because there everything is to be had."""
    if os.environ.get("MIEN_CI"):
        pytest.fail(f"CI must have it: {reason}", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session", autouse=True)
def no_home() -> Iterator[None]:
    """Tests see the models and rigs that come with Mien, not those of whoever runs them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MIEN_HOME", raising=False)
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """`../shared`: recordings (`data/`), the lip-sync bench (`bench/`), tables of facts (`reference/`)."""
    if not SHARED.is_dir():
        unavailable(f"{SHARED} is not there; it holds recordings that the project does not ship.")
    return SHARED


@pytest.fixture(scope="session")
def demo_line() -> Path:
    """The spoken line that comes with Mien."""
    return REPOSITORY / "server" / "mien" / "demo" / "line.flac"


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny motion model with random weights, to pass wherever a model's name or folder goes."""
    return write_tiny_model(tmp_path_factory.mktemp("tiny"))


@pytest.fixture
def nobody() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return f"127.0.0.1:{door.getsockname()[1]}"
