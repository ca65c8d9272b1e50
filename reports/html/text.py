"""Text that may stand in a page: JSON blocks that every browser parses, links that survive any name, no machine paths."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

# A path of at least two parts; what follows a letter, digit, dot, slash or backslash belongs to something else
# (a relative path, a URL, a regular expression).
_ABSOLUTE = re.compile(
    r"(?<![\w./\\~<-])(?:[A-Za-z]:)?[/\\](?:[^\s/\\'\"<>|:;,]+[/\\])+(?=[^\s/\\'\"<>|:;,]*)"
)


def json_block(data: object) -> Markup:
    r"""JSON for `<script type="application/json">`: NaN and infinities become null, `<`, `>` and `&` become `\u` escapes."""
    text = json.dumps(_finite(data), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    text = text.encode("utf-8", "backslashreplace").decode("utf-8")
    for char in "<>&\u2028\u2029":
        text = text.replace(char, f"\\u{ord(char):04x}")
    return Markup(text)


def _finite(item: object) -> object:
    if isinstance(item, float):
        return item if math.isfinite(item) else None
    if isinstance(item, dict):
        return {str(key): _finite(value) for key, value in item.items()}
    if isinstance(item, list | tuple):
        return [_finite(value) for value in item]
    return item


def link(path: str | None, base: str = "") -> str | None:
    """URL of a file: `path` relative to the run folder, `base` the way there from the page; None stays None."""
    if not path:
        return None
    whole = f"{base}/{path}" if base not in ("", ".") else path
    return quote(whole, safe="/")


def relative_path(source: Path, target: Path) -> str:
    """Relative path from one folder to another, with forward slashes."""
    return Path(os.path.relpath(target.resolve(), source.resolve())).as_posix()


class Anonymous:
    """Takes this machine's paths out of texts, so that a page can be passed on.

    Args:
        folder: The run folder; it becomes `.`.
        directories: Folders whose names stand in texts (where the sources lie); each becomes `…`.
    """

    def __init__(self, folder: Path, directories: Iterable[str] = ()) -> None:
        known = {str(folder.resolve()): ".", str(Path.cwd()): ".", str(Path.home()): "~"}
        known |= {directory: "…" for directory in directories if os.path.isabs(directory)}
        # `/` and the like are in every path and in much that is none.
        self._known = sorted(
            ((k, v) for k, v in known.items() if len(Path(k).parts) > 1), key=lambda item: -len(item[0])
        )

    def __call__(self, text: str) -> str:
        """The text with every absolute path cut down to its last part."""
        for path, short in self._known:
            text = re.sub(re.escape(path) + r"(?=$|[/\\\s'\"=:;,)])", short, text)
        return _ABSOLUTE.sub("…/", text)
