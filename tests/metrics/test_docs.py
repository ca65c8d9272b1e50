"""The table of names in docs/metrics.md is the registry's.

`python -m tests.metrics.test_docs` writes it anew.
"""

from __future__ import annotations

from tcmoa_bench.metrics import CONVENTIONS
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "metrics.md"
BEGIN, END = "<!-- names: begin -->\n", "<!-- names: end -->"


def table() -> str:
    """Canonical names by convention, each with the reference's spelling where it is another."""
    own = [c for c in CONVENTIONS.values() if c.name not in ("piq", "skimage")]
    names = sorted({name for convention in own for name in convention}, key=str.lower)
    lines = ["| metric | " + " | ".join(c.name for c in own) + " |", "|---" * (len(own) + 1) + "|"]
    for name in names:
        cells = []
        for convention in own:
            metric = convention.get(name) if name in list(convention) else None
            if metric is None:
                cells.append("")
                continue
            arrow = "↑" if metric.higher_is_better else "↓"
            cells.append(arrow if metric.reference_name == name else f"{arrow} `{metric.reference_name}`")
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def test_page_lists_every_metric() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.split(BEGIN)[1].split(END)[0] == table(), "run python -m tests.metrics.test_docs"


def main() -> None:
    page = PAGE.read_text(encoding="utf-8")
    head, rest = page.split(BEGIN)
    PAGE.write_text(head + BEGIN + table() + END + rest.split(END)[1], encoding="utf-8")


if __name__ == "__main__":
    main()
