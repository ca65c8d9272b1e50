"""What stands in the page, read without a browser."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from filelock import FileLock
from PIL import Image as PilImage

from tcmoa_bench.cli import cli
from tcmoa_bench.reports.drift.compare import compare
from tcmoa_bench.reports.drift.snapshot import of_run
from tcmoa_bench.reports.html import build_index, build_report
from tcmoa_bench.reports.html.pictures import data_urls, thumbnails, write_pixels
from tcmoa_bench.reports.html.standing import standing
from tcmoa_bench.reports.html.text import Anonymous, json_block, link
from tcmoa_bench.reports.outputs import run_tables
from tcmoa_bench.reports.summary import load_run
from tcmoa_bench.reports.tables.paper import PaperCell, PaperTable
from tcmoa_bench.reports.tables.table import RENDERERS
from tcmoa_bench.store import FuserRow, PairRow, RunStore
from tests.reports.builder import make_run
from tests.reports.painted import paint, painted_run, picture


class Page(HTMLParser):
    """Data blocks, rows of tables by id (or aria-label), and all text, as a browser without scripts reads a page."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.source = file.read_text("utf-8")
        self.blocks: dict[str, Any] = {}
        self.tables: dict[str, list[list[str]]] = {}
        self.words: list[str] = []
        self._script = self._table = ""
        self._skip = False
        self._cell: list[str] | None = None
        self.feed(self.source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = dict(attrs)
        if tag == "script":
            self._script = f"{names.get('type', 'code')} {names.get('id', '')}"
        elif tag == "table":
            self._table = names.get("id") or f"table {len(self.tables)}"
            self.tables[self._table] = []
        elif tag == "tr":
            self.tables[self._table].append([])
        elif tag in ("td", "th"):
            self._cell = []
        elif names.get("class") == "ci":
            self._skip = True

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._script = ""
        elif tag == "span":
            self._skip = False
        elif tag in ("td", "th") and self._cell is not None:
            self.tables[self._table][-1].append("".join(self._cell).strip())
            self._cell = None

    def handle_data(self, text: str) -> None:
        if self._script.startswith("application/json"):
            self.blocks[self._script.split()[1]] = json.loads(text, parse_constant=_refuse)
        elif not self._script:
            self.words.append(text)
            if self._cell is not None and not self._skip:
                self._cell.append(text)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def test_failures_come_first_with_message_and_command(tmp_path: Path) -> None:
    values = {"x": {"EN@t": [1.0, None]}, "y": {"EN@t": [2.0, 3.0]}}
    source = tmp_path / "data" / "visible" / "p2.png"
    run = make_run(tmp_path / "run", values, failed={("x", "p2"): f"{source} is truncated; fetch it again"})
    with RunStore.create(run.folder) as store:
        store.set_meta(
            command=["tcmoa-bench", "run", "--data", str(tmp_path / "data"), "--suite", "my suite.toml"]
        )
    page = Page(build_report(run.folder))
    assert page.tables["failure-table"][1] == [
        "d",
        "p2",
        "x",
        "fuse",
        "…/p2.png is truncated; fetch it again",
    ]
    assert "tcmoa-bench run --data …/data --suite 'my suite.toml'" in page.text
    assert page.source.index('id="failures"') < page.source.index('id="overview"')
    assert str(tmp_path) not in page.source


def test_a_clean_run_has_no_failure_section(tmp_path: Path) -> None:
    page = Page(build_report(painted_run(tmp_path).folder))
    assert 'id="failures"' not in page.source
    assert "0 failed cells" in page.text


def test_best_and_rank_compare_pairs_that_all_have(tmp_path: Path) -> None:
    values = {
        "X": {"PSNR@textbook": [42.110204, 42.110204, None]},
        "Y": {"PSNR@textbook": [48.130804, 48.130804, 8.130804]},
    }
    run = make_run(tmp_path, values, failed={("X", "p3"): "no fused image"})
    page = Page(build_report(run.folder))
    assert page.tables["table-1"][1:] == [["Y", "1.00", "34.797"], ["X", "2.00", "42.110 (2/3)"]]
    assert re.search(r"<strong>34\.797</strong>", page.source)
    assert "over the pairs that every ranked fuser has" in page.text
    heats = re.findall(r'style="--h:([\d.]+)"', page.source)
    assert heats[:2] == ["1.0", "0.0"]


def test_names_that_look_like_numbers_stay_names(tmp_path: Path) -> None:
    names = ["00123", "0123", "123", "NA", "nan", "1e5", "True", "inf"]
    run = make_run(tmp_path, {name: {"EN@t": [float(i)] * 8} for i, name in enumerate(names)}, pairs=names)
    page = Page(build_report(paint(run).folder))
    assert {row[0] for row in page.tables["table-1"][1:]} == set(names)
    assert [pair["p"] for pair in page.blocks["data"]["pairs"]] == names
    assert set(page.blocks["data"]["fusers"]) == set(names)
    assert re.findall(r"<article.*?</span> (\S+) ", page.source, re.DOTALL) == names


def test_null_scores_are_null_with_their_reason_and_one_spelling(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"NaN-Infinity": {"PSNR@textbook": [None]}}, pairs=["NaN-Infinity"])
    page = Page(build_report(paint(run).folder))
    data = page.blocks["data"]
    assert data["values"] == [[None]]
    assert data["reasons"] == {"0/0/0": "no value"}
    assert data["pairs"][0]["p"] == data["fusers"][0] == "NaN-Infinity"
    assert page.tables["table-1"][1] == ["NaN-Infinity", "n/a", "n/a (0/1)"]


