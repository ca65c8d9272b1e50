"""What the decoders below Pillow would pass in silence, or say to nobody in particular."""

from __future__ import annotations

import ctypes
import re
from functools import cache

import simplejpeg
from PIL import Image as PilImage

#: libjpeg's warnings that pixels were made up; others (bytes too many between two segments) cost none.
_MADE_UP = re.compile(r"premature end|bad \w+ code|instead of RST", re.IGNORECASE)

# Each scan passes over the whole picture: a small file of many scans keeps a processor busy for minutes.
_MAX_SCANS = 100
_SCAN = b"\xff\xda"  # within a scan, 0xff is followed by 0 or the number of a restart


def jpeg_damage(data: bytes) -> str:
    """What is wrong with a JPEG's scans that decoding hides (libjpeg fills what is lost with gray); empty if nothing.

    Reads every coefficient and makes an eighth of the pixels: two fifths of the time that decoding takes.
    """
    if (scans := data.count(_SCAN)) > _MAX_SCANS:
        return f"it has {scans} scans, more than {_MAX_SCANS}"
    try:
        simplejpeg.decode_jpeg(data, "GRAY", fastdct=True, fastupsample=True, min_height=1, min_width=1)
    except ValueError as error:
        if _MADE_UP.search(str(error)):
            return str(error)
    return ""


@cache
def silence_libtiff() -> None:
    """Keep libtiff's own lines, which name no file, from standard error; what it finds, Pillow raises."""
    try:
        handler = ctypes.CDLL(PilImage.core.__file__).TIFFSetErrorHandler
    except (OSError, AttributeError):  # a Pillow that has it built in, or none
        return
    handler.argtypes, handler.restype = [ctypes.c_void_p], ctypes.c_void_p
    handler(None)
