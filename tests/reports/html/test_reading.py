"""The page in a real browser: pictures at a glance, labels, tables that keep their state and leave, small screens."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from tcmoa_bench.cli import cli
from tcmoa_bench.datasets.labelled import colour, map_colours, map_picture
from tcmoa_bench.images import write_bytes
from tcmoa_bench.reports.html import build_report
from tcmoa_bench.store import RunStore
from tests.reports.builder import make_run
from tests.reports.html.test_browser import await_rows, await_true, numbers, transforms, viewer_values
from tests.reports.painted import HEIGHT, WIDTH, paint, painted_run, source_image

OpenPage = Callable[..., Any]

READ = "[...document.querySelectorAll('#v-stage output')].every((o) => /\\) \\d/.test(o.textContent))"


def draw_box(page: Any, start: tuple[float, float], end: tuple[float, float], pane: int = 0) -> None:
    """Drag with Shift over a pane, between two places in shares of it."""
    box = page.locator("#v-stage .view").nth(pane).bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, end)]
    page.keyboard.down("Shift")
    page.mouse.move(*at[0])
    page.mouse.down()
    page.mouse.move(*at[1], steps=4)
    page.mouse.up()
    page.keyboard.up("Shift")


def inks(page: Any) -> list[str]:
    return page.locator("#v-stage canvas").evaluate_all("items => items.map((c) => c.toDataURL())")


def test_all_pictures_at_a_glance_share_zoom_and_box(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    page.get_by_role("button", name="All at a glance").first.click()
    titles = page.locator("#v-stage figcaption b").all_inner_texts()
    assert titles == ["A: visible", "B: infrared", "tcmoa", "lp", "average"]
    page.keyboard.press("+")
    assert len(set(transforms(page))) == 1
    blank = inks(page)
    draw_box(page, (0.4, 0.4), (0.6, 0.6), pane=3)
    assert all(before != after for before, after in zip(blank, inks(page), strict=True))
    # The address follows the drag a moment later than the command.
    box = "decodeURIComponent(location.hash).split('box=')[1]?.split('&')[0]"
    await_true(page, f"$('v-command').textContent.includes(`--crop ${{{box}}} `)")
    text = unquote(page.evaluate("location.hash")).split("box=")[1].split("&")[0]
    x, y, w, h = (int(number) for number in text.split(","))
    assert 0 < x < x + w < WIDTH
    assert 0 < y < y + h < HEIGHT
    run = report.parent.name
    command = (
        f"tcmoa-bench figure {run} --pairs 'd/scene 1' --fusers tcmoa,lp,average --crop {text} -o figure.pdf"
    )
    assert page.locator("#v-command").inner_text() == command
    other = open_page(report, page.evaluate("location.hash"))
    assert other.locator("#v-command").inner_text() == command


def test_the_figure_command_draws_the_figure(
    open_page: OpenPage, report: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = open_page(report, "#view?d=d&p=scene+1&show=f.lp&against=f.tcmoa&mode=slider&box=5,6,20,10")
    monkeypatch.chdir(report.parent.parent)
    words = shlex.split(page.locator("#v-command").inner_text())
    assert words[-2:] == ["-o", "figure.pdf"]
    result = CliRunner().invoke(cli, [*words[1:-1], str(tmp_path / "figure.png")])
    assert result.exit_code == 0, result.output
    assert (tmp_path / "figure.png").is_file()


def test_a_drag_without_shift_moves_and_a_click_chooses(open_page: OpenPage, report: Path) -> None:
    page = open_page(report, "#view?d=d&p=scene+1&show=f.lp&mode=grid&zoom=20&x=0.5&y=0.5")
    before = transforms(page)
    box = page.locator("#v-stage .view").nth(2).bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60, steps=3)
    page.mouse.up()
    assert transforms(page) != before
    page.locator("#v-stage .view").nth(4).click()
    assert page.locator("#v-pick").evaluate("s => s.selectedOptions[0].text") == "average"
    assert page.locator("#v-stage .picked b").inner_text() == "average"


def labelled_report(folder: Path) -> Path:
    run = painted_run(folder)
    stem = next((folder / "fused/lp/d").glob("scene_2-*.png")).stem
    write_bytes(folder / f"labels/d/{stem}.json", json.dumps([["person", 10, 5, 30, 25]]).encode())
    seen = {"name": "person", "left": 10, "top": 5, "right": 30, "bottom": 25, "a": 1.0, "b": 4.0}
    for fuser, value in (("lp", 1.0), ("average", 2.0), ("tcmoa", 5.0)):
        write_bytes(
            folder / f"objects/{fuser}/d/{stem}.json", json.dumps([{**seen, "fused": value}]).encode()
        )
    return build_report(run.folder)


def test_labels_go_on_and_off_and_the_worst_objects_are_listed(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(labelled_report(tmp_path))
    listed = [row.split("\t") for row in page.locator("#object-table tbody tr").all_inner_texts()]
    assert listed == [
        ["person", "d scene 2", "lp", "25 %", "infrared", "10, 5, 20, 20"],
        ["person", "d scene 2", "average", "50 %", "infrared", "10, 5, 20, 20"],
    ]
    page.locator("#object-table a").first.click()
    assert page.locator("#v-stage .picked b").inner_text() == "lp"
    assert "--crop 10,5,20,20" in page.locator("#v-command").inner_text()
    on = inks(page)
    button = page.get_by_role("button", name="Labels")
    button.click()
    assert button.get_attribute("aria-pressed") == "false"
    assert all(one != other for one, other in zip(on, inks(page), strict=True))
    page.keyboard.press("l")
    assert inks(page) == on
    page.keyboard.press("ArrowLeft")
    assert not page.locator("#v-labels").is_visible()


def test_a_class_map_lies_over_every_picture_on_and_off(open_page: OpenPage, tmp_path: Path) -> None:
    run = painted_run(tmp_path)
    stem = next((tmp_path / "fused/lp/d").glob("scene_2-*.png")).stem
    numbers = np.zeros((HEIGHT, WIDTH), np.uint8)
    numbers[: HEIGHT // 2, : WIDTH // 2], numbers[HEIGHT // 2 :] = 2, 255
    colours = map_colours(numbers, ("background", "car", "person"))
    write_bytes(tmp_path / f"labels/d/{stem}.png", map_picture(numbers))
    write_bytes(tmp_path / f"labels/d/{stem}.colours.json", json.dumps(colours).encode())
    page = open_page(build_report(run.folder), "#view?d=d&p=scene+2&show=f.lp&mode=grid")
    view = page.locator("#v-stage .view").nth(0)

    def middles() -> list[tuple[int, ...]]:
        """Colours in the middles of the picture's upper left quarter and lower right one."""
        page.mouse.move(0, 0)
        shot = np.asarray(Image.open(io.BytesIO(view.screenshot())).convert("RGB"))
        (high, wide), s = shot.shape[:2], min(shot.shape[0] / HEIGHT, shot.shape[1] / WIDTH)
        at = [
            (round(high / 2 + y * HEIGHT * s), round(wide / 2 + x * WIDTH * s))
            for y, x in ((-0.25, -0.25), (0.25, 0.25))
        ]
        return [tuple(int(part) for part in shot[place]) for place in at]

    assert page.locator(".legend").count() == 0
    plain = middles()
    page.keyboard.press("l")
    assert page.locator(".legend li").all_inner_texts() == ["person"]
    page.wait_for_timeout(300)
    mapped = middles()
    assert mapped[1] == plain[1]
    expected = [(one + other) / 2 for one, other in zip(plain[0], colour(2), strict=True)]
    assert np.allclose(mapped[0], expected, atol=3)
    page.get_by_role("button", name="Labels").click()
    assert middles() == plain