def test_images_that_no_fusion_should_give_are_remarked(tmp_path: Path) -> None:
    values = {name: {"EN@t": [1.0, 2.0, 3.0]} for name in ("X1", "X2", "X3")}
    run = paint(make_run(tmp_path, values), remarks=["constant", "equals source A"])
    page = Page(build_report(run.folder))
    assert "X1: 3 of 3 fused images are constant" in page.text
    assert "X2: 3 of 3 fused images equal source A" in page.text
    assert "X3:" not in page.text


def test_a_run_that_was_ended_before_its_first_cell_has_a_page(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"x": {"EN@t": [1.0]}}, failed={("x", "p1"): "no memory"})
    page = Page(build_report(run.folder))
    assert page.tables["failure-table"][1][-1] == "no memory"
    assert "not yet: this run was ended before its last cell" in page.text


def test_links_lead_from_another_folder_to_the_run(tmp_path: Path) -> None:
    run = painted_run(tmp_path / "runs" / "one #1")
    output = build_report(run.folder, tmp_path / "pages" / "one.html")
    assert (
        Page(output).blocks["data"]["pairs"][0]["pics"][0].startswith("../runs/one%20%231/sources/d/scene_1-")
    )
    assert not (tmp_path / "pages" / "one_files").exists()


def test_the_page_is_the_same_every_time(tmp_path: Path) -> None:
    folder = painted_run(tmp_path).folder
    first = build_report(folder).read_bytes()
    assert build_report(folder).read_bytes() == first


def test_paper_cells_show_ours_published_and_difference(tmp_path: Path) -> None:
    cells = (
        PaperCell("6.830", 6.8304, "run", "equal"),
        PaperCell("9.1", 9.5, "run", "differs"),
        PaperCell("0.5", None, "", "quoted"),
    )
    table = PaperTable(
        "1", "Table 1", ("EN", "SD", "VIF"), ("EN@t", "SD@t", ""), (("lp", cells),), ("A note.",)
    )
    page = Page(build_report(painted_run(tmp_path).folder, paper=[table]))
    (row,) = (rows[1] for rows in page.tables.values() if rows[0] == ["Method", "EN", "SD", "VIF"])
    assert row == ["lp", "6.83046.830+0.0004 =", "9.509.1+0.4 ≠", "0.5 †"]
    assert "A note." in page.text


