"""Runs that are killed (SIGKILL) at random moments, taken up again, and compared to the bit with an undisturbed one.

`python -m benchmarks.kills [--kills 200] [--seed 0]` kills each run twice, then lets it end. Nine of ten processes are
forked when all modules are loaded, so that the moments fall on planning, cells and the writing of tables and report; the
others are fresh ones with two workers, so that they fall on start-up too. What must be equal: every score, every fused
image, tables and lists, and that nothing half-written is left. The exit code is 1 if anything differs.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from tcmoa_bench.cli import main as command
from tcmoa_bench.images import WRITING, encode_png
from tcmoa_bench.store import RunStore

SUITE = """name = "kills"
metrics = ["EN@textbook", "SSIM@textbook"]
[[datasets]]
name = "pairs"
task = "vif"
a = "A"
b = "B"
"""
PAIRS, FUSERS = 3, "average,lp"
FILES = ("scores.csv", "tables.csv", "tables.md", "pairs.csv")


def pairs(root: Path) -> None:
    draw = np.random.default_rng(0)
    for folder in ("A", "B"):
        (root / folder).mkdir()
        for number in range(PAIRS):
            image = draw.integers(0, 256, (40, 40), dtype=np.uint8)
            (root / folder / f"p{number}.png").write_bytes(encode_png(image))
    (root / "suite.toml").write_text(SUITE)


def arguments(root: Path, out: Path, jobs: int) -> list[str]:
    return [
        "run",
        "--suite",
        str(root / "suite.toml"),
        "--fusers",
        FUSERS,
        "--out",
        str(out),
        "--jobs",
        str(jobs),
    ]


def here(words: list[str]) -> int:
    """Run a command in this process, silently; its exit code."""
    with (
        open(os.devnull, "w") as silent,
        contextlib.redirect_stdout(silent),
        contextlib.redirect_stderr(silent),
    ):
        try:
            command(words)
        except SystemExit as stop:
            return int(stop.code or 0)
    return 99


def start(root: Path, out: Path, fresh: bool) -> int:
    """Start a run; its process id."""
    if fresh:
        program = [sys.executable, "-c", "from tcmoa_bench.cli import main; main()", *arguments(root, out, 2)]
        return subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).pid
    if pid := os.fork():
        return pid
    os._exit(here(arguments(root, out, 1)))


def finish(root: Path, out: Path, fresh: bool) -> int:
    _, status = os.waitpid(start(root, out, fresh), 0)
    return os.waitstatus_to_exitcode(status)


def result(out: Path) -> dict[str, str]:
    """Everything of a finished run that must not depend on how it came about."""
    with RunStore.open(out) as store:
        scores = sorted(
            (r.dataset, r.pair, r.fuser, r.qualified, np.float64(r.value).tobytes())
            for r in store.scores().itertuples()
        )
        cells = sorted((r.pair, r.fuser, r.status, r.fused_hash) for r in store.cells().itertuples())
    found = {"scores": repr(scores), "cells": repr(cells)}
    for file in sorted(out.rglob("*.png")):
        found[str(file.relative_to(out))] = hashlib.sha256(file.read_bytes()).hexdigest()
    for name in FILES:
        if (out / name).exists():
            found[name] = hashlib.sha256((out / name).read_bytes()).hexdigest()
    found["report"] = str((out / "report.html").is_file())
    left = [file.name for file in out.rglob("*") if file.name.startswith((WRITING, ".lock"))]
    return found | {"left": repr(left)}


def stage(out: Path) -> str:
    """How far a run was when it was killed."""
    if not (out / "run.sqlite").exists():
        return "start-up"
    done = len(list(out.glob("fused/*/*/*.png")))
    if done < PAIRS * len(FUSERS.split(",")):
        return "cells"
    return "after its end" if (out / "report.html").exists() else "outputs"


def measure(kills: int, seed: int) -> int:
    """Number of runs that ended otherwise than the undisturbed one."""
    draw, stages, faults = random.Random(seed), Counter[str](), []
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        pairs(root)
        whole = {}
        times = {}
        here(arguments(root, root / "warm", 1))  # loads the modules that forked processes share
        for fresh in (False, True):
            started = time.perf_counter()
            assert finish(root, root / "whole", fresh) == 0
            times[fresh], whole[fresh] = time.perf_counter() - started, result(root / "whole")
            shutil.rmtree(root / "whole")
        if whole[False] != whole[True]:
            faults.append("two workers gave another result than one process")
        print(
            f"an undisturbed run takes {times[False]:.2f} s forked, {times[True]:.2f} s as a fresh process with two workers"
        )
        number = killed = 0
        while killed < kills:
            fresh, out = number % 10 == 4, root / f"run{number}"
            for _ in range(2):
                process = start(root, out, fresh)
                time.sleep(draw.uniform(0, times[fresh]))
                os.kill(process, signal.SIGKILL)
                _, status = os.waitpid(process, 0)
                if os.waitstatus_to_exitcode(status) == -signal.SIGKILL:  # else it had ended by itself
                    killed += 1
                    stages[stage(out)] += 1
            code = finish(root, out, fresh)
            now = result(out) if code == 0 else {"exit code": str(code)}
            if different := sorted(
                k for k in now.keys() | whole[False].keys() if now.get(k) != whole[False].get(k)
            ):
                faults.append(f"run {number} (seed {seed}) differs in {', '.join(different[:5])}")
            shutil.rmtree(out, ignore_errors=True)
            number += 1
            print(f"{killed} kills, {number} runs, {len(faults)} differ", file=sys.stderr)
    seconds = time.perf_counter() - began
    where = ", ".join(f"{count} in {name}" for name, count in sorted(stages.items()))
    print(
        f"{killed} kills ({where}), {number} runs taken to their end, {len(faults)} differ, {seconds:.0f} s"
    )
    print("\n".join(faults))
    return len(faults)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    return 1 if measure(chosen.kills, chosen.seed) else 0


if __name__ == "__main__":
    raise SystemExit(main())
