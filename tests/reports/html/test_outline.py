"""The page holds what the outline says, in its order."""

import json
import re
from importlib import resources
from pathlib import Path

import pytest

from tcmoa_bench.images import safe_name, write_bytes
from tcmoa_bench.reports.drift.compare import compare
from tcmoa_bench.reports.drift.snapshot import of_run
from tcmoa_bench.reports.html import build_report, outline
from tcmoa_bench.reports.tables.paper import paper_tables
from tests.reports.builder import make_run
from tests.reports.painted import painted_run

NAMES = [anchor for anchor, _, _ in outline.SECTIONS]


def anchors(page: Path) -> tuple[list[str], list[str]]:
    """Anchors that the head links to, and those of the sections."""
    text = page.read_text("utf-8")
    head = text.split("</header>")[0]
    return re.findall(r'<a href="#(\w+)"', head), re.findall(r'<section id="(\w+)"', text)


def test_sections_that_have_nothing_to_say_are_left_out_with_their_links(tmp_path: Path) -> None:
    run = painted_run(tmp_path)
    links, sections = anchors(build_report(run.folder))
    assert links == sections == ["overview", "metrics", "pairs", "about"]


def test_a_page_with_everything_has_every_section_in_order(tmp_path: Path) -> None:
    values = {
        "lp": {"EN@t": [1.0, None]}, "gff": {"EN@t": [2.0, 3.0]}, "gff | noise 5": {"EN@t": [1.0, 2.0]},
    }  # fmt: skip
    run = make_run(tmp_path / "now", values, failed={("lp", "p2"): "no such file"})
    base = make_run(tmp_path / "base", {**values, "lp": {"EN@t": [1.5, 2.0]}})
    drift = compare(of_run(base), of_run(run))
    seen = [{"name": "car", "left": 1, "top": 2, "right": 9, "bottom": 8, "a": 2.0, "b": 4.0, "fused": 1.0}]
    write_bytes(run.folder / f"objects/lp/d/{safe_name('p1')}.json", json.dumps(seen).encode())
    page = build_report(run.folder, paper=paper_tables("tcmoa", [run])[:1], drift=drift)
    links, sections = anchors(page)
    assert links == sections == NAMES
    alerts = re.findall(r'<a href="#(\w+)" class="alert"', page.read_text("utf-8"))
    assert alerts == ["failures", "drift"]


@pytest.mark.parametrize("anchor", NAMES)
def test_a_section_has_a_template_that_carries_its_anchor(anchor: str) -> None:
    file = resources.files("tcmoa_bench.reports.html") / "templates" / f"{anchor}.html.j2"
    assert f'<section id="{anchor}"' in file.read_text("utf-8")