def test_a_subset_of_the_papers_pairs_is_not_compared(tmp_path: Path) -> None:
    run = painted_run(tmp_path)
    ours = PaperCell("0.9", 0.8, "run", "subset", "not comparable (5 of 63)")
    cells = (ours, PaperCell("0.5", None, "", "quoted", "run suite mff"))
    table = PaperTable("3", "Table 3", ("EN", "SD"), ("EN@t", "SD@t"), (("lp", cells),), (), unlike="5 of 63")
    page = Page(build_report(run.folder, paper=[table]))
    assert "Not comparable (5 of 63 pairs)" in page.text
    assert '<td class="subset"' in page.source
    assert '<td class="other"' not in page.source
    assert "not computed here: run suite mff" in page.source


def half_a_run(folder: Path) -> Path:
    """Four of six cells: p1 by both, p2 and p3 by Y only; by its few pairs Y looks better than X."""
    values = {"X": {"EN@t": [5.0]}, "Y": {"EN@t": [4.0, 9.0, 9.0]}}
    run = make_run(folder, values)
    with RunStore.create(run.folder) as store:
        store.set_meta(planned={"X": 3, "Y": 3}, started="2026-01-01")
        with store.transaction():
            for name in ("p2", "p3"):
                store._db.execute("DELETE FROM cells WHERE fuser='X' AND pair=?", (name,))
                store._db.execute("DELETE FROM scores WHERE fuser='X' AND pair=?", (name,))
    return run.folder


def test_half_a_run_looks_unfinished(tmp_path: Path) -> None:
    """M23: the count in a banner, and means over the pairs that both have, so that bold is the largest number shown."""
    folder = half_a_run(tmp_path / "half")
    page = Page(build_report(folder))
    assert "4 of 6 cells: this run is not finished." in page.text
    assert "over the 1 pair of 3 that every fuser has" in page.text
    assert page.tables["table-1"][1:] == [
        ["X", "1 of 3", "1.00", "5.0000"],
        ["Y", "3 of 3", "2.00", "4.0000"],
    ]
    assert "<strong>5.0000</strong>" in page.source


def test_the_index_says_what_each_run_lacks(tmp_path: Path) -> None:
    folder = half_a_run(tmp_path / "half")
    make_run(tmp_path / "whole", {"x": {"EN@t": [1.0]}}, suite="other")
    page = Page(build_index(tmp_path))
    states = {row[0]: row[1] for rows in page.tables.values() for row in rows if row[0] in ("half", "whole")}
    assert states == {"half": "stopped: 4 of 6 cells", "whole": "finished"}
    with FileLock(folder / ".lock"):
        assert "half is at work: 4 of 6 cells." in Page(build_index(tmp_path)).text


def test_a_run_without_a_single_cell_has_a_page_and_a_place_in_the_index(tmp_path: Path) -> None:
    with RunStore.create(tmp_path / "new") as store:
        store.declare([PairRow("d", "p1", "vif", "a", "b", None, None)], [FuserRow("x", {})], [])
        store.set_meta(
            suite={"name": "s", "version": 1, "title": "S", "paper": ""}, planned={"x": 1}, started="now"
        )
    assert "0 of 1 cells" in Page(build_report(tmp_path / "new")).text
    assert "new is stopped: 0 of 1 cells." in Page(build_index(tmp_path)).text


def test_the_sample_is_called_a_sample_in_every_title(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"x": {"EN@t": [1.0]}})
    with RunStore.create(run.folder) as store:
        store.set_meta(sample=True)
    page = Page(build_report(run.folder))
    assert "<title>Drawn pictures, suite s [EMBEDDED SAMPLE]</title>" in page.source
    assert 'data-what="Drawn pictures, suite s [EMBEDDED SAMPLE]"' in page.source
    for caption in (None, "Mine"):
        (table,) = run_tables(load_run(run.folder), caption=caption)
        assert r"{[}EMBEDDED SAMPLE{]}" in RENDERERS["tex"](table).split("caption")[1].split("\n")[0]


def test_only_the_pages_own_script_may_run(tmp_path: Path) -> None:
    page = Page(build_report(painted_run(tmp_path).folder))
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', page.source)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    (script,) = re.findall(r"<script>(.*?)</script>", page.source, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert rules["script-src"] == f"'sha256-{digest}' blob:"
    assert rules["default-src"] == "'none'"


