"""A real browser for the pages, where the machine has one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tcmoa_bench.images import write_image
from tcmoa_bench.reports.html import build_report
from tests.reports.painted import fused_image, painted_run

#: Quiet: no display, no sandbox (tests run as root in CI), no background requests of the browser's own.
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip

#: Where a page may get things from.
LOCAL = ("file:", "data:", "blob:")

NAMES = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, driven by Playwright."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install -e '.[dev]'"
    )
    path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip("no Chromium here: apt-get install chromium, or set CHROMIUM to its path")
    with sync_api.sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Any]]:
    """Opens a file in a fresh context; the test fails on any console error, page error or request beyond the disk.

    A page that is damaged on purpose is opened with `sound=False`: it may complain.
    """
    troubles: list[str] = []
    contexts = []

    def note(wrong: bool, text: str) -> None:
        if wrong:
            troubles.append(text)

    def open_(
        file: Path,
        fragment: str = "",
        sound: bool = True,
        size: tuple[int, int] = (1300, 850),
        **options: Any,
    ) -> Any:
        viewport = {"width": size[0], "height": size[1]}
        context = browser.new_context(offline=True, viewport=viewport, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda r: note(not r.url.startswith(LOCAL), f"request: {r.url[:200]}"))
        if not sound:
            page.goto(file.as_uri() + fragment)
            return page
        page.on("console", lambda m: note(m.type in ("error", "warning"), f"console {m.type}: {m.text}"))
        page.on("pageerror", lambda error: note(True, f"page error: {error}"))
        page.on("requestfailed", lambda r: note(True, f"failed: {r.url[:200]}"))
        page.goto(file.as_uri() + fragment)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not troubles


@pytest.fixture(scope="session")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a run of three fusers on five pairs, with a prompt map of the first."""
    folder = painted_run(tmp_path_factory.mktemp("run")).folder
    pair = next((folder / "fused" / "lp" / "d").glob("scene_1-*.png")).stem
    write_image(folder / "prompts" / "d" / pair / "layer 12.png", fused_image(0, 1))
    return build_report(folder, pixel_budget=10_000_000)
