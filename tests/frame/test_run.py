"""The runner: resumption, failures, identities, and what a run leaves behind."""

import contextlib
import io
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tcmoa_bench.store import RunStore
from tests.frame.conftest import PROGRAM, RAMP, call, const, save

THREE = {f"p{i}": (const(100), const(100)) for i in (1, 2, 3)}


def scores(folder):
    with RunStore.open(folder) as store:
        frame = store.scores()
    return {(r.pair, r.fuser, r.metric): r.value for r in frame.itertuples()}


def run(suite, out, *args):
    """A run without its page, which costs more than all the rest of a small one."""
    return call("run", "--suite", suite, "--out", out, "--no-report", *args)


def test_pairs_are_made_by_name(pairs, tmp_path):
    """F07: unpadded names, one missing on each side."""
    images = {str(i): (const(20 * i), const(20 * i)) for i in range(1, 12)}
    suite = pairs(images)
    (tmp_path / "B/5.png").unlink()
    save(tmp_path / "B/12.png", const(240))
    result = run(suite, tmp_path / "run", "--fusers", "average")
    assert result.code == 0, result.err
    from tcmoa_bench.images import read_image

    with RunStore.open(tmp_path / "run") as store:
        cells = store.cells()
    assert list(cells["pair"]) == ["1", "2", "3", "4", "6", "7", "8", "9", "10", "11"]
    for row in cells.itertuples():
        assert (read_image(tmp_path / "run" / row.fused) == 20 * int(row.pair)).all()


def test_sizes_that_differ_are_failures(pairs, tmp_path):
    """F09: nothing is resized; the run scores what it can."""
    suite = pairs(
        {
            "p1": (const(100, (48, 64)),) * 2,
            "p2": (const(1, (48, 64)), const(1, (48, 63))),
            "p3": (const(1, (48, 64)),) * 2,
        }
    )
    for name, shape in (("p1", (48, 64)), ("p2", (48, 64)), ("p3", (24, 32))):
        save(tmp_path / f"X/{name}.png", const(100, shape))
    result = run(suite, tmp_path / "run", "--fused", f"X={tmp_path / 'X'}", "--fusers", "X")
    assert result.code == 1
    with RunStore.open(tmp_path / "run") as store:
        messages = store.cells().set_index("pair")["message"]
    assert messages["p1"] == ""
    assert "48x64" in messages["p2"]
    assert "48x63" in messages["p2"]
    assert "24x32" in messages["p3"]
    assert "48x64" in messages["p3"]


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


def test_float_results_are_rounded_and_nan_is_a_failure(pairs, tmp_path, monkeypatch):
    """F13: the stored file is what is scored."""
    (tmp_path / "floats.py").write_text(
        textwrap.dedent("""
        import numpy as np
        ROW = np.tile([-3, 0, 127.4, 127.6, 254.6, 255.4, 300.0], 10)
        def wide(a, b):
            return np.repeat(ROW[None], 64, 0)
        def broken(a, b):
            image = wide(a, b); image[0, 0] = np.nan
            return image
        """)
    )
    monkeypatch.chdir(tmp_path)
    shape = (64, 70)
    suite = pairs({"p1": (const(100, shape), const(100, shape))}, metrics='["textbook"]')
    result = run(suite, tmp_path / "run", "--fusers", "floats:wide,floats:broken,average")
    assert result.code == 1
    with RunStore.open(tmp_path / "run") as store:
        cells = store.cells().set_index("fuser")
    assert "not finite" in cells.loc["floats:broken", "message"]
    from tcmoa_bench.images import read_image

    stored = tmp_path / "run" / cells.loc["floats:wide", "fused"]
    assert list(read_image(stored)[0, :7]) == [0, 0, 127, 128, 255, 255, 255]
    assert (read_image(tmp_path / "run" / cells.loc["average", "fused"]) == 100).all()
    again = call(
        "score",
        tmp_path / "A/p1.png",
        tmp_path / "B/p1.png",
        stored,
        "--convention",
        "textbook",
        "--format",
        "json",
    )
    ran = scores(tmp_path / "run")
    for row in json.loads(again.out):
        assert row["value"] == ran["p1", "floats:wide", row["metric"]] or np.isnan(
            ran["p1", "floats:wide", row["metric"]]
        )


