"""Runs as processes: workers, kills, interrupts, names that are no text."""

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tcmoa_bench.reports.summary import load_run
from tcmoa_bench.store import RunStore
from tests.commands import PROGRAM, RAMP, call, const, save
from tests.run.runs import COPY, THREE, run, scores


def test_names_are_text_all_the_way(pairs, tmp_path):
    """F10, F30: type guessing, LaTeX, URLs and HTML must leave names alone."""
    names = [
        "00123",
        "0123",
        "123",
        "NA",
        "nan",
        "1e5",
        "True",
        "inf",
        "50% #1?&é",
        "a b",
        "NaN-Infinity",
        "<b>'\"x",
    ]
    suite = pairs({name: (const(10 * i + 10),) * 2 for i, name in enumerate(names)})
    assert run(suite, tmp_path / "run", "--fusers", "average").code == 0
    assert set(pd.read_parquet(tmp_path / "run/scores.parquet")["pair"]) == set(names)
    shown = call("tables", tmp_path / "run", "--format", "json")
    assert shown.code == 0
    rows = tmp_path / "jobs.csv"
    rows.write_text(
        "a,b,fused\n"
        + "".join(f'"A/{n}.png","B/{n}.png","A/{n}.png"\n'.replace("'\"x", '\'""x') for n in names),
        "utf-8",
    )
    scored = call("score", "--jobs", rows, "--metrics", "EN@tang2023", "--format", "json")
    assert scored.code == 0, scored.err
    assert [row["fused"] for row in json.loads(scored.out)] == [f"A/{name}.png" for name in names]


def test_a_name_that_is_no_text_does_not_end_the_run(pairs, tmp_path):
    """F11: in a real process, with the streams that a user has."""
    suite = pairs({"01": (RAMP, RAMP)})
    for folder in (b"A", b"B"):
        shutil.copyfile(tmp_path / "A/01.png", os.fsencode(tmp_path) + b"/" + folder + b"/\xff02.png")
    for command in (
        ["run", "--suite", suite, "--fusers", "average", "--out", tmp_path / "run"],
        ["tables", tmp_path / "run"],
    ):
        done = subprocess.run(
            [*PROGRAM, *map(str, command)],
            capture_output=True,
            check=False,
            env=os.environ | {"PYTHONUTF8": "1"},
        )
        assert done.returncode in (0, 1), done.stderr.decode()
        assert b"Traceback" not in done.stderr
    for file in ("manifest.json", "report.html", "scores.csv"):
        (tmp_path / "run" / file).read_text("utf-8")
    assert ("01", "average", "EN") in scores(tmp_path / "run")


@pytest.mark.skipif(sys.platform != "linux", reason="only here file names are any bytes")
def test_folders_and_arguments_that_are_no_text_do_not_end_the_run(pairs, tmp_path):
    """F11 beyond names of pairs: a run folder, an argument, a command."""
    suite = pairs({"p1": (RAMP, RAMP.T)})
    out = os.fsdecode(os.fsencode(tmp_path) + b"/\xffrun")
    command = os.fsdecode(b'X=sh -c \'cp "$0" "$1"\' {a} {out} \xff')
    arguments = ["run", "--suite", suite, "--out", out, "--fusers", "average", "--command", command]
    done = subprocess.run([*PROGRAM, *arguments], capture_output=True, check=False)
    assert (done.returncode, b"Traceback" in done.stderr) == (0, False), done.stderr
    for name in ("report.html", "manifest.json", "tables.md", "scores.csv"):
        (Path(out) / name).read_text("utf-8")
    assert len(pd.read_parquet(io.BytesIO((Path(out) / "scores.parquet").read_bytes()))) == 2
    assert "\\xffrun" in " ".join(json.loads((Path(out) / "manifest.json").read_text("utf-8"))["command"])
    assert call("tables", out).code == 0


