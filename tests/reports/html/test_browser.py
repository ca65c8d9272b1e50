"""The page in a real browser: what a reader does with it."""

from __future__ import annotations

import csv
import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from click.testing import CliRunner

from tcmoa_bench.cli import cli
from tcmoa_bench.images import write_bytes
from tcmoa_bench.reports.html import build_report
from tcmoa_bench.store import RunStore
from tests.reports.builder import make_run
from tests.reports.painted import HEIGHT, WIDTH, fused_image, paint, painted_run, source_image

OpenPage = Callable[..., Any]


def rows(page: Any) -> list[str]:
    return page.locator("#table-1 tbody tr:visible th").all_inner_texts()


def await_rows(page: Any, names: list[str]) -> None:
    """DataTables redraws a moment after the click."""
    text = "[...document.querySelectorAll('#table-1 tbody th')].map((th) => th.textContent).join('|')"
    page.wait_for_function(f"{text} === {'|'.join(names)!r}")


def test_the_main_table_sorts_by_a_click_on_a_head(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    page.wait_for_selector("#table-1.dataTable")
    assert rows(page) == ["tcmoa", "lp", "average"]
    page.locator("#table-1 thead th", has_text="SD").click()
    await_rows(page, ["average", "lp", "tcmoa"])
    page.locator("#table-1 thead th", has_text="SD").click()
    await_rows(page, ["tcmoa", "lp", "average"])


def test_the_main_table_filters_hides_columns_and_shows_intervals(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    page.get_by_label("Filter fusers").fill("ave")
    await_rows(page, ["average"])
    page.get_by_label("Filter fusers").fill("")
    page.locator("#overview details.menu summary").click()
    page.locator("#overview details.menu label", has_text="SD").click()
    heads = [text.split() for text in page.locator("#table-1 thead th").all_inner_texts()]
    assert heads == [
        ["Fuser"],
        ["Mean", "rank", "↓", "all", "metrics"],
        ["EN", "↑", "tang2022"],
        ["MSE", "↓", "tang2022"],
    ]
    assert not page.locator("#table-1 .ci").first.is_visible()
    page.get_by_label("Show 95 % confidence intervals").check()
    assert re.fullmatch(r"\d\.\d+ to \d\.\d+", page.locator("#table-1 .ci").first.inner_text())


def viewer_values(page: Any) -> list[str]:
    return page.locator("#v-stage output").all_inner_texts()


def numbers(pixel: Any) -> str:
    values = [int(v) for v in pixel.ravel()] if pixel.ndim else [int(pixel)]
    return " ".join(map(str, values[:1] if len(set(values)) == 1 else values))


def test_a_click_opens_the_viewer_with_the_pictures_values(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    page.locator("article.pair").nth(1).get_by_alt_text("lp of pair").click()
    a, b, fused = source_image(1, "a"), source_image(1, "b"), fused_image(1, 1)
    x, y = WIDTH // 2, HEIGHT // 2
    page.wait_for_function(
        "[...document.querySelectorAll('#v-stage output')].every((o) => /\\) \\d/.test(o.textContent))"
    )
    values = viewer_values(page)
    assert values[0] == f"({x}, {y}) {numbers(a[y, x])}"
    assert values[1] == f"({x}, {y}) {numbers(b[y, x])}"
    assert values[2] == f"({x}, {y}) {numbers(fused[y, x])}"
    gray = int(fused[y, x])
    assert values[3] == f"({x}, {y}) {numbers(abs(a[y, x].astype(int) - gray))}"
    scores = page.locator("#v-side tbody tr").all_inner_texts()
    assert len(scores) == 3
    assert scores[0].split("\t")[2:] == ["2 / 3", "tcmoa"]


def test_prompt_maps_stand_beside_the_scores(open_page: OpenPage, report: Path) -> None:
    page = open_page(report, "#view?d=d&p=scene+1&show=f.tcmoa&mode=side")
    page.wait_for_function("document.querySelector('.prompts img')?.naturalWidth === 60")
    assert page.locator(".prompts figcaption").all_inner_texts() == ["layer 12"]
    page.keyboard.press("ArrowRight")
    assert page.locator(".prompts").count() == 0


def test_a_page_without_its_folder_or_with_cut_data_says_so(
    open_page: OpenPage, report: Path, tmp_path: Path
) -> None:
    alone = tmp_path / "alone.html"
    shutil.copy(report, alone)
    page = open_page(alone, "#view?d=d&p=scene+1&show=f.tcmoa&mode=flip", sound=False)
    page.wait_for_selector("#v-stage .nothing")
    assert "keep this page and its run folder together" in page.locator("#v-stage .nothing").inner_text()
    alone.write_text(report.read_text("utf-8").replace(',"fusers":', ',"fusers":,', 1), "utf-8")
    page = open_page(alone, sound=False)
    assert "cannot be read" in page.get_by_role("alert").inner_text()
    assert rows(page) == ["tcmoa", "lp", "average"]


def test_keys_flip_pictures_turn_pairs_and_close(open_page: OpenPage, report: Path) -> None:
    page = open_page(report, "#view?d=d&p=scene+1&show=f.lp&mode=flip")
    caption = page.locator("#v-stage figcaption b")
    edges = "ths => ths.map((th) => th.getBoundingClientRect().right)"
    seen = [edge for edge in page.locator("#table-1 thead th").evaluate_all(edges) if edge <= right]
    assert len(seen) >= 4  # the fuser, the mean rank, and more than one metric
    region.evaluate("e => e.scrollTo(e.scrollWidth, 0)")
    page.wait_for_function("!document.querySelector('#overview .dt-layout-table').classList.contains('more')")
    assert all(
        link.bounding_box()["x"] >= 0 and link.is_visible() for link in page.locator(".bar nav a").all()
    )
    page.get_by_role("button", name="All at a glance").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#v-stage figcaption b").first.inner_text() == "A: visible"


def test_the_first_screen_shows_headline_table_and_a_picture(open_page: OpenPage, report: Path) -> None:
    page = open_page(report, size=(1440, 900))
    page.wait_for_selector("#table-1.dataTable")
    for place in (".lead", ".glimpse img >> nth=0", "#table-1 tbody tr >> nth=0"):
        box = page.locator(place).bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900, place
