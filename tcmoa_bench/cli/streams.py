"""Output streams that never end a command: characters a console lacks are replaced, a closed pipe is quiet."""

from __future__ import annotations

import codecs
import io
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


def _plain_codec(name: str) -> codecs.CodecInfo | None:
    """ASCII under another name: click takes a stream that says `ascii` for misconfigured and writes UTF-8 into it."""
    if name != "tcmoa_plain":
        return None
    ascii_ = codecs.lookup("ascii")
    return codecs.CodecInfo(
        ascii_.encode, ascii_.decode, ascii_.streamreader, ascii_.streamwriter,
        ascii_.incrementalencoder, ascii_.incrementaldecoder, name,
    )  # fmt: skip


codecs.register_error("tcmoa-plain", _replace)
codecs.register(_plain_codec)


def open_missing() -> None:
    """Give output that the caller has closed (`>&-`) somewhere to go; else the next file opened would take its place."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115


def make_tolerant(*streams: TextIO) -> None:
    """Let streams print anything: what their encoding lacks becomes plain ASCII."""
    for stream in streams:
        if isinstance(stream, io.TextIOWrapper):
            ascii_only = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(encoding="tcmoa_plain" if ascii_only else None, errors="tcmoa-plain")


def silence() -> None:
    """Point standard output at nothing, so that the interpreter's last flush into a closed pipe is quiet."""
    with open(os.devnull, "w") as nothing:
        os.dup2(nothing.fileno(), sys.stdout.fileno())
