"""Pillow, as the other pages use it: the one place where it may be missing."""

from __future__ import annotations

from mien.errors import MissingExtraError

try:
    from PIL import Image, ImageDraw, ImageFont
except ModuleNotFoundError as problem:
    raise MissingExtraError(
        f"Sheets, strips and labels need {problem.name}, which is not installed: pip install 'mien[preview]'"
    ) from None

__all__ = ["Image", "ImageDraw", "ImageFont"]
