"""The documentation as a site: built without a warning, complete, and in need of nothing from elsewhere."""

from __future__ import annotations

import functools
import html
import os
import re
import subprocess
import sys
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tcmoa_bench.datasets import DATASETS
from tcmoa_bench.metrics import CONVENTIONS
from tcmoa_bench.metrics.describe import symbols
from tcmoa_bench.run.fusers import registry
from tests.conftest import ROOT

for needed in ("mkdocs", "material", "mkdocstrings", "latex2mathml", "nbformat"):
    pytest.importorskip(needed)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def site(tmp_path_factory, shared_cache) -> Path:
    folder = tmp_path_factory.mktemp("site")
    environment = {**os.environ, "TCMOA_BENCH_CACHE": str(shared_cache), "NO_MKDOCS_2_WARNING": "1"}
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-d", str(folder)]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_everything_of_the_registries_has_its_place(site) -> None:
    files = (site / "reference/metrics").rglob("*.html")
    metrics = html.unescape("\n".join(file.read_text("utf-8") for file in files))
    for convention in CONVENTIONS.values():
        for metric in convention.values():
            assert f"<code>{metric.signature()}</code>" in metrics, metric.qualified
    fusers = (site / "reference/fusers/index.html").read_text("utf-8")
    assert [name for name in registry() if f'id="{name}"' not in fusers] == []
    datasets = (site / "reference/datasets/index.html").read_text("utf-8")
    assert [name for name in DATASETS if f'id="{name}"' not in datasets] == []


def test_formulas_are_mathematics_where_they_can_be(site) -> None:
    page = (site / "reference/metrics/sd/index.html").read_text("utf-8")
    own = {m.qualified: m for c in CONVENTIONS.values() for m in c.values() if m.name == "SD"}
    parts = re.split(r"<h2 ", page)
    for name, metric in own.items():
        part = next(p for p in parts if p.startswith('id="') and f">{name}<" in p[:200])
        assert ("<math" in part) == bool(symbols(metric)), name
    assert not symbols(own["SD@tang2022"])  # saturating integers: not what the formula says
    assert symbols(own["SD@textbook"])


def test_nothing_is_fetched_from_elsewhere_and_search_finds(site) -> None:
    playwright = pytest.importorskip("playwright.sync_api")
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_port}/"
    outside: list[str] = []
    try:
        with playwright.sync_playwright() as tool:
            try:
                browser = tool.chromium.launch(executable_path=_chromium())
            except playwright.Error:
                pytest.skip("no browser here")
            page = browser.new_page(viewport={"width": 390, "height": 844})
            page.on(
                "request",
                lambda r: None if r.url.startswith((base, "data:", "blob:")) else outside.append(r.url),
            )
            for place in (
                "",
                "tutorial/",
                "notebook/",
                "reference/metrics/ssim/",
                "reference/commands/",
                "api/",
            ):
                page.goto(base + place)
                wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                assert wider <= 0, (place, wider)
            page.set_viewport_size({"width": 1440, "height": 900})
            page.goto(base)
            page.keyboard.press("f")
            page.locator(".md-search__input").type("signature", delay=20)
            page.wait_for_selector(".md-search-result__item", state="attached", timeout=60_000)
            browser.close()
    finally:
        server.shutdown()
    assert outside == []


def _chromium() -> str | None:
    return next(
        (str(p) for p in map(Path, ("/usr/bin/chromium", "/usr/bin/google-chrome")) if p.exists()), None
    )
