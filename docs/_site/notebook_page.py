"""The notebook as a page, with the outputs that it was saved with."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat


def notebook(file: Path) -> Iterator[tuple[str, str | bytes]]:
    """Path below `docs/` and content of the page and its pictures."""
    parts: list[str] = []
    for cell in nbformat.read(file, as_version=4).cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
            continue
        parts.append(f"```python\n{cell.source}\n```")
        for output in (o for o in cell.outputs if o.get("name") != "stderr"):
            text, picture = _shown(output)
            if picture is not None:
                name = f"notebook/{len(parts)}.png"
                yield name, picture
                text = f"![Output of the code above]({name})"
            parts.append(text)
    parts.insert(1, f"[Download it]({file.name}) and open it in Jupyter.")
    yield f"{file.stem}.md", "\n\n".join(parts)


def _shown(output: Any) -> tuple[str, bytes | None]:
    """An output as Markdown, or the bytes of its picture."""
    data = output.get("data", {})
    if "image/png" in data:
        return "", base64.b64decode(data["image/png"])
    if "text/html" in data:
        inner = re.sub(r"<style.*?</style>", "", data["text/html"], flags=re.DOTALL)
        return f'<div class="output">{re.sub(chr(10) + "+", chr(10), inner)}</div>', None
    return f"```text\n{(data.get('text/plain') or output.get('text', '')).rstrip()}\n```", None
