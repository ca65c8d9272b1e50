"""Output streams that never end a command: characters a console lacks are replaced, a closed pipe is quiet."""

from __future__ import annotations

import codecs
import os
import sys
from typing import TextIO

#: What stands for characters of ours that an encoding may lack.
PLAIN = {
    "↑": "^",
    "↓": "v",
    "–": "-",
    "×": "x",
    "±": "+-",
    "α": "alpha",
    "β": "beta",
    "Δ": "d",
    "…": "...",
    "≤": "<=",
    "≥": ">=",
}


def _replace(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    plain = "".join(
        PLAIN.get(c) or (f"\\x{ord(c) - 0xDC00:02x}" if "\udc80" <= c <= "\udcff" else "?") for c in text
    )
    return plain, error.end


def make_tolerant(*streams: TextIO) -> None:
    """Let streams print anything: what their encoding lacks becomes plain ASCII."""
    codecs.register_error("tcmoa-plain", _replace)
    for stream in streams:
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="tcmoa-plain")


def silence() -> None:
    """Point standard output at nothing, so that the interpreter's last flush into a closed pipe is quiet."""
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())
