"""The site over many runs: what its pages say, and what a reader does with them in a browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tcmoa_bench.reports.html.site import build_site
from tcmoa_bench.store import CellResult, FuserRow, PairRow, RunStore
from tests.commands import call
from tests.reports.builder import make_run

OpenPage = Callable[..., Any]

EN, SD, MSE = "EN@tang2022", "SD@textbook", "MSE@tang2022"


def dated(folder: Path, day: int, **meta: Any) -> None:
    with RunStore.create(folder) as store:
        store.set_meta(started=f"2026-01-{day:02d}T10:00:00+00:00", finished="x", **meta)


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two tasks; `lp` in three runs, one of them over fewer pairs; `Ours` and `ours`; a failure; an earlier signature."""
    runs = tmp_path_factory.mktemp("runs")
    random = np.random.default_rng(5)

    def columns(level: float, pairs: int = 8) -> dict[str, list[float | None]]:
        noise = random.random((3, pairs))
        return {
            EN: [*(level + noise[0])],
            SD: [*(10 * level + noise[1])],
            MSE: [*(9 - level + noise[2])],
        }

    lp, ours = columns(3), columns(5)
    older = {name: [value - 0.25 for value in column] for name, column in lp.items()}
    make_run(runs / "first", {"lp": older}, down=[MSE], signatures={SD: f"{SD}|v0"})
    dated(runs / "first", 1)
    make_run(runs / "trial", {"lp": {EN: lp[EN][:2]}}, down=[MSE])
    dated(runs / "trial", 2)
    weights = [{"file": "net.pth", "sha256": ["ab" * 32], "origin": "", "licence": ""}]
    make_run(
        runs / "second",
        {"lp": lp, "average": columns(1), "Ours": ours, "ours": columns(5)},
        down=[MSE],
        records={"lp": {"weights": weights, "fingerprint": "cd" * 32}, "Ours": {"colour": "given"}},
        failed={("average", "p3"): "no memory for /planted/secret/p3.png"},
    )
    dated(runs / "second", 3, submission={"Ours": "images scored here"})
    with RunStore.create(runs / "second") as store:
        origin = {
            "tcmoa_bench": "0.2.0",
            "cpu": "A Processor",
            "device": "cuda",
            "fuser": {"version": 3, "parameters": 1234567},
        }
        scores = [(name, f"{name}|v1", column[0], None) for name, column in lp.items()]
        store.add(
            CellResult("d", "p1", "lp", "key", fused="x.png", fused_hash="pixels-lp-p1", fuse_seconds=0.25, scores=scores,
                       origin=origin)
        )  # fmt: skip
    make_run(
        runs / "mff",
        {"lp": columns(2), "average": columns(3)},
        down=[MSE],
        dataset="m & m",
        task="mff",
        suite="mff",
    )
    dated(runs / "mff", 4)
    (runs / "broken").mkdir()
    (runs / "broken" / "run.sqlite").write_text("no store")
    build_site([runs], runs.parent / f"{runs.name}-site")
    return runs.parent / f"{runs.name}-site"


def text(file: Path) -> str:
    return re.sub(
        r"\s+", " ", re.sub(r"<[^>]+>", " ", file.read_text("utf-8").split("<main")[1].split("</main>")[0])
    )


