"""Commands as a user types them."""

from __future__ import annotations

import sys

import pytest

from mien.cli import main


def mien(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Exit code, standard output and standard error of `mien WORDS...`."""
    typed = sys.argv
    sys.argv = ["mien", *map(str, words)]
    try:
        main.run()
        code = 0
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        sys.argv = typed
    out, err = capsys.readouterr()
    return code, out, err