def test_a_page_from_disk_reads_the_pixels_of_a_folder_that_it_is_shown(
    open_page: OpenPage, tmp_path: Path
) -> None:
    """No scripts beside the page: the reader chooses the run folder once."""
    report = build_report(painted_run(tmp_path / "run").folder)
    assert not (tmp_path / "run" / "report_files").exists()
    page = open_page(report, "#view?d=d&p=scene+1&show=f.lp&mode=side")
    assert page.get_by_role("button", name="Pixel values").is_visible()
    assert viewer_values(page)[0].strip() == f"({WIDTH // 2}, {HEIGHT // 2})"
    page.locator("#v-folder").set_input_files(str(tmp_path / "run"))
    await_true(page, READ)
    pixel = source_image(0, "a")[HEIGHT // 2, WIDTH // 2]
    assert viewer_values(page)[0] == f"({WIDTH // 2}, {HEIGHT // 2}) {numbers(pixel)}"
    assert not page.get_by_role("button", name="Pixel values").is_visible()


@pytest.fixture
def holed(tmp_path: Path) -> Path:
    """A page on which Z has no value by SD."""
    values = {
        "X": {"EN@t": [1.0, 2.0], "SD@t": [3.0, 3.0]},
        "Y": {"EN@t": [2.0, 1.5], "SD@t": [5.0, 5.0]},
        "Z_1": {"EN@t": [0.5, 0.5], "SD@t": [None, None]},
    }
    attributes = {"p1": {"time": "day"}, "p2": {"time": "night"}}
    return build_report(make_run(tmp_path / "holed", values, down=["SD@t"], attributes=attributes).folder)


def test_what_has_no_value_stands_last_both_ways(open_page: OpenPage, holed: Path) -> None:
    page = open_page(holed)
    head = page.locator("#table-1 thead th", has_text="SD")
    head.click()  # the best first: lower is better
    await_rows(page, ["X", "Y", "Z_1"])
    head.click()
    await_rows(page, ["Y", "X", "Z_1"])


def test_the_address_keeps_sort_filter_and_columns(open_page: OpenPage, holed: Path) -> None:
    page = open_page(holed)
    page.locator("#table-1 thead th", has_text="EN").click()
    await_rows(page, ["Y", "X", "Z_1"])
    page.get_by_label("Filter fusers").first.fill("x")
    await_rows(page, ["X"])
    page.locator("#panel-1 details.menu summary").click()
    page.locator("#panel-1 details.menu label", has_text="SD@t").click()
    address = page.evaluate("location.hash")
    assert address == "#table-1?sort=EN%40t%3Adesc&filter=x&hide=SD%40t"
    other = open_page(holed, address)
    await_rows(other, ["X"])
    heads = [text.split()[0] for text in other.locator("#table-1 thead th").all_inner_texts()]
    assert heads == ["Fuser", "Mean", "EN"]
    sorted_by = other.locator("#table-1 thead th[aria-sort=descending]").inner_text()
    assert sorted_by.split() == ["EN", "↑", "t"]


def test_groups_are_tabs(open_page: OpenPage, holed: Path) -> None:
    page = open_page(holed)
    assert page.get_by_role("tab").all_inner_texts() == ["All pairs", "time day", "time night"]
    assert [page.locator(f"#table-{i}").is_visible() for i in (1, 2, 3)] == [True, False, False]
    page.get_by_role("tab", name="time day").click()
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("tab", name="time night").get_attribute("aria-selected") == "true"
    assert [page.locator(f"#table-{i}").is_visible() for i in (1, 2, 3)] == [False, False, True]
    other = open_page(holed, "#table-2?sort=EN%40t%3Adesc")
    other.wait_for_selector("#table-2.dataTable:visible")


def test_a_table_leaves_as_csv_and_latex(open_page: OpenPage, holed: Path) -> None:
    page = open_page(holed)
    page.wait_for_selector("#table-1.dataTable")
    page.locator("#panel-1 details.export summary").click()
    with page.expect_download() as saved:
        page.locator("#panel-1").get_by_role("button", name="Download CSV").click()
    head, *rows = csv.reader(Path(saved.value.path()).read_text("utf-8").splitlines())
    assert head == ["Fuser", "Mean rank ↓", "EN@t ↑", "SD@t ↓"]
    assert sorted(row[0] for row in rows) == ["X", "Y", "Z_1"]
    assert next(row for row in rows if row[0] == "Y")[2:] == ["1.75", "5.0"]
    assert saved.value.suggested_filename == "A_suite.csv"
    tex = page.evaluate("exports.latex($('table-1'))")
    assert r"Z\_1 & n/a & 0.5000 & n/a" in tex
    assert r"\textbf{1.7500}" in tex
    assert r"\caption{A suite}" in tex


def test_two_fusers_stand_side_by_side_where_they_differ_most(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    page.get_by_label("First fuser").select_option(label="lp")
    page.get_by_label("second fuser").select_option(label="average")
    page.locator("#compare-metric").select_option(label="EN ↑")
    assert "lp is better on" in page.locator("#compare-pairs p").inner_text()
    values = [float(text.split()[-1]) for text in page.locator(".pair-of figcaption").all_inner_texts()]
    gaps = [abs(first - second) for first, second in zip(values[::2], values[1::2], strict=True)]
    assert gaps == sorted(gaps, reverse=True)
    assert len(gaps) == 5
    page.locator(".pair-of a").first.click()
    assert page.locator("#v-stage figcaption b").inner_text() == "average | lp"


def test_a_head_says_what_it_means_to_mouse_and_keyboard(open_page: OpenPage, tmp_path: Path) -> None:
    run = make_run(tmp_path, {f: {"EN@t": [1.0, 2.0]} for f in "XY"})
    with RunStore.create(run.folder) as store:
        store.set_meta(meanings={"EN@t": "How many gray levels are used."})
    page = open_page(build_report(run.folder))
    page.wait_for_selector("#table-1.dataTable")
    head = page.locator("#table-1 thead th", has_text="EN")
    head.hover()
    words = "EN@t: How many gray levels are used. Higher is better."
    assert page.get_by_role("tooltip").inner_text().startswith(words)
    page.keyboard.press("Escape")
    assert not page.locator("#tip").is_visible()
    for _ in range(30):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('th')?.dataset.key") == "EN@t":
            break
    assert page.get_by_role("tooltip").inner_text().startswith(words)
    assert head.inner_text().count("↑") == 1


def many_metrics(folder: Path) -> Path:
    random = np.random.default_rng(0)
    fusers = [f"a_rather_long_name_{i}" for i in range(4)]
    values = {f: {f"Metric_{m}@tang2022": random.random(4).tolist() for m in range(16)} for f in fusers}
    return build_report(paint(make_run(folder, values)).folder)


def test_a_small_screen_scrolls_only_downwards(open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(many_metrics(tmp_path), size=(390, 844))
    page.wait_for_selector("#table-1.dataTable")
    page.locator("#metrics").scroll_into_view_if_needed()
    page.wait_for_selector("#metric-pairs table.dataTable")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    region = page.locator("#overview .dt-layout-table")
    assert "more" in region.get_attribute("class").split()
    box = region.bounding_box()
    rights = "ths => ths.map((th) => th.getBoundingClientRect().right)"
    edges = page.locator("#table-1 thead th").evaluate_all(rights)
    assert (
        sum(edge <= box["x"] + box["width"] for edge in edges) >= 4
    )  # fuser, mean rank, more than one metric
    region.evaluate("e => e.scrollTo(e.scrollWidth, 0)")
    await_true(page, "!document.querySelector('#overview .dt-layout-table').classList.contains('more')")
    for link in page.locator(".bar nav a").all():
        place = link.bounding_box()
        assert 0 <= place["x"] < place["x"] + place["width"] <= 390
    page.get_by_role("button", name="All at a glance").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.locator("#v-stage figcaption b").first.inner_text() == "A: visible"


def test_the_first_screen_shows_headline_table_and_a_picture(open_page: OpenPage, report: Path) -> None:
    page = open_page(report, size=(1440, 900))
    page.wait_for_selector("#table-1.dataTable")
    for place in (
        page.locator(".lead"),
        page.locator(".glimpse img").first,
        page.locator("#table-1 tbody tr").first,
    ):
        box = place.bounding_box()
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= 900
