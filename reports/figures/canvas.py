"""How every figure is drawn and saved: matplotlib without a display, the same bytes every time."""

from __future__ import annotations

import hashlib
import io
import os
import re
import tempfile
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from tcmoa_bench.images import show
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


def style(ink: str = "black") -> AbstractContextManager[None]:
    """The context in which figures are made and saved; `ink` is the colour of text and lines."""
    names = ("text.color", "axes.edgecolor", "axes.labelcolor", "xtick.color", "ytick.color")
    return mpl.rc_context({**STYLE, **dict.fromkeys(names, ink)})


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
        with style():
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