def test_the_files_with_the_numbers_are_linked(tmp_path: Path) -> None:
    run = painted_run(tmp_path / "a b")
    for name in ("scores.csv", "tables.tex", "manifest.json"):
        (run.folder / name).write_text("x")
    page = Page(build_report(run.folder, tmp_path / "page.html"))
    links = re.findall(r'<a href="([^"]+)">(scores.csv|tables.tex|manifest.json)</a>', page.source)
    assert links == [(f"a%20b/{name}", name) for name in ("scores.csv", "tables.tex", "manifest.json")]


def test_attributes_of_the_pairs_split_the_table(tmp_path: Path) -> None:
    values = {"x": {"EN@t": [1.0, 2.0, 6.0]}, "y": {"EN@t": [2.0, 2.0, 2.0]}}
    attributes = {"p1": {"time": "day"}, "p2": {"time": "day"}, "p3": {"time": "night"}}
    page = Page(build_report(make_run(tmp_path, values, attributes=attributes).folder))
    assert re.findall(r'data-tab="([^"]+)"', page.source) == ["All pairs", "time day", "time night"]
    assert page.tables["table-3"][1] == ["x", "1.00", "6.0000"]


def test_drift_names_what_moved(tmp_path: Path) -> None:
    base = make_run(tmp_path / "a", {"x": {"EN@t": [1.0, 2.0]}})
    now = make_run(tmp_path / "b", {"x": {"EN@t": [1.0, 1.5]}})
    page = Page(build_report(now.folder, drift=compare(of_run(base), of_run(now))))
    assert 'id="drift" class="bad"' in page.source
    assert ["x", "p2", "EN@t", "2", "1.5", "-0.5", "worse", "code"] in [
        row for rows in page.tables.values() for row in rows
    ]


def test_prompt_maps_of_the_run_folder_are_offered(tmp_path: Path) -> None:
    run = painted_run(tmp_path)
    folder = tmp_path / "prompts" / "d" / next((tmp_path / "fused" / "lp" / "d").glob("scene_1-*.png")).stem
    folder.mkdir(parents=True)
    PilImage.fromarray(picture(1)).save(folder / "layer 12.png")
    prompts = Page(build_report(run.folder)).blocks["data"]["pairs"][0]["prompts"]
    assert [name for name, _ in prompts] == ["layer 12"]
    assert prompts[0][1].endswith("/layer%2012.png")


def test_an_index_has_a_board_for_each_suite_and_a_history(tmp_path: Path) -> None:
    for name, shift in (("one", 0.0), ("two", 0.5)):
        make_run(tmp_path / name, {"x": {"EN@t": [1.0 + shift]}, "y": {"EN@t": [2.0]}})
    make_run(tmp_path / "deep" / "three #3", {"x": {"EN@t": [9.0]}}, suite="other")
    build_report(tmp_path / "deep" / "three #3")
    build_report(tmp_path / "two")
    page = Page(build_index(tmp_path))
    assert [row[0] for row in page.tables["table-1"][1:]] == ["x"]
    assert [row[0] for row in page.tables["table-2"][1:]] == ["y (one)", "y (two)", "x (two)", "x (one)"]
    assert 'aria-label="EN@t over runs"' in page.source
    assert 'href="two/report.html"' in page.source
    assert 'href="deep/three%20%233/report.html"' in page.source
    assert 'href="one/report.html"' not in page.source


