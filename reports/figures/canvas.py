"""How every figure is drawn and saved: matplotlib without a display, the same bytes every time."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import re
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.figure import Figure
from matplotlib.textpath import TextPath

from tcmoa_bench.images import show
from tcmoa_bench.registry import unknown
from tcmoa_bench.types import BenchError

#: Okabe and Ito's colours, told apart with any colour vision; black last.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")

#: Text stays text: in SVG it can be searched and restyled, in PDF it is TrueType, which journals ask for.
STYLE = {
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "svg.hashsalt": "tcmoa-bench",
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    # A `$` or `_` in a name is itself.
    "text.parse_math": False,
    "text.usetex": False,
}

FORMATS = ("pdf", "svg", "png")

# Dates would make two equal figures differ.
_METADATA: dict[str, dict[str, None]] = {"pdf": {"CreationDate": None}, "svg": {"Date": None}, "png": {}}

#: Stands for the page's text colour until `to_svg` puts it in.
INK = "#010203"


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of so many inches; use it within `style()`."""
    return Figure(figsize=(width, height), layout="constrained")


def style(ink: str = "black", font: str = "", size: float | None = None) -> AbstractContextManager[None]:
    """The context in which figures are made and saved.

    Args:
        ink: Colour of text and lines.
        font: Family of an installed font, any case, or a .ttf or .otf file; PDF files hold it.
        size: Points of text, that of axes; labels are a point less, and what must be smaller goes with it.

    Raises:
        BenchError: There is no such font.
    """
    names = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
    own: dict[str, object] = {"font.size": size} if size else {}
    if font:
        own["font.family"] = [_family(font)]
    return mpl.rc_context({**STYLE, **dict.fromkeys(names, ink), **own})


def text_size(below: float = 0) -> float:
    """Points, within `style`, of text that is so many below the 9 of axes where nobody chose a size."""
    size: float = mpl.rcParams["font.size"]
    return size * (9 - below) / 9


def fitted(text: str, size: float, width: float) -> float:
    """The size in points at which a line of text is at most `width` inches long: `size`, or less, down to half of it."""
    if not text.strip():
        return size
    long: float = TextPath((0, 0), text, size=size).get_extents().width / 72
    return max(size / 2, size * min(1.0, width / long)) if long else size


def _family(font: str) -> str:
    """Matplotlib's name of a font that the user named, by its family or its file."""
    generic = {"serif", "sans-serif", "monospace"}
    name = font.strip().casefold()
    if name in generic:
        return name
    if name.endswith((".ttf", ".otf")) and Path(font).is_file():
        return _added(font)
    if name not in (known := _families()):
        for file in font_manager.findSystemFonts():  # fonts that are newer than matplotlib's list
            with contextlib.suppress(OSError, RuntimeError, ValueError):  # a file that is no font
                _added(file)
        known = _families()
    if name not in known:
        raise unknown("font", font, sorted([*known.values(), *generic]))
    return known[name]


def _families() -> dict[str, str]:
    return {entry.name.casefold(): entry.name for entry in font_manager.fontManager.ttflist}


def _added(file: str) -> str:
    font_manager.fontManager.addfont(file)
    return font_manager.FontProperties(fname=file).get_name()


def check_format(output: Path) -> str:
    """The format that a file's ending names; BenchError if figures are not written so."""
    ending = output.suffix.lower().removeprefix(".")
    if ending not in FORMATS:
        raise BenchError(f"{show(output)}: figures are written as .pdf, .svg or .png")
    return ending


def save(figure: Figure, output: Path, dpi: int = 300) -> Path:
    """Write a figure; the ending decides the format.

    Raises:
        BenchError: Another ending than .pdf, .svg or .png.
    """
    ending = check_format(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=output.parent, prefix=".writing-", suffix=output.suffix)
    os.close(handle)
    try:
        with mpl.rc_context({key: value for key, value in STYLE.items() if not key.startswith("font.")}):
            figure.savefig(temporary, format=ending, dpi=dpi, metadata=_METADATA[ending])
        os.chmod(temporary, 0o644)
        os.replace(temporary, output)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return output


def to_svg(figure: Figure, label: str) -> str:
    """SVG to stand within an HTML page: text in the page's font and colour, no ids that clash, a label for readers."""
    buffer = io.StringIO()
    with style(INK):
        figure.savefig(buffer, format="svg", metadata=_METADATA["svg"], transparent=True)
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(
        r"<metadata>.*?</metadata>\s*|<!--.*?-->\s*|<style.*?</style>\s*", "", text, flags=re.DOTALL
    )
    text = text.replace(INK, "currentColor")
    used = set(re.findall(r"#([\w.-]+)", text))
    prefix = f"f{hashlib.sha256(text.encode()).hexdigest()[:8]}-"
    text = re.sub(r' id="([^"]*)"', lambda m: f' id="{prefix}{m[1]}"' if m[1] in used else "", text)
    text = re.sub(r"(href=\"|url\()#", rf"\1#{prefix}", text)
    text = re.sub(r" font-family: [^;]*;", "", text)
    text = re.sub(r'(<svg [^>]*?)width="[\d.]+pt" height="[\d.]+pt"', r"\1", text, count=1)
    escaped = label.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return text.replace("<svg ", f'<svg role="img" aria-label="{escaped}" ', 1)
