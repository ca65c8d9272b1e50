"""A cell whose process dies or hangs, whoever's code does it: it fails with the cause, the run goes on."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import tcmoa_bench as tb
from tcmoa_bench.processes import ending
from tcmoa_bench.store import RunStore
from tests.commands import PROGRAM, RAMP, const
from tests.run.runs import planted, run, scores

#: A metric that runs where cells are worked on, and does what the fused image's first level says.
RUDE = """
import os, signal, time
from tcmoa_bench.metrics import Convention
RUDE = Convention("rude", "ends its process", settings={"gray": "bt601-round"})
def rude(a, b, fused):
    what = int(fused.levels[0, 0])
    if what == 1: os._exit(3)
    if what == 2: os.kill(os.getpid(), signal.SIGSEGV)
    if what == 3: os.kill(os.getpid(), signal.SIGKILL)
    if what == 4: time.sleep(100)
    return float(what)
RUDE.define("Rude", rude, higher_is_better=True, meaning="None.")
"""
CAUSES = {
    "exits": "the worker process ended the program (exit code 3) while computing Rude@rude",
    "crashes": "the worker process was killed by SIGSEGV (a crash in native code) while computing Rude@rude",
    "is_killed": "the worker process was killed by SIGKILL (out of memory, or ended by somebody) while computing",
    "hangs": "took longer than 2 s computing Rude@rude and was ended",
}
PAIRS = {
    **{name: (const(level), const(level)) for level, name in enumerate(CAUSES, 1)},
    **{f"p{i}": (const(i), const(i)) for i in range(10, 14)},
}


def cells_of(folder):
    with RunStore.open(folder) as store:
        return store.cells().set_index("pair")


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_metric_that_ends_or_stops_its_process_costs_its_cell(pairs, tmp_path, monkeypatch, jobs):
    monkeypatch.chdir(tmp_path)
    Path("rude.py").write_text(RUDE)
    suite = pairs(PAIRS, metrics='["EN@textbook"]')
    result = run(
        suite, "run", "--fusers", "average", "--metrics", "rude:RUDE,EN@textbook", "--jobs", jobs, "--timeout", "2"
    )  # fmt: skip
    assert result.code == 1, result.err
    cells = cells_of(Path("run"))
    failed = cells[cells["status"] == "failed"]
    assert set(failed.index) == set(CAUSES)
    for name, cause in CAUSES.items():
        assert failed.loc[name, "message"].startswith(cause)
        assert failed.loc[name, "stage"] == "score"
    assert {key: value for key, value in scores(Path("run")).items() if key[2] == "Rude"} == {
        (f"p{i}", "average", "Rude"): float(i) for i in range(10, 14)
    }
    assert "4 cells computed, 0 cached, 4 failed" in result.out


def test_a_fuser_and_a_reader_that_end_their_process_cost_their_cells(pairs, tmp_path, monkeypatch):
    planted(
        tmp_path,
        monkeypatch,
        "    import os, time\n"
        "    import tcmoa_bench.run.cells as cells\n"
        "    fuse, sources = cells._fuse, cells._sources\n"
        "    def deadly(cell, found):\n"
        "        if cell.pair.name == 'p1': os._exit(0)\n"
        "        if cell.pair.name == 'p2': time.sleep(100)\n"
        "        return fuse(cell, found)\n"
        "    def unreadable(pair):\n"
        "        if pair.name == 'p3': os.abort()\n"
        "        return sources(pair)\n"
        "    cells._fuse, cells._sources = deadly, unreadable\n",
    )
    suite = pairs({f"p{i}": (RAMP, RAMP.T.copy()) for i in range(5)})
    result = run(suite, tmp_path / "run", "--fusers", "average", "--timeout", "1")
    cells = cells_of(tmp_path / "run")
    assert result.code == 1
    assert dict(cells["stage"].where(cells["status"] == "failed", "")) == {
        **{"p0": "", "p1": "fuse", "p2": "fuse", "p3": "load", "p4": ""}
    }
    assert "ended the program (exit code 0) while fusing" in cells.loc["p1", "message"]
    assert "took longer than 1 s fusing and was ended" in cells.loc["p2", "message"]
    assert "killed by SIGABRT (native code gave up) while reading the pair" in cells.loc["p3", "message"]


def test_two_cells_that_need_the_memory_for_themselves_are_done_one_after_the_other(
    pairs, tmp_path, monkeypatch
):
    """What is killed beside others is tried again with nothing beside it."""
    planted(
        tmp_path,
        monkeypatch,
        "    import os, signal, time\n"
        "    import tcmoa_bench.run.cells as cells\n"
        f"    place = {str(tmp_path / 'at-work')!r}\n"
        "    fuse = cells._fuse\n"
        "    def greedy(cell, found):\n"
        "        try:\n"
        "            os.mkdir(place)\n"
        "        except FileExistsError:\n"
        "            os.kill(os.getpid(), signal.SIGKILL)\n"
        "        time.sleep(2)\n"
        "        os.rmdir(place)\n"
        "        return fuse(cell, found)\n"
        "    cells._fuse = greedy\n",
    )
    suite = pairs({f"p{i}": (RAMP, RAMP.T.copy()) for i in range(3)})
    result = run(suite, tmp_path / "run", "--fusers", "average", "--jobs", 2)
    assert (result.code, "3 cells computed" in result.out) == (0, True), result.err


def test_a_network_that_ends_the_process_that_loads_it_is_said(pairs, tmp_path, monkeypatch):
    planted(
        tmp_path,
        monkeypatch,
        "    import os\n"
        "    import tcmoa_bench.run.cells as cells\n"
        "    cells.make_fuser = lambda spec: os._exit(9)\n"
        "    import tcmoa_bench.run.workers as workers\n"
        "    workers.make_fuser = cells.make_fuser\n",
    )
    suite = pairs({"p1": (RAMP, RAMP.T.copy())})
    result = run(suite, tmp_path / "run", "--fusers", "tcmoa-tiny")
    assert (result.code, result.err) == (
        2,
        "error: tcmoa-tiny: the process that made it ended the program (exit code 9)\n",
    )


def test_a_worker_serves_the_next_run_and_knows_nothing_of_the_last(pairs, tmp_path):
    from tcmoa_bench.run import workers

    suite = pairs({"p1": (const(10), const(20))}, metrics='["SD@textbook", "AG@textbook"]')
    options = {"fusers": ["average"], "progress": False, "report": False}
    tb.run(suite, out=tmp_path / "one", **options)
    (worker,) = workers._kept
    pid = worker._process._child.pid
    (tmp_path / "A/p1.png").write_bytes((tmp_path / "B/p1.png").read_bytes())
    tb.run(suite, out=tmp_path / "two", **options, metrics=["PSNR@textbook"])
    assert workers._kept[0]._process._child.pid == pid
    # The sources are one picture now; the sources of before would give 34 dB.
    assert np.isnan(scores(tmp_path / "two")["p1", "average", "PSNR"])


def test_a_script_without_a_guard_may_ask_for_workers(pairs, tmp_path):
    suite = pairs({f"p{i}": (RAMP, RAMP.T.copy()) for i in range(2)})
    (tmp_path / "script.py").write_text(
        "import tcmoa_bench as tb\n"
        f"found = tb.run({str(suite)!r}, fusers=['average'], jobs=2, progress=False, report=False)\n"
        "print(len(found.cells))\n"
    )
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )
    assert (done.stdout, done.stderr) == ("2\n", "")


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_a_killed_run_leaves_no_worker(pairs, tmp_path, monkeypatch):
    planted(
        tmp_path,
        monkeypatch,
        "    import os, time\n"
        "    import tcmoa_bench.run.cells as cells\n"
        "    def endless(cell, found):\n"
        f"        open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
        "        time.sleep(100)\n"
        "    cells._fuse = endless\n",
    )
    suite = pairs({"p1": (RAMP, RAMP.T.copy())})
    process = subprocess.Popen(
        [*PROGRAM, "run", "--suite", str(suite), "--out", "run", "--fusers", "average"],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (
        (tmp_path / "pid").exists() and (tmp_path / "pid").read_text()
    ):
        time.sleep(0.05)
    worker = int((tmp_path / "pid").read_text())
    process.send_signal(signal.SIGKILL)
    process.wait()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and Path(f"/proc/{worker}").exists():
        time.sleep(0.05)
    assert not Path(f"/proc/{worker}").exists()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (0, "ended the program (exit code 0)"),
        (-9, "was killed by SIGKILL (out of memory, or ended by somebody)"),
        (-15, "was killed by SIGTERM"),
        (-99, "was killed by signal 99"),
    ],
)
def test_an_end_in_words(code, words):
    assert ending(code) == words