def test_the_mean_is_over_pairs_whatever_the_workers(pairs, tmp_path):
    """F20."""
    suite = pairs({name: (const(100), const(100)) for name in ("p1", "p2")}, metrics='["PSNR@textbook"]')
    save(tmp_path / "X/p1.png", const(101))
    save(tmp_path / "X/p2.png", const(116))
    for jobs in (1, 2):
        assert (
            run(
                suite,
                tmp_path / f"run{jobs}",
                "--fused",
                f"X={tmp_path / 'X'}",
                "--fusers",
                "X",
                "--jobs",
                jobs,
            ).code
            == 0
        )
    one, two = scores(tmp_path / "run1"), scores(tmp_path / "run2")
    assert one == two
    assert one["p1", "X", "PSNR"] == pytest.approx(48.130804, abs=5e-7)
    assert one["p2", "X", "PSNR"] == pytest.approx(24.048404, abs=5e-7)
    table = json.loads(call("tables", tmp_path / "run1", "--format", "json").out)
    assert table["rows"][0]["cells"]["PSNR ↑"]["value"] == pytest.approx(36.089604, abs=5e-7)


def test_a_killed_worker_costs_one_cell(pairs, tmp_path, monkeypatch):
    """F25: nine cells done, one failure row, no hang; then only that one is tried."""
    (tmp_path / "deadly.py").write_text(
        "import os, signal\n"
        "def fuse(a, b, pair):\n"
        "    with open(os.environ['CALLS'], 'a') as f: f.write(pair.name + '\\n')\n"
        "    if pair.name == 'p3': os.kill(os.getpid(), signal.SIGKILL)\n"
        "    return a\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CALLS", str(tmp_path / "calls.log"))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    suite = pairs({f"p{i}": (RAMP, RAMP.T.copy()) for i in range(1, 6)})
    command = [
        "run",
        "--suite",
        str(suite),
        "--out",
        "run",
        "--no-report",
        "--fusers",
        "average,deadly:fuse",
        "--jobs",
        "2",
    ]
    done = subprocess.run([*PROGRAM, *command], capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 1, done.stderr
    with RunStore.open(tmp_path / "run") as store:
        cells = store.cells()
    assert (cells["status"] == "done").sum() == 9
    (failed,) = cells[cells["status"] == "failed"].itertuples()
    assert (failed.pair, failed.fuser) == ("p3", "deadly:fuse")
    assert "killed" in failed.message
    (tmp_path / "calls.log").unlink()
    again = subprocess.run([*PROGRAM, *command], capture_output=True, text=True, check=False, timeout=240)
    assert again.returncode == 1
    assert set((tmp_path / "calls.log").read_text().split()) == {"p3"}
    assert "9 cached" in again.stderr


def test_a_kill_midway_loses_no_finished_cell(pairs, tmp_path, copier):
    """SIGKILL, then again: the same scores to the bit, nothing computed twice."""
    (tmp_path / "copier.py").write_text(
        "import time\ntime.sleep(0.3)\n" + (tmp_path / "copier.py").read_text()
    )
    suite = pairs({f"p{i}": (np.roll(RAMP, i), RAMP.T.copy()) for i in range(8)}, metrics='["tang2023"]')
    command = [
        *PROGRAM,
        "run",
        "--suite",
        str(suite),
        "--out",
        "run",
        "--command",
        COPY,
        "--fusers",
        "CALLED",
    ]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    log = tmp_path / "calls.log"
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (log.exists() and len(log.read_text().splitlines()) >= 3):
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with RunStore.create(
        tmp_path / "run"
    ) as store:  # a rollback journal may be left; opening for writing plays it back
        kept = len(store.stored_cells())
    assert 1 <= kept < 8
    calls = copier()
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    # At most the cell in flight is fused again.
    assert copier() - calls in (8 - kept, 8 - kept - 1)
    run(suite, "whole", "--command", COPY, "--fusers", "CALLED")
    one, two = scores(tmp_path / "run"), scores(tmp_path / "whole")
    assert {k: np.float64(v).tobytes() for k, v in one.items()} == {
        k: np.float64(v).tobytes() for k, v in two.items()
    }


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_ends_cleanly_and_says_how_to_go_on(pairs, tmp_path, copier, ending, jobs):
    (tmp_path / "copier.py").write_text(
        "import time\ntime.sleep(0.5)\n" + (tmp_path / "copier.py").read_text()
    )
    suite = pairs({f"p{i}": (RAMP, RAMP.T.copy()) for i in range(8)})
    command = [
        *PROGRAM,
        "run",
        "--suite",
        str(suite),
        "--out",
        "run",
        "--command",
        COPY,
        "--fusers",
        "CALLED",
        "--jobs",
        jobs,
    ]
    process = subprocess.Popen(
        command,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        # A shell in the background starts its children with the interrupt ignored; a user's terminal does not.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (tmp_path / "calls.log").exists():
        time.sleep(0.05)
    process.send_signal(ending)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "The same command goes on from there" in err
    assert "Traceback" not in err
    assert not (tmp_path / "run" / ".lock").exists()
    half = load_run(Path("run"))
    assert len(half.cells) + half.missing == 8
    assert half.missing > 0
    calls = (tmp_path / "calls.log").read_text()
    time.sleep(1.5)
    assert (tmp_path / "calls.log").read_text() == calls, "a worker went on"
    assert run(suite, "run", "--command", COPY, "--fusers", "CALLED").code == 0
    assert load_run(Path("run")).missing == 0


def test_what_a_killed_start_left_half_written_is_swept(pairs, tmp_path):
    suite = pairs(THREE)
    run(suite, tmp_path / "run", "--fusers", "average")
    leftovers = [tmp_path / "run" / ".writing-abc.json", tmp_path / "run/fused/average/pairs/.writing-x.png"]
    for file in leftovers:
        file.write_bytes(b"half")
    (tmp_path / "run" / ".lock").write_text("")
    assert run(suite, tmp_path / "run", "--fusers", "average").code == 0
    assert not any(file.exists() for file in leftovers)
    assert not (tmp_path / "run" / ".lock").exists()


@pytest.mark.parametrize("out", ["file", "file/run", "loop", "x" * 300])
def test_a_place_that_cannot_be_written_is_named(pairs, tmp_path, monkeypatch, out):
    monkeypatch.chdir(tmp_path)
    suite = pairs({"p1": (RAMP, RAMP.T)})
    Path("file").write_text("x")
    os.symlink("loop", "loop")
    result = run(suite, out, "--fusers", "average")
    assert (result.code, result.err.startswith(f"error: {out}")) == (2, True), result.err
    run(suite, "run", "--fusers", "average")
    for command in (
        ("tables", "run"), ("stats", "run"), ("compare", "run", "run"), ("baseline", "save", "run"), ("report", "run"),
        ("score", "A/p1.png", "B/p1.png", "A/p1.png"),
        ("fuse", "A/p1.png", "B/p1.png", "--fuser", "average", "--task", "vif"),
    ):  # fmt: skip
        result = call(*command, "-o", "file/new/x.png")
        assert (result.code, result.err.startswith("error: file/new")) == (2, True), (command, result.err)


def test_two_runs_in_one_folder_take_turns(pairs, tmp_path):
    from filelock import FileLock

    suite = pairs(THREE)
    (tmp_path / "run").mkdir()
    with FileLock(tmp_path / "run/.lock"):
        result = run(suite, tmp_path / "run", "--fusers", "average")
    assert (result.code, "another run is at work" in result.err) == (2, True)


def test_the_embedded_sample_runs_with_nothing(tmp_path, monkeypatch):
    monkeypatch.delenv("TCMOA_BENCH_DATA", raising=False)
    result = call(
        "run",
        "--suite",
        "vif",
        "--fusers",
        "average,lp",
        "--limit",
        1,
        "--metrics",
        "EN@textbook",
        "--out",
        tmp_path / "run",
    )
    assert result.code == 0, result.err
    assert "EMBEDDED SAMPLE" in result.err
    assert "[EMBEDDED SAMPLE]" in result.out
    assert (tmp_path / "run/report.html").is_file()


def test_the_sum_tells_this_start_from_what_the_folder_holds(pairs, tmp_path):
    suite = pairs(THREE, extra='fusers = ["average", "maximum"]')
    whole = run(suite, tmp_path / "out")
    assert "6 cells computed, 0 cached, 0 failed\n" in whole.out
    part = run(suite, tmp_path / "out", "--limit", "1")
    expected = (
        "0 cells computed, 2 cached, 0 failed in this start; the tables also show 4 cells of earlier starts\n"
    )
    assert expected in part.out
