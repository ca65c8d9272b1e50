"""The page in a real browser: what a reader does with it."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tcmoa_bench.reports.html import build_report
from tests.commands import call, save
from tests.reports.builder import make_run
from tests.reports.painted import HEIGHT, WIDTH, fused_image, paint, source_image

OpenPage = Callable[..., Any]


def rows(page: Any) -> list[str]:
    return page.locator("#table-1 tbody tr:visible th").all_inner_texts()


def await_true(page: Any, expression: str) -> None:
    """Poll until an expression holds; Playwright's own `wait_for_function` needs a page that evaluates text."""
    end = time.monotonic() + 20
    while not page.evaluate(expression):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(20)


def await_rows(page: Any, names: list[str]) -> None:
    """DataTables redraws a moment after the click."""
    text = "[...document.querySelectorAll('#table-1 tbody th')].map((th) => th.textContent).join('|')"
    await_true(page, f"{text} === {'|'.join(names)!r}")


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
    await_true(
        page, "[...document.querySelectorAll('#v-stage output')].every((o) => /\\) \\d/.test(o.textContent))"
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
    await_true(page, "document.querySelector('.prompts img')?.naturalWidth === 60")
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
    seen = []
    for key in "12345":
        page.keyboard.press(key)
        seen.append(caption.inner_text())
    assert seen == ["A: visible", "B: infrared", "tcmoa", "lp", "average"]
    page.keyboard.press("ArrowRight")
    assert page.locator("#v-pair").evaluate("s => s.selectedOptions[0].text") == "d scene 2"
    page.keyboard.press("s")
    assert page.locator("#v-stage figure").count() == 4
    page.keyboard.press("Shift+2")
    assert page.locator("#v-stage figcaption b").last.inner_text() == "Difference: average − B: infrared"
    page.keyboard.press("Escape")
    assert not page.locator("#viewer").is_visible()


def test_the_slider_moves_by_mouse_and_keys(open_page: OpenPage, report: Path) -> None:
    page = open_page(report, "#view?d=d&p=scene+1&show=f.tcmoa&against=a&mode=slider")
    box = page.locator("#v-stage .view").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, middle, steps=5)
    page.mouse.up()
    split = float(page.locator("input.split").input_value())
    assert split == pytest.approx(25, abs=3)
    clip = page.locator("#v-stage .layer").nth(1).evaluate("e => e.style.clipPath")
    assert clip == f"inset(0px 0px 0px {split:g}%)"
    page.keyboard.press("ArrowRight")
    assert float(page.locator("input.split").input_value()) == split + 0.5


def transforms(page: Any) -> list[str]:
    return page.locator("#v-stage img").evaluate_all("items => items.map((item) => item.style.transform)")


def test_zoom_and_place_are_shared_by_all_panes(open_page: OpenPage, report: Path) -> None:
    page = open_page(report, "#view?d=d&p=scene+1&show=f.lp&mode=side")
    before = transforms(page)
    box = page.locator("#v-stage .view").first.bounding_box()
    page.mouse.move(box["x"] + 50, box["y"] + 60)
    page.mouse.wheel(0, -900)
    await_true(page, f"document.querySelector('#v-stage img').style.transform !== '{before[0]}'")
    zoomed = transforms(page)
    assert len(zoomed) == 5
    assert len(set(zoomed)) == 1
    assert page.locator("#v-stage .view.sharp").count() == 4
    page.mouse.down()
    page.mouse.move(box["x"] + 90, box["y"] + 60, steps=4)
    page.mouse.up()
    moved = transforms(page)
    assert len(set(moved)) == 1
    assert moved != zoomed
    page.keyboard.press("0")
    assert transforms(page) == before


def test_pixels_carry_their_values_at_high_zoom(open_page: OpenPage, report: Path) -> None:
    page = open_page(report, "#view?d=d&p=scene+1&show=f.lp&mode=flip&zoom=60&x=0.5&y=0.5")
    has_ink = """() => {
      const canvas = document.querySelector("#v-stage canvas");
      const blank = Object.assign(document.createElement("canvas"), { width: canvas.width, height: canvas.height });
      return canvas.toDataURL() !== blank.toDataURL();
    }"""
    await_true(page, has_ink)
    page.keyboard.press("0")
    assert not page.evaluate(has_ink)


