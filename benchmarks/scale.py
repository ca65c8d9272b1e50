"""What runs of many cells cost beside the pixels.

`python -m benchmarks.scale 500 4000 20000` prints, for each number of pairs (16 x 16 pixels), the CPU seconds to plan and
the bytes of a cell that goes to a worker, once with one fuser and once with a folder of fused images beside it.

`python -m benchmarks.scale --rates 500` runs that many cells with 1, 2 and 4 workers: cells a second, most memory.
`python -m benchmarks.scale --store 20000` starts a run whose cells are all done, and makes its tables, statistics and a
comparison with itself: CPU seconds, most memory, bytes of the store. Every command is a process of its own.
"""

from __future__ import annotations

import os
import pickle
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tcmoa_bench.images import encode_png
from tcmoa_bench.run.plan import make_plan
from tcmoa_bench.run.request import Request
from tcmoa_bench.run.runner import _describe
from tcmoa_bench.run.suite import load_suite
from tcmoa_bench.store import CellResult, RunStore

SUITE = 'name = "scale"\nmetrics = ["EN@textbook"]\n[[datasets]]\nname = "pairs"\ntask = "vif"\na = "A"\nb = "B"\n'


def measure(root: Path, pairs: int) -> None:
    picture = encode_png(np.arange(256, dtype=np.uint8).reshape(16, 16))
    for folder in ("A", "B", "fused"):
        (root / folder).mkdir(parents=True)
        for number in range(pairs):
            (root / folder / f"p{number:06}.png").write_bytes(picture)
    (root / "suite.toml").write_text(SUITE)
    suite = load_suite(str(root / "suite.toml"))
    for label, fused in (("average", ()), ("average and a folder", (("OURS", root / "fused"),))):
        started = time.process_time()
        plan = make_plan(Request(suite, root / "run", fusers=("average",), fused=fused), None)
        seconds = time.process_time() - started
        size = max(len(pickle.dumps(cell)) for cell in plan.todo)
        print(
            f"{pairs:6} pairs, {label:20}: {seconds:6.2f} CPU s to plan, {1e6 * seconds / len(plan.todo):5.0f} us a cell, "
            f"{size} bytes the largest cell"
        )


def command(*words: object) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds (with children) and most megabytes of a command."""
    program = [sys.executable, "-c", "from tcmoa_bench.cli import main; main()", *map(str, words)]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"{words[0]} ended with exit code {os.waitstatus_to_exitcode(status)}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, cpu, used.ru_maxrss / 1024


def _pairs(root: Path, count: int, side: int = 16) -> None:
    draw = np.random.default_rng(0)
    for folder in ("A", "B"):
        (root / folder).mkdir(parents=True)
        for number in range(count):
            image = draw.integers(0, 256, (side, side), dtype=np.uint8)
            (root / folder / f"p{number:06}.png").write_bytes(encode_png(image))
    (root / "suite.toml").write_text(SUITE)


def rates(root: Path, cells: int) -> None:
    _pairs(root, cells, 64)
    for jobs in (1, 2, 4):
        seconds, cpu, memory = command(
            *("run", "--suite", root / "suite.toml", "--out", root / f"run{jobs}", "--fusers", "average"),
            *("--metrics", "EN@textbook,SSIM@textbook,Qabf@textbook", "--no-report", "--jobs", jobs),
        )
        print(
            f"{cells} cells of 64x64, {jobs} workers: {cells / seconds:.1f} cells/s, {1000 * cpu / cells:.0f} CPU ms each, "
            f"{memory:.0f} MB in the largest process"
        )


def store(root: Path, cells: int) -> None:
    """Cells as a run leaves them, written without making their pixels: two fusers, two metrics."""
    _pairs(root, cells // 2)
    suite = load_suite(str(root / "suite.toml"))
    request = Request(
        suite, root / "run", fusers=("average", "maximum"), metrics=("EN@textbook", "SSIM@textbook")
    )
    plan = make_plan(request, None)
    draw = np.random.default_rng(0)
    request.out.mkdir()
    with RunStore.create(request.out) as made:
        _describe(made, plan, 1)
        for cell in plan.todo:
            values = draw.random(len(plan.metrics)).tolist()
            scores = [(m.qualified, m.signature(), v, "") for m, v in zip(plan.metrics, values, strict=True)]
            views = {"height": 16, "width": 16, "view_a": "a.png", "view_b": "b.png"} if cell.views else {}
            made.add(
                CellResult(
                    *cell.key,
                    cell.fuse_key,
                    fused=cell.fused,
                    fused_hash="0" * 64,
                    scores=scores,
                    views=views,
                )
            )
    size, count = (request.out / "run.sqlite").stat().st_size, len(plan.todo)
    print(
        f"{count} cells of {len(plan.metrics)} metrics: {size / 1e6:.1f} MB, {size / count:.0f} bytes a cell"
    )
    again = ("run", "--suite", root / "suite.toml", "--out", request.out, "--fusers", "average,maximum")
    shutil.copytree(request.out, root / "copy")
    for name, words in (
        ("start, all done (--dry-run)", (*again, "--metrics", "EN@textbook,SSIM@textbook", "--dry-run")),
        # Not a real start: there are no fused images, and it would make them all.
        ("tables", ("tables", request.out)),
        ("stats", ("stats", request.out)),
        ("compare", ("compare", request.out, root / "copy")),
    ):
        seconds, cpu, memory = command(*words)
        print(f"{name:28} {seconds:6.1f} s, {cpu:6.1f} CPU s, {memory:.0f} MB")


def main() -> None:
    for option, work in (("--rates", rates), ("--store", store)):
        if option in sys.argv:
            with tempfile.TemporaryDirectory() as folder:
                work(Path(folder) / "data", int(sys.argv[-1]))
            return
    for count in map(int, sys.argv[1:] or ("500", "4000")):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), count)


if __name__ == "__main__":
    main()