def test_a_plug_in_harms_nobody_but_itself(pairs, tmp_path, monkeypatch):
    """Its exit, its working folder and its floating-point errors are its own."""
    (tmp_path / "rude.py").write_text(
        "import os, sys\nimport numpy as np\n"
        "def leaves(a, b): sys.exit(0)\n"
        "def moves(a, b):\n    os.chdir('/'); np.seterr(all='raise'); return b\n"
        "def unit(a, b): return a / 255\n"
    )
    monkeypatch.chdir(tmp_path)
    suite = pairs({"p1": (RAMP, const(0))}, metrics='["textbook"]')
    result = run(suite, Path("run"), "--fusers", "rude:leaves,rude:moves,rude:unit,average")
    assert result.code == 1
    with RunStore.open(tmp_path / "run") as store:
        cells = store.cells().set_index("fuser")
    assert dict(cells["status"]) == {
        "rude:leaves": "failed", "rude:moves": "done", "rude:unit": "failed", "average": "done"
    }  # fmt: skip
    assert "ended the program (exit code 0)" in cells.loc["rude:leaves", "message"]
    assert "float64 from 0 to 0.988235" in cells.loc["rude:unit", "message"]
    assert (tmp_path / "run/manifest.json").is_file()


def test_degenerate_results_are_remarked(pairs, tmp_path):
    """F17."""
    suite = pairs({f"p{i}": (RAMP, RAMP.T.copy()) for i in range(3)})
    for i in range(3):
        save(tmp_path / f"X1/p{i}.png", const(0))
        save(tmp_path / f"X2/p{i}.png", RAMP)
        save(tmp_path / f"X3/p{i}.png", ((RAMP.astype(int) + RAMP.T) // 2).astype(np.uint8))
    given = [part for x in ("X1", "X2", "X3") for part in ("--fused", f"{x}={tmp_path / x}")]
    result = run(suite, tmp_path / "run", *given)
    assert "remark: X1: 3 of 3 fused images are constant" in result.out
    assert "remark: X2: 3 of 3 fused images equal source A" in result.out
    assert "X3:" not in result.out


def test_infinite_values_never_reach_json(pairs, tmp_path):
    """F19: a null with its reason, the same spelling everywhere."""
    suite = pairs({"NaN-Infinity": (RAMP, RAMP)}, metrics='["PSNR@textbook"]')
    save(tmp_path / "X/NaN-Infinity.png", RAMP)
    assert (
        run(
            suite, tmp_path / "run", "--fused", f"NaN-Infinity={tmp_path / 'X'}", "--fusers", "NaN-Infinity"
        ).code
        == 0
    )

    def refuse(name):
        raise AssertionError(f"bare {name} in JSON")

    json.loads((tmp_path / "run/manifest.json").read_text(), parse_constant=refuse)
    (row,) = json.loads(
        call(
            "score", *[tmp_path / "A/NaN-Infinity.png"] * 3, "--metrics", "PSNR@textbook", "--format", "json"
        ).out,
        parse_constant=refuse,
    )
    assert row["value"] is None
    assert row["reason"]
    assert ",NaN-Infinity,NaN-Infinity,PSNR,textbook,n/a," in (tmp_path / "run/scores.csv").read_text()
    assert "n/a" in (tmp_path / "run/tables.md").read_text()


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


def test_other_pixels_under_the_same_name_and_time(pairs, tmp_path):
    """F24."""
    suite = pairs(
        {"p1": (const(100), const(100)), "p2": (const(100), const(100))}, metrics='["PSNR@textbook"]'
    )
    file = save(tmp_path / "X/p1.png", const(101))
    save(tmp_path / "X/p2.png", const(101))
    args = ("--fused", f"X={tmp_path / 'X'}", "--fusers", "X")
    run(suite, tmp_path / "run", *args)
    before = file.stat()
    save(file, const(116))
    file.write_bytes(file.read_bytes().ljust(before.st_size, b"\0"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    result = run(suite, tmp_path / "run", *args)
    assert scores(tmp_path / "run")["p1", "X", "PSNR"] == pytest.approx(24.048404, abs=5e-7)
    assert "1 to do, 1 of them because inputs or method changed" in result.err
    assert "1 cells computed, 1 cached" in result.out


@pytest.mark.slow
def test_another_ground_truth_makes_other_scores(tmp_path):
    """F24 for the third file of a pair; nothing is fused again."""
    for name, image in (("a", RAMP), ("b", RAMP.T), ("r", RAMP), ("s", const(9))):
        save(tmp_path / f"{name}.png", image)
    (tmp_path / "p.csv").write_text("a,b,reference\na.png,b.png,r.png\n")
    (tmp_path / "s.toml").write_text(
        'name = "m"\nmetrics = ["GMSD_ref@piq", "EN@vifb"]\n[[datasets]]\nname = "pairs"\ncsv = "p.csv"\n'
    )
    args = (tmp_path / "s.toml", tmp_path / "run", "--fusers", "average,maximum")
    run(*args)
    before = scores(tmp_path / "run")
    assert "2 cached" in run(*args).out
    shutil.copy(tmp_path / "s.png", tmp_path / "r.png")
    again = run(*args[:3], "average")
    assert "1 cells computed, 0 cached" in again.out, again.err
    after = scores(tmp_path / "run")
    assert after["a", "average", "GMSD_ref"] != before["a", "average", "GMSD_ref"]
    assert after["a", "average", "EN"] == before["a", "average", "EN"]
    assert ("a", "maximum", "GMSD_ref") not in after, "the other fuser's score is of the former ground truth"
    with RunStore.open(tmp_path / "run") as store:
        assert store.cells()["fuse_seconds"].notna().all()
    assert "1 cells computed, 1 cached" in run(*args).out


def test_values_of_other_pixels_stand_in_no_table(pairs, tmp_path):
    """A fuser that is left out of the second start has no values of the new files."""
    suite = pairs({"p1": (const(100), const(100)), "p2": (RAMP, RAMP.T)})
    run(suite, tmp_path / "run", "--fusers", "average,maximum")
    save(tmp_path / "A/p1.png", const(7))
    again = run(suite, tmp_path / "run", "--fusers", "average")
    assert (again.code, "1 cells computed, 1 cached" in again.out) == (0, True), again.err
    assert "from earlier starts: the fusers maximum" in again.err
    assert set(scores(tmp_path / "run")) == {
        ("p1", "average", "EN"),
        ("p2", "average", "EN"),
        ("p2", "maximum", "EN"),
    }
    assert "(1/2)" in again.out
    (tmp_path / "A/p1.png").unlink()
    fewer = run(suite, tmp_path / "run", "--fusers", "average,maximum")
    assert (fewer.code, "from earlier starts: 1 further pairs" in fewer.err) == (0, True), fewer.err
    save(tmp_path / "A/p1.png", const(7))
    whole = run(suite, tmp_path / "run", "--fusers", "average,maximum")
    assert (whole.code, "1 cells computed, 3 cached" in whole.out) == (0, True), whole.err
    assert len(scores(tmp_path / "run")) == 4


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


COPY = f"CALLED={sys.executable} copier.py {{a}} {{out}}"


@pytest.fixture
def copier(tmp_path, monkeypatch):
    """A command that copies A and logs its calls."""
    (tmp_path / "copier.py").write_text(
        "import shutil, sys\nshutil.copyfile(sys.argv[1], sys.argv[2])\nopen('calls.log', 'a').write('call\\n')\n"
    )
    monkeypatch.chdir(tmp_path)
    return lambda: len((tmp_path / "calls.log").read_text().splitlines())


def test_more_metrics_later_fuse_nothing_again(pairs, tmp_path, copier):
    """F26."""
    suite = pairs({f"p{i}": (RAMP, RAMP.T.copy()) for i in range(3)})
    args = ("--command", COPY, "--fusers", "CALLED")
    assert run(suite, "run", *args, "--metrics", "EN@tang2023").code == 0
    assert copier() == 3
    plan = run(suite, "run", *args, "--metrics", "EN@tang2023,SD@tang2023", "--dry-run")
    assert "3 to do (0 to fuse, 3 to score)" in plan.out
    assert run(suite, "run", *args, "--metrics", "EN@tang2023,SD@tang2023").code == 0
    assert copier() == 3
    assert len(scores(tmp_path / "run")) == 6


def test_a_run_killed_after_fusing_scores_what_is_on_disk(pairs, tmp_path, copier):
    suite = pairs({f"p{i}": (RAMP, RAMP.T.copy()) for i in range(3)})
    args = ("--command", COPY, "--fusers", "CALLED")
    run(suite, "run", *args)
    (tmp_path / "run/run.sqlite").unlink()
    assert run(suite, "run", *args).code == 0
    assert copier() == 3
    run(suite, "run", *args, "--overwrite", "always")
    assert copier() == 6


def test_an_altered_fused_image_is_made_anew(pairs, tmp_path, copier):
    suite = pairs({"p1": (RAMP, RAMP.T.copy())})
    args = ("--command", COPY, "--fusers", "CALLED")
    run(suite, "run", *args)
    (stored,) = (tmp_path / "run/fused").rglob("*.png")
    save(stored, const(7))
    run(suite, "run", *args, "--metrics", "EN@tang2023,SD@tang2023")
    assert copier() == 2
    assert scores(tmp_path / "run")["p1", "CALLED", "SD"] == pytest.approx(73.891813, abs=5e-7)


@pytest.mark.slow
@pytest.mark.parametrize("harm", ["cut", "replaced", "removed"])
def test_a_fused_image_that_is_no_longer_what_was_scored_is_made_anew(pairs, tmp_path, harm):
    suite = pairs({"p1": (RAMP, RAMP.T)})
    run(suite, tmp_path / "run", "--fusers", "average")
    (image,) = (tmp_path / "run/fused").rglob("*.png")
    good = image.read_bytes()
    if harm == "removed":
        image.unlink()
    else:
        image.write_bytes(good[:60] if harm == "cut" else (tmp_path / "A/p1.png").read_bytes())
    again = run(suite, tmp_path / "run", "--fusers", "average")
    assert (again.code, "1 cells computed, 0 cached" in again.out) == (0, True), again.err
    assert image.read_bytes() == good


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
        kept = len(store.cell_states())
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


def test_an_interrupt_ends_cleanly_and_says_how_to_go_on(pairs, tmp_path, copier):
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
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "The same command goes on from there" in err
    assert "Traceback" not in err
    assert run(suite, "run", "--command", COPY, "--fusers", "CALLED").code == 0


def test_the_store_is_one_file_and_reads_from_anywhere(pairs, tmp_path):
    """F27."""
    suite = pairs(THREE)
    run(suite, tmp_path / "run", "--fusers", "average")
    assert sorted(
        p.name for p in (tmp_path / "run").iterdir() if "sqlite" in p.name or p.name.startswith(".")
    ) == ["run.sqlite"]
    (tmp_path / "copy").mkdir()
    shutil.copyfile(tmp_path / "run/run.sqlite", tmp_path / "copy/run.sqlite")
    whole, copied = (call("tables", tmp_path / name, "--format", "md") for name in ("run", "copy"))
    assert whole.out == copied.out
    for path in [tmp_path / "run", *(tmp_path / "run").rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    assert call("tables", tmp_path / "run", "--format", "md").out == whole.out
    assert call("report", tmp_path / "run", "-o", tmp_path / "elsewhere").code == 0
    for path in [tmp_path / "run", *(tmp_path / "run").rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda file: file.write_bytes(b"no database" * 99), "file is not a database"),
        (lambda file: file.write_bytes(file.read_bytes()[:9000]), "malformed"),
        (lambda file: _sql(file, "DROP TABLE scores"), "no such table: scores"),
        (lambda file: _sql(file, "UPDATE meta SET value = '{'"), "Expecting property name"),
        (lambda file: _sql(file, "PRAGMA user_version = 99"), "later tcmoa-bench"),
    ],
)
def test_a_damaged_store_is_named_and_nothing_is_lost(pairs, tmp_path, harm, words):
    suite = pairs({"p1": (RAMP, RAMP.T)})
    run(suite, tmp_path / "run", "--fusers", "average")
    harm(tmp_path / "run/run.sqlite")
    for result in (run(suite, tmp_path / "run", "--fusers", "average"), call("tables", tmp_path / "run")):
        assert (result.code, words in result.err, "run.sqlite" in result.err) == (2, True, True), result.err
    (tmp_path / "run/run.sqlite").rename(tmp_path / "away")
    again = run(suite, tmp_path / "run", "--fusers", "average")
    assert (again.code, "1 cells computed" in again.out) == (0, True)
    with RunStore.open(tmp_path / "run") as store:
        assert store.cells()["fuse_seconds"].isna().all(), "the fused image was there"


def _sql(file, statement):
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        db.execute(statement)


def test_what_a_killed_transaction_left_is_never_read(pairs, tmp_path):
    """SQLite writes into the file before it commits; the journal beside it has what was there."""
    suite = pairs({f"p{i}": (RAMP, RAMP.T) for i in range(30)}, metrics='["vifb"]')
    run(suite, tmp_path / "run", "--fusers", "average")
    before = scores(tmp_path / "run")
    kill = (
        "import os, sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "for line in ('PRAGMA cache_size=2', 'BEGIN', 'UPDATE scores SET value=999'): db.execute(line)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", kill, tmp_path / "run/run.sqlite"], check=False)
    assert (tmp_path / "run/run.sqlite-journal").stat().st_size > 0
    assert scores(tmp_path / "run") == before


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


def test_identities_that_clash_are_refused(pairs, tmp_path):
    """F35."""
    suite = pairs(THREE)
    for name in ("X1", "X2"):
        for pair in THREE:
            save(tmp_path / name / f"{pair}.png", const(int(name[1])))
    x1, x2 = tmp_path / "X1", tmp_path / "X2"
    twice = run(suite, tmp_path / "run", "--fused", f"X={x1}", "--fused", f"X={x2}")
    assert (twice.code, "'X' is given twice" in twice.err) == (2, True)
    for label in ("average", "Average", "gff"):
        taken = run(suite, tmp_path / "run", "--fused", f"{label}={x1}")
        assert (taken.code, "built-in fuser" in taken.err) == (2, True)
    assert run(suite, tmp_path / "run", "--fusers", "average,average").code == 0
    other = tmp_path / "other.toml"
    other.write_text(suite.read_text().replace('"mine"', '"theirs"'))
    before = (tmp_path / "run/run.sqlite").read_bytes()
    mixed = run(other, tmp_path / "run", "--fusers", "average")
    assert mixed.code == 2
    assert "suite mine" in mixed.err
    assert "--out" in mixed.err
    assert (tmp_path / "run/run.sqlite").read_bytes() == before


def test_a_label_is_printable_text(pairs, tmp_path):
    suite = pairs({"p1": (RAMP, RAMP.T)})
    result = run(suite, tmp_path / "run", "--fused", f"a\nb={tmp_path / 'A'}")
    assert (result.code, "no printable text" in result.err) == (2, True)


def test_two_runs_in_one_folder_take_turns(pairs, tmp_path):
    from filelock import FileLock

    suite = pairs(THREE)
    (tmp_path / "run").mkdir()
    with FileLock(tmp_path / "run/.lock"):
        result = run(suite, tmp_path / "run", "--fusers", "average")
    assert (result.code, "another run is at work" in result.err) == (2, True)


def test_policies(pairs, tmp_path, copier):
    suite = pairs(THREE)
    args = ("--command", COPY, "--fusers", "CALLED")
    dry = run(suite, "run", *args, "--dry-run")
    assert dry.code == 0
    assert not (tmp_path / "run").exists()
    run(suite, "run", *args, "--limit", 2)
    assert copier() == 2
    run(suite, "run", *args, "--overwrite", "never")
    assert copier() == 3
    save(tmp_path / "A/p1.png", const(50))
    run(suite, "run", *args, "--overwrite", "never")
    assert copier() == 3
    run(suite, "run", *args)
    assert copier() == 4


def test_failures_alone_are_tried_again(pairs, tmp_path, copier):
    suite = pairs(THREE)
    good = (tmp_path / "copier.py").read_text()
    (tmp_path / "copier.py").write_text(good + "sys.exit(3)\n")
    args = ("--command", COPY, "--fusers", "CALLED,average")
    first = run(suite, "run", *args)
    assert (first.code, "3 failed" in first.out) == (1, True)
    assert "exit code 3" in first.err
    (tmp_path / "copier.py").write_text(good)
    second = run(suite, "run", *args)
    assert second.code == 0
    assert "3 cells computed, 3 cached, 0 failed" in second.out


def test_a_metric_that_is_too_large_for_the_images_is_null(pairs, tmp_path):
    suite = pairs({"p1": (const(100, (8, 8)), const(90, (8, 8)))}, metrics='["EN@tang2023", "SSIM@vifb"]')
    assert run(suite, tmp_path / "run", "--fusers", "average").code == 0
    with RunStore.open(tmp_path / "run") as store:
        reasons = store.scores().set_index("metric")["reason"]
    assert "at least" in reasons["SSIM"]


def test_a_suite_of_ones_own(pairs, tmp_path):
    pairs(THREE, extra='[fused]\nOLD = "results"\n[commands]\nTHEIRS = "true {a} {out}"\n')
    for pair in THREE:
        save(tmp_path / f"results/{pair}.png", const(1))
    result = run(tmp_path / "suite.toml", tmp_path / "run")
    assert result.code == 1
    with RunStore.open(tmp_path / "run") as store:
        cells = store.cells()
    assert set(cells.loc[cells["status"] == "done", "fuser"]) == {"OLD"}
    assert cells.loc[cells["fuser"] == "THEIRS", "message"].str.contains("wrote no image").all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("metrics", "metrix"), "unknown key 'metrix'; did you mean metrics"),
        (('"EN@tang2023"', '"EM@tang2023"'), "unknown tang2023 metric 'EM'"),
        (('"EN@tang2023"', '"EN"'), "whose EN?"),
        (('"pairs"', '"piars"'), "unknown dataset 'piars'"),
        (('a = "A"', 'a = "nowhere"'), "nowhere"),
        (("name =", "version = '1'\nname ="), "`version` is a whole number"),
        (("name =", "title = 3\nname ="), "`title` is text"),
        (("name =", "fused = 'X'\nname ="), "`fused` is a table of folders"),
        (("name =", "commands = {X = 3}\nname ="), "`commands` is a table of command lines"),
        (("name =", "sample = 3\nname ="), "`sample` is a list of names"),
        (("[[datasets]]", "[[datasets]]\nlabel = ''"), "its `label` is empty"),
        (("name =", "name ="), ""),
        (("name =", "\N{BYTE ORDER MARK}name ="), ""),
        (('"mine"', '"mine'), "no valid TOML"),
    ],
)
def test_bad_suites(pairs, tmp_path, change, words):
    suite = pairs(THREE)
    suite.write_text(suite.read_text().replace(*change, 1))
    result = run(suite, tmp_path / "run", "--fusers", "average")
    assert result.code == (2 if words else 0)
    assert words in result.err


def test_a_suite_named_like_a_path_stays_in_runs(pairs, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    suite = pairs(THREE)
    suite.write_text(suite.read_text().replace('"mine"', '"../mine"'))
    assert call("run", "--suite", suite, "--fusers", "average", "--no-report").code == 0
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["runs"]
    assert len(list((tmp_path / "here/runs").iterdir())) == 1


def test_unknown_names(pairs, tmp_path):
    suite = pairs(THREE)
    for args, words in (
        (("--fusers", "averege"), "did you mean average"),
        (("--fusers", "average:colour"), "module"),
        (("--metrics", "tang2024"), "did you mean tang202"),
        (("--fused", "X"), "does not read LABEL=DIR"),
        (("--fused", f"X={tmp_path}/none"), "no such folder"),
    ):
        result = run(suite, tmp_path / "run", *args)
        assert result.code == 2, (args, result.out)
        assert words in result.err, (args, result.err)
    assert "did you mean vif" in call("run", "--suite", "viff").err


def test_an_empty_dataset_is_no_success(pairs, tmp_path):
    """F08: nothing found is exit code 2, with what was looked for and where."""
    suite = pairs({})
    (tmp_path / "A").mkdir()
    (tmp_path / "B").mkdir()
    result = run(suite, tmp_path / "run", "--fusers", "average")
    assert result.code == 2
    assert "0 pairs" in result.err


def test_the_manifest_explains_the_run(pairs, tmp_path):
    suite = pairs(THREE)
    run(suite, tmp_path / "run", "--fusers", "average,lp")
    manifest = json.loads((tmp_path / "run/manifest.json").read_text())
    assert manifest["suite"]["name"] == "mine"
    assert manifest["signatures"]["EN@tang2023"].startswith("EN@tang2023|v1|")
    assert manifest["fusers"]["average"]["colour"] == "rgb"
    assert manifest["environment"]["libraries"]["numpy"]
    assert len(manifest["dataset_fingerprint"]) == 16
    assert manifest["command"]


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