def test_the_address_leads_to_exactly_this_view(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    page.locator("article.pair").nth(2).get_by_alt_text("tcmoa of pair").click()
    page.keyboard.press("d")
    page.keyboard.press("Shift+2")
    for _ in range(3):
        page.keyboard.press("+")
    await_true(page, "location.hash.includes('zoom=')")
    address = page.evaluate("location.hash")
    parts = dict(item.split("=") for item in address.removeprefix("#view?").split("&"))
    assert (parts["p"], parts["show"], parts["against"], parts["mode"]) == (
        "scene+3",
        "f.tcmoa",
        "b",
        "slider",
    )
    other = open_page(report, address)
    assert transforms(other) == transforms(page)
    files = "items => items.map((item) => item.src)"
    assert other.locator("#v-stage img").evaluate_all(files) == page.locator("#v-stage img").evaluate_all(
        files
    )


def test_a_metrics_pairs_are_listed_worst_first_and_lead_to_the_viewer(
    open_page: OpenPage, report: Path
) -> None:
    page = open_page(report)
    page.locator("#metrics").scroll_into_view_if_needed()
    page.get_by_label("Metric", exact=True).select_option(label="MSE ↓")
    page.wait_for_selector("#metric-pairs table.dataTable")
    lists = page.locator("ol.extremes")
    worst, best = ([float(text) for text in lists.nth(i).locator("small").all_inner_texts()] for i in (0, 1))
    assert worst == sorted(worst, reverse=True)
    assert best == sorted(best)
    assert "Distribution of MSE" in page.locator("#metric-page svg").first.get_attribute("aria-label")
    assert page.locator("#metric-pairs tbody tr").count() == 5
    page.locator("#metric-pairs tbody a").first.click()
    assert page.locator("#viewer").is_visible()


def test_pairs_are_found_by_name(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    page.get_by_label("Filter pairs:").last.fill("scene 4")
    assert page.locator("#gallery h3").all_inner_texts() == ["d scene 4 60 × 40"]


def test_colours_follow_the_system_and_the_button(open_page: OpenPage, report: Path) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    dark = open_page(report, color_scheme="dark")
    light = open_page(report, color_scheme="light")
    assert light.evaluate(background) == "rgb(251, 251, 253)"
    assert dark.evaluate(background) == "rgb(18, 21, 27)"
    dark.locator("#theme").click()
    assert dark.evaluate(background) == "rgb(251, 251, 253)"
    dark.locator("#theme").click()
    assert dark.evaluate(background) == "rgb(18, 21, 27)"


def test_print_leaves_out_what_paper_cannot_do(open_page: OpenPage, report: Path) -> None:
    page = open_page(report)
    page.wait_for_selector("#table-1.dataTable")
    page.emulate_media(media="print")
    assert not page.locator("header.bar").is_visible()
    assert not page.get_by_label("Filter fusers").is_visible()
    assert page.locator("#table-1").is_visible()


def test_everything_can_be_read_without_javascript(open_page: OpenPage, report: Path) -> None:
    page = open_page(report, java_script_enabled=False)
    assert rows(page) == ["tcmoa", "lp", "average"]
    assert page.locator("article.pair").count() == 5
    assert page.locator("article.pair img").count() == 25
    assert page.locator("#metrics svg:visible").count() == 6
    assert "Worst: " in page.locator("#metrics").inner_text()
    page.locator("article.pair details summary").first.click()
    assert "tcmoa" in page.locator("article.pair details").first.inner_text()
    assert not page.locator(".needs-js:visible").count()
    page.locator("article.pair a").first.click()
    assert page.url.endswith(".png")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("mode", ["", "side", "grid", "slider"])
def test_axe_finds_no_barrier(open_page: OpenPage, report: Path, scheme: str, mode: str) -> None:
    reason = "axe is not installed: pip install -e '.[dev]'"
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason=reason)
    fragment = f"#view?d=d&p=scene+1&show=f.lp&mode={mode}" if mode else ""
    page = open_page(report, fragment, color_scheme=scheme)
    page.wait_for_selector("#table-1.dataTable", state="attached")
    if not mode:
        page.locator("#metrics").scroll_into_view_if_needed()
        page.wait_for_selector("#metric-pairs table.dataTable")
    found = axe.Axe().run(page).response["violations"]
    assert [(v["id"], [n["html"][:160] for n in v["nodes"]]) for v in found] == []


def test_a_moved_run_opens_with_every_picture_whatever_the_names(open_page: OpenPage, tmp_path: Path) -> None:
    values = {"X": {"EN@t": [1.0, 2.0, None]}, "Y": {"EN@t": [2.0, 1.0, 3.0]}}
    run = paint(make_run(tmp_path / "before", values, pairs=["50% #1?&é", "a b", "plain"]))
    report = build_report(run.folder)
    moved = tmp_path / "after #2 100%"
    shutil.move(run.folder, moved)
    page = open_page(moved / report.name)
    assert page.locator("article.pair h3").count() == 3
    assert page.evaluate("[...document.images].every((i) => i.naturalWidth > 0)")
    for number in range(3):
        page.locator("article.pair").nth(number).locator("a").first.click()
        await_true(page, "[...document.querySelectorAll('#v-stage img')].every((i) => i.naturalWidth > 0)")
        with page.context.expect_page() as alone:
            page.get_by_text("Open the picture alone").click()
        assert alone.value.evaluate("document.images[0].naturalWidth") == WIDTH
        page.keyboard.press("Escape")
    assert str(tmp_path) not in (moved / report.name).read_text("utf-8")


def test_names_and_messages_are_text(open_page: OpenPage, tmp_path: Path) -> None:
    evil = "<script>document.title='x'</script>"
    fuser, pair = f"\"q\" 'a' {evil} ü", f"</noscript></script>{evil}<img src=x onerror=document.title='y'>"
    values = {fuser: {"EN@t": [1.0, None]}, "plain": {"EN@t": [2.0, 1.0]}, "a&amp;b": {"EN@t": [1.5, 1.0]}}
    run = make_run(
        tmp_path / "run", values, pairs=[pair, "two"], failed={("plain", "two"): f"bad {evil} {pair}"}
    )
    page = open_page(build_report(paint(run).folder))
    page.locator("#metrics").scroll_into_view_if_needed()
    page.wait_for_selector("#metric-pairs table.dataTable")
    assert page.title() == "A suite"
    assert set(rows(page)) == {fuser, "plain", "a&amp;b"}
    assert page.locator("article.pair h3").first.inner_text() == f"d {pair} 60 × 40"
    assert page.locator("#failure-table .message").inner_text() == f"bad {evil} {pair}"
    heads = page.locator("#metric-pairs thead th").all_inner_texts()
    assert heads[0] == "Pair"
    assert set(heads[1:]) == {fuser, "plain", "a&amp;b"}
    page.locator("article.pair a").first.click()
    assert page.locator("#v-side h2").first.inner_text() == f"d {pair}"
    address = page.evaluate("location.hash")
    assert page.title() == "A suite"
    assert "script" in unquote(address) or address.startswith("#view") or address == ""


def test_a_stack_shows_every_source_and_calls_none_of_them_a_fused_image(
    open_page: OpenPage, tmp_path: Path
) -> None:
    images = [source_image(0, "a"), source_image(0, "b"), source_image(1, "a")]
    for number, image in enumerate(images, 1):
        save(tmp_path / "set" / "one" / f"{number}.png", image)
    out = tmp_path / "r"
    done = call(
        "run", "--stacks", tmp_path / "set", "--task", "mff", "--fusers", "average", "--metrics", "EN@textbook",
        "--out", out,
    )  # fmt: skip
    assert done.code == 0, done.err
    page = open_page(out / "report.html")
    labels = ["A: source 1", "B: source 2", "average", "Source 3"]
    assert page.locator("article.pair figcaption").all_inner_texts() == labels
    assert page.locator("article.pair figure.source").count() == 3
    page.get_by_alt_text("Source 3 of pair one").click()
    await_true(page, "/show=s.3/.test(location.hash)")
    shown = page.locator("#v-stage").get_by_alt_text("Source 3").first.get_attribute("src")
    assert shown.endswith("sources/set/one_3.png")
    assert "Choose a fused picture" in page.locator("#v-side").inner_text()
    assert "--fusers" not in page.locator("#v-command").inner_text()
    again = open_page(out / "report.html", "#view?d=set&p=one&show=s.3&mode=flip")
    assert again.locator("#v-stage").get_by_alt_text("Source 3").count() == 1