def test_a_large_run_shows_the_pictures_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Thumbnails for the first pairs, markup for the first pairs, and nothing but the page beside the run."""
    monkeypatch.setattr("tcmoa_bench.reports.html.gallery.THUMBNAILS", 7)
    monkeypatch.setattr("tcmoa_bench.reports.html.gallery.STATIC", 2)
    page = Page(build_report(painted_run(tmp_path).folder))
    thumbs = [url for pair in page.blocks["data"]["pairs"] for url in pair["thumbs"]]
    assert [i for i, url in enumerate(thumbs) if url] == [
        0,
        1,
        3,
        4,
        5,
        6,
    ]  # 2 is the reference, which is not there
    assert page.source.count("<article") == 2
    assert "3 more pairs are in" in page.text
    assert len(page.blocks["data"]["pairs"]) == 5
    assert not (tmp_path / "report_files").exists()


def test_thumbnails_keep_proportions_and_bear_missing_files(tmp_path: Path) -> None:
    PilImage.fromarray(picture(1).repeat(10, axis=0)).save(tmp_path / "tall.png")
    (tmp_path / "broken.png").write_bytes(b"no picture")
    made = thumbnails(tmp_path, ["tall.png", "broken.png", None, "absent.png"])
    assert made[1:] == [None, None, None]
    url = data_urls(made)[0]
    assert url is not None
    assert url.startswith("data:image/webp;base64,")


def test_pixel_data_stops_at_the_budget(tmp_path: Path) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"x" * 300)
    assert write_pixels(tmp_path, [["a"], ["b"], ["c"]], tmp_path / "f", 850) == 2
    assert sorted(path.name for path in (tmp_path / "f" / "pixels").iterdir()) == ["0-0.js", "1-0.js"]
    assert write_pixels(tmp_path, [["a"]], tmp_path / "f", 0) == 0
    assert not list((tmp_path / "f" / "pixels").iterdir())


def test_standing_turns_every_metric_so_that_higher_is_better() -> None:
    import numpy as np

    values = np.array([[[1.0, 2.0], [3.0, 4.0]], [[8.0, 6.0], [4.0, np.nan]], [[5.0, 5.0], [5.0, 5.0]]])
    result = standing(values, [True, False, True])
    up = (np.array([1, 2, 3, 4]) - 2.5) / np.std([1, 2, 3, 4])
    down = -(np.array([8, 6, 4]) - 6) / np.std([8, 6, 4])
    expected = [(up[0] + down[0]) / 2, (up[1] + down[1]) / 2, (up[2] + down[2]) / 2, up[3]]
    assert result.ravel() == pytest.approx(expected, rel=1e-12)


def test_json_blocks_end_no_script_and_hold_no_infinity() -> None:
    block = json_block({"a": [math.nan, math.inf, -math.inf, 1.5], "b": "</script><!-- & \u2028"})
    assert json.loads(block, parse_constant=_refuse) == {
        "a": [None, None, None, 1.5],
        "b": "</script><!-- & \u2028",
    }
    assert "<" not in block


@pytest.mark.parametrize(
    ("path", "base", "url"),
    [
        ("a b/50% #1?&é.png", "", "a%20b/50%25%20%231%3F%26%C3%A9.png"),
        ("a.png", ".", "a.png"),
        ("a.png", "../r 1", "../r%201/a.png"),
        ("", "x", None),
    ],
)
def test_links_quote_whatever_a_name_holds(path: str, base: str, url: str | None) -> None:
    assert link(path, base) == url


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("{run}/fused/x.png is empty", "./fused/x.png is empty"),
        ("cannot read /data sets/LLVIP/a b.png: gone", "cannot read …/a b.png: gone"),
        ("see /usr/lib/libfoo.so.1 and C:\\Users\\me\\a.png", "see …/libfoo.so.1 and …/a.png"),
        ("sizes 3/4, |F − A|, https://host/a/b, and/or", "sizes 3/4, |F − A|, https://host/a/b, and/or"),
        ("--fused X=/mnt/x/X", "--fused X=…/X"),
    ],
)
def test_machine_paths_become_short(tmp_path: Path, text: str, clean: str) -> None:
    assert Anonymous(tmp_path, {"/data sets/LLVIP"})(text.format(run=tmp_path)) == clean


def test_the_command_writes_report_drift_and_index(tmp_path: Path) -> None:
    painted_run(tmp_path / "one")
    run = CliRunner().invoke(
        cli, ["report", str(tmp_path / "one"), "--base", str(tmp_path / "one"), "--pixels", "0"]
    )
    assert run.output == f"report: {tmp_path / 'one' / 'report.html'}\n"
    page = Page(tmp_path / "one" / "report.html")
    assert "no drift: 15 cells" in page.text
    assert page.blocks["data"]["pixels"] == 0
    assert (
        CliRunner().invoke(cli, ["report", "--index", str(tmp_path)]).output
        == f"index: {tmp_path / 'index.html'}\n"
    )
    assert CliRunner().invoke(cli, ["report"]).exit_code == 2
