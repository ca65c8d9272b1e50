"""Size and time to interactive of the HTML report of a large synthetic run, in headless Chromium.

    python benchmarks/report_page.py FOLDER [--fusers 15] [--pairs 500] [--metrics 20]

Makes the run in FOLDER unless it is there, builds its report, opens it five times and prints Markdown. Interactive
means that the main table sorts and the first pairs are shown; the main thread's seconds are Chromium's own count,
which other load on the machine lengthens less than the wall time.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

from tcmoa_bench.images import encode_png, safe_name
from tcmoa_bench.reports.html import build_report
from tcmoa_bench.store import CellResult, FuserRow, MetricRow, PairRow, RunStore

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
REPEATS = 5


def make(folder: Path, fusers: list[str], pairs: list[str], metrics: list[str]) -> None:
    """A run with random scores, and pictures taken in turn from a few."""
    random = np.random.default_rng(0)
    blocks = [np.kron(random.integers(0, 200, (6, 8, 3)), np.ones((40, 40, 1), int)) for _ in range(24)]
    files = [encode_png((block + random.integers(0, 50, block.shape)).astype(np.uint8)) for block in blocks]
    with RunStore.create(folder) as store:
        store.declare(
            [PairRow("synthetic", name, "vif", f"a/{name}", f"b/{name}", None, None) for name in pairs],
            [FuserRow(name, {"colour": "rgb", "version": 1}) for name in fusers],
            [
                MetricRow(f"{name}@x", name, "x", name, f"{name}@x|v1", i % 4 != 3)
                for i, name in enumerate(metrics)
            ],
        )  # fmt: skip
        store.set_meta(suite={"name": "large", "version": 1, "title": "A large synthetic run", "paper": ""})
        for p, pair in enumerate(pairs):
            views: dict[str, object] = {"height": 240, "width": 320}
            for k, role in enumerate("ab"):
                views[f"view_{role}"] = _write(
                    folder, f"sources/synthetic/{pair}_{role}.png", files[(2 * p + k) % 24]
                )
            for k, fuser in enumerate(fusers):
                file = _write(
                    folder, f"fused/{safe_name(fuser)}/synthetic/{pair}.png", files[(5 * p + k) % 24]
                )
                scores = [
                    (f"{m}@x", f"{m}@x|v1", float(10 * random.random() + 0.1 * k), None) for m in metrics
                ]
                store.add(
                    CellResult(
                        "synthetic",
                        pair,
                        fuser,
                        "key",
                        fused=file,
                        fused_hash="x",
                        scores=scores,
                        views=views,
                    )
                )


def _write(folder: Path, name: str, data: bytes) -> str:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)
    return name


def open_once(browser: Browser, page_file: Path) -> tuple[float, float, float]:
    """Wall seconds until interactive, the main thread's seconds until then, wall seconds to open the viewer."""
    page = browser.new_page(viewport={"width": 1300, "height": 850})
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    started = time.perf_counter()
    page.goto(page_file.resolve().as_uri())
    page.wait_for_selector("#table-1.dataTable")
    ready = time.perf_counter() - started
    numbers = {item["name"]: item["value"] for item in session.send("Performance.getMetrics")["metrics"]}
    started = time.perf_counter()
    page.evaluate("document.querySelector('article.pair a').click()")
    page.wait_for_selector("#viewer[open]")
    viewer = time.perf_counter() - started
    page.close()
    return ready, numbers["TaskDuration"], viewer


def main() -> None:
    """Make, build, open, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--fusers", type=int, default=15)
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--metrics", type=int, default=20)
    given = parser.parse_args()
    if not (given.folder / "run.sqlite").is_file():
        names = [f"fuser {k}" for k in range(given.fusers)], [f"{p:06d}" for p in range(given.pairs)]
        make(given.folder, *names, [f"M{m}" for m in range(given.metrics)])
    started, cpu = time.perf_counter(), time.process_time()
    page = build_report(given.folder)
    built, cpu = time.perf_counter() - started, time.process_time() - cpu
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        times = [open_once(browser, page) for _ in range(REPEATS)]
        browser.close()
    ready, thread, viewer = (statistics.median(column) for column in zip(*times, strict=True))
    size = page.stat().st_size / 1e6
    print("| page | built in | interactive after | main thread until then | viewer after a click |")
    print("|---|---|---|---|---|")
    print(
        f"| {size:.1f} MB | {built:.0f} s ({cpu:.0f} s CPU) | {ready:.2f} s | {thread:.2f} s | {viewer:.2f} s |"
    )


if __name__ == "__main__":
    main()