def test_every_link_leads_to_a_page_of_the_site_and_no_path_of_the_machine_stands_there(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert {page.relative_to(site).as_posix() for page in pages} >= {
        "index.html",
        "datasets/d.html",
        "fusers/lp.html",
    }
    assert len(pages) == 1 + 2 + 4
    assert len({page.name.casefold() for page in pages if page.parent.name == "fusers"}) == 4
    for page in pages:
        source = page.read_text("utf-8")
        links = [link for link in re.findall(r'href="([^"#]+)"', source) if not link.startswith("data:")]
        assert links or page.name == "index.html"
        for link in links:
            assert (page.parent / link.replace("%20", " ").replace("%26", "&")).is_file(), (page, link)
        assert "/planted" not in source
        assert "http" not in re.sub(
            r"http://www\.w3\.org/\S+", "", source.split("<main")[1].split("</main>")[0]
        )


def test_places_coverage_and_what_is_not_resolved(site: Path) -> None:
    words = text(site / "index.html")
    assert "The least difference of two mean ranks that so many pairs resolve is" in words
    assert "7 of 8" in words
    # The column of the earlier signature, which one fuser has, takes no place from the others.
    (table,) = re.findall(r'id="table-1" .*?</table>', (site / "index.html").read_text("utf-8"), re.DOTALL)
    places = re.findall(r'<td data-order="(\d?)">(\S+) <small>', table)
    assert len(places) == 4
    assert places[0][0] == "1"
    assert "SD@textbook of earlier runs has another signature (SD@textbook|v0)" in words
    assert "broken: " in words
    # Two tasks rank lp and average: the two, over 7 + 8 pairs that have both.
    assert "Overall: fusers that every task ranks" in words
    assert "15 pairs" in words
    words = text(site / "datasets" / "d.html")
    assert "p3 failed" in words
    assert "n/a" in words


def test_a_fusers_page_has_its_provenance_and_every_number_over_runs(site: Path) -> None:
    words = text(site / "fusers" / "lp.html")
    for fact in (
        "1,234,567",
        "ab" * 32,
        "cd" * 32,
        "A Processor",
        "0.25",
        "SD@textbook|v1",
        "SD@textbook|v0",
    ):
        assert fact in words, fact
    assert "(2/8)" in words
    source = (site / "fusers" / "lp.html").read_text("utf-8")
    assert len(re.findall(r'<svg class="spark"', source)) == 2  # EN and MSE; SD changed its signature
    assert "images scored here" in text(site / "fusers" / _file(site, "Ours"))
    assert "no memory for …/p3.png" in text(site / "fusers" / "average.html")


def _file(site: Path, label: str) -> str:
    (link,) = set(re.findall(rf'href="fusers/([^"]+)">{label}<', (site / "index.html").read_text("utf-8")))
    return link


def test_the_numbers_leave_as_csv(site: Path) -> None:
    board = pd.read_csv(site / "board.csv")
    lp = board[(board["fuser"] == "lp") & (board["dataset"] == "d")]
    assert list(lp["metric"]) == ["EN", "MSE", "SD", "SD"]
    assert set(lp["run"]) == {"second"}
    assert set(board["signature"]) == {f"{EN}|v1", f"{SD}|v1", f"{SD}|v0", f"{MSE}|v1"}


def test_pages_of_rows_that_are_gone_are_taken_away_and_nothing_else(site: Path, tmp_path: Path) -> None:
    make_run(tmp_path / "runs" / "r", {"x": {EN: [1.0, 2.0]}})
    own = tmp_path / "site"
    shutil.copytree(site, own)
    (own / "fusers" / "mine.html").write_text("my own page")
    result = call("leaderboard", tmp_path / "runs", "-o", own)
    assert (result.code, result.out) == (0, f"site: {own / 'index.html'}\n")
    assert sorted(f.name for f in (own / "fusers").iterdir()) == ["mine.html", "x.html"]
    assert [f.name for f in (own / "datasets").iterdir()] == ["d.html"]


def test_the_command_needs_runs_and_an_output(tmp_path: Path) -> None:
    assert call("leaderboard", tmp_path).code == 2
    nothing = call("leaderboard", tmp_path, "-o", tmp_path / "site")
    assert (nothing.code, "no runs below" in nothing.err) == (2, True)
    assert call("leaderboard").code == 2
    assert call("leaderboard", "--help").code == 0


# ---- in a browser


def test_a_reader_chooses_a_convention_sorts_and_goes_to_a_fuser(open_page: OpenPage, site: Path) -> None:
    page = open_page(site / "index.html")
    page.wait_for_selector("#table-1.dataTable")
    task = page.locator("#task-vif")
    assert task.get_by_role("tab").all_inner_texts() == [
        "All metrics", "tang2022", "textbook", "textbook, earlier version",
    ]  # fmt: skip
    assert page.get_by_role("tablist").count() == 2
    task.get_by_role("tab", name="tang2022").click()
    assert task.locator("table.scores:visible thead th").all_inner_texts()[-2:] == [
        "EN ↑\ntang2022",
        "MSE ↓\ntang2022",
    ]
    assert page.locator("#task-mff table.scores").first.is_visible()
    task.locator("table.scores:visible a", has_text="lp").click()
    page.wait_for_selector("h1:has-text('lp')")
    page.get_by_role("link", name="m & m", exact=True).last.click()
    page.wait_for_selector("h1:has-text('m & m')")
    page.wait_for_selector(
        "#table-1.dataTable"
    )  # a script that is still being read would fail as the reader leaves
    page.get_by_role("link", name="Leaderboard").click()
    page.wait_for_selector("h1:has-text('Leaderboard')")


PAGES = ("index.html", "datasets/d.html", "fusers/lp.html")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_barrier_on_the_site(open_page: OpenPage, site: Path, scheme: str, name: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = open_page(site / name, color_scheme=scheme)
    found = axe.Axe().run(page).response["violations"]
    assert [(item["id"], [node["html"][:120] for node in item["nodes"]]) for item in found] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_small_screen_scrolls_the_site_only_downwards(open_page: OpenPage, site: Path, name: str) -> None:
    page = open_page(site / name, size=(390, 844))
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_site_can_be_read_without_javascript(open_page: OpenPage, site: Path) -> None:
    page = open_page(site / "index.html", java_script_enabled=False)
    assert page.locator("table.scores").count() == 7
    assert all(table.is_visible() for table in page.locator("table.scores").all())


def test_names_on_the_site_are_text(open_page: OpenPage, tmp_path: Path) -> None:
    hostile = "<img src=x onerror=document.title='no'>&\"'"
    values = {hostile: {EN: [1.0, 2.0]}, "../x": {EN: [2.0, 3.0]}, "y": {EN: [3.0, 4.0]}}
    for day in (1, 2):
        make_run(tmp_path / "runs" / f"<b>{day}", values, dataset="<i>d")
        dated(tmp_path / "runs" / f"<b>{day}", day)
    build_site([tmp_path / "runs"], tmp_path / "site")
    page = open_page(tmp_path / "site" / "index.html")
    page.locator("#task-vif").get_by_role("link", name=hostile).first.click()
    page.wait_for_selector("h1")
    assert page.locator("h1").inner_text() == hostile
    assert page.title() == hostile
    assert sorted(f.parent.name for f in tmp_path.rglob("*.html")) == [
        "datasets",
        "fusers",
        "fusers",
        "fusers",
        "site",
    ]


def test_a_board_without_a_single_value_has_its_pages(tmp_path: Path) -> None:
    """A run whose cells all failed, and one that was ended before its first."""
    make_run(tmp_path / "runs" / "r", {"x": {EN: [1.0, 2.0]}}, failed={("x", "p1"): "no", ("x", "p2"): "no"})
    assert call("leaderboard", tmp_path / "runs", "-o", tmp_path / "site").code == 0
    assert "0 of 2 pairs" in text(tmp_path / "site" / "fusers" / "x.html")
    assert "No ranks." in text(tmp_path / "site" / "index.html")
    with RunStore.create(tmp_path / "new" / "r") as store:
        store.declare([PairRow("d", "p1", "vif", "a.png", "b.png", "h", "h")], [FuserRow("x", {})], [])
    assert call("leaderboard", tmp_path / "new", "-o", tmp_path / "site").code == 0
    assert "No ranks." in text(tmp_path / "site" / "datasets" / "d.html")
    assert not list((tmp_path / "site" / "fusers").iterdir())


def test_one_fuser_on_one_pair_shares_its_place_with_nobody(tmp_path: Path) -> None:
    make_run(tmp_path / "runs" / "r", {"x": {EN: [1.0]}})
    assert call("leaderboard", tmp_path / "runs", "-o", tmp_path / "site").code == 0
    assert "allow no test of mean ranks" in text(tmp_path / "site" / "index.html")
