"""Writing a file so that it is either whole or not there: beside its place first, then moved into it."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from mien.errors import FileError

WAYS_OUT = {
    errno.EACCES: "choose a folder you may write to, or close the program that has the file open",
    errno.EPERM: "choose a folder you may write to, or close the program that has the file open",
    errno.EROFS: "choose a folder you may write to",
    errno.ENOSPC: "free some space or choose another disk",
    errno.EDQUOT: "free some of your quota or choose another disk",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.EEXIST: "one of its folders is a file; choose another folder",
    errno.ENOTDIR: "one of its folders is a file; choose another folder",
}
"""What to do about the system's errors, by number."""


@contextlib.contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """A path to write to, in the folder of `path`, that becomes `path` when the block ends well.

    A reader never sees half a file, and whatever stops the block, Ctrl-C included, leaves an older file as it
    was and nothing else behind. Missing folders are made. A link is followed, not replaced; the mode of an
    older file is kept. Close the file inside the block: Windows does not move open files.

    Raises:
        FileError: `path` cannot be written: a folder, a device, no permission, no space.
    """
    beside = None
    try:
        target = _target(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".mien-{secrets.token_hex(8)}.part")
        yield beside
        _settle(beside, target)
        beside.replace(target)
    except OSError as error:
        raise _refusal(path, error) from error
    finally:
        if beside is not None:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)


def _target(path: Path) -> Path:
    """The file that `path` means, links followed; refuses what must not be replaced."""
    target = Path(os.path.realpath(path))
    if target.is_dir():
        raise FileError(f"{path}: is a folder; give the name of a file in it, such as {path / 'line.csv'}.")
    if target.exists() and not target.is_file():
        raise FileError(f"{path}: is a device or a pipe, and only a file can be replaced whole; name a file.")
    if target.exists() and not os.access(target, os.W_OK):
        raise FileError(f"{path}: is write-protected; take the protection off or choose another name.")
    return target


def _settle(beside: Path, target: Path) -> None:
    """Brings the bytes to the disk before the name points at them: after a power cut either file is whole."""
    with beside.open("rb+") as file:
        os.fsync(file.fileno())
    if target.exists():
        shutil.copymode(target, beside)


def _refusal(path: Path, error: OSError) -> FileError:
    way_out = WAYS_OUT.get(error.errno or 0, "choose another place")
    return FileError(f"{path}: cannot be written ({error.strerror or error}); {way_out}.")
