"""The command line as a user types it: score, jobs, help, names, streams."""

import json
import os
import shlex
import subprocess
import sys

import click
import numpy as np
import pytest

from tcmoa_bench.cli import cli
from tcmoa_bench.registry import unknown
from tests.frame.conftest import PROGRAM, RAMP, call, const, save

FORMS = ("L", "RGB", "RGBA")


@pytest.fixture
def ramp(tmp_path):
    return save(tmp_path / "ramp.png", RAMP)


def rows(result):
    assert result.code in (0, 1), result.err
    return json.loads(result.out, parse_constant=lambda name: pytest.fail(f"bare {name}"))


def test_help_answers_without_the_heavy_libraries():
    code = (
        "import sys\nfrom tcmoa_bench.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('torch', 'numpy', 'pandas', 'cv2', 'scipy', 'PIL') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert "Run a suite" in done.stdout


def test_metrics_tables_and_reports_work_where_torch_is_broken(tmp_path, ramp):
    (tmp_path / "broken/torch").mkdir(parents=True)
    (tmp_path / "broken/torch/__init__.py").write_text(
        "raise RuntimeError('operator torchvision::nms does not exist')"
    )
    environment = os.environ | {"PYTHONPATH": str(tmp_path / "broken")}

    def run(*args):
        return subprocess.run(
            [*PROGRAM, *map(str, args)], capture_output=True, text=True, check=False, env=environment
        )

    scored = run(
        "score", ramp, ramp, ramp, "--metrics", "EN@tang2022,SSIM@vifb,FMI_dct@fmi", "--format", "json"
    )
    assert scored.returncode == 0, scored.stderr
    ran = run(
        "run",
        "--suite",
        "mef",
        "--limit",
        1,
        "--fusers",
        "average,lp",
        "--metrics",
        "EN@textbook",
        "--out",
        tmp_path / "r",
    )
    assert ran.returncode == 0, ran.stderr
    assert run("tables", tmp_path / "r").returncode == 0
    assert "BROKEN" in run("doctor").stdout
    (row,) = json.loads(run("score", ramp, ramp, ramp, "--metrics", "SSIM@piq", "--format", "json").stdout)
    assert row["value"] is None
    assert "torchvision::nms" in row["reason"]


def commands(group, *names):
    """Every command that does something, as the words that a user types."""
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        if isinstance(command, click.Group):
            yield from commands(command, *names, name)
        else:
            yield (*names, name)


@pytest.mark.parametrize("command", list(commands(cli)), ids=" ".join)
def test_every_command_explains_itself_with_an_example(command):
    result = call(*command, "--help")
    assert result.code == 0
    assert "\\b" not in result.out
    examples = [line for line in result.out.splitlines() if line.startswith("    tcmoa-bench ")]
    assert any(line.split()[1 : 1 + len(command)] == list(command) for line in examples), result.out
    assert all(line.count("tcmoa-bench ") == 1 for line in examples)


def test_unknown_commands_and_options():
    for args, words in (
        (["scroe"], "Did you mean score"),
        (["run"], "--suite"),
        (["score"], "A B FUSED"),
        (["ls", "metrix"], "metrics"),
    ):
        result = call(*args)
        assert (result.code, words in result.err) == (2, True), result.err


def test_a_score_carries_its_definition(ramp):
    (row,) = rows(
        call("score", ramp, ramp, ramp, "--metrics", "Variance", "--convention", "vifb", "--format", "json")
    )
    assert (row["metric"], row["convention"], row["reference_name"]) == ("SD", "vifb", "Variance")
    assert row["value"] == pytest.approx(73.89181280764467)
    assert row["signature"].startswith("SD@vifb|v1|")
    assert row["higher_is_better"] is True
    assert {"a", "b", "fused"} <= row.keys()


def test_one_picture_in_every_form_gives_one_answer(tmp_path):
    """F23: 27 combinations, to the bit."""
    from PIL import Image

    for form in FORMS:
        Image.fromarray(RAMP).convert(form).save(tmp_path / f"{form}.png")
    jobs = tmp_path / "jobs.csv"
    jobs.write_text(
        "a,b,fused\n" + "".join(f"{a}.png,{b}.png,{f}.png\n" for a in FORMS for b in FORMS for f in FORMS)
    )
    found = rows(call("score", "--jobs", jobs, "--metrics", "tang2022,tang2023,textbook", "--format", "json"))
    by_metric = {}
    for row in found:
        by_metric.setdefault(f"{row['metric']}@{row['convention']}", set()).add((row["value"], row["reason"]))
    assert {name: len(values) for name, values in by_metric.items() if len(values) > 1} == {}
    assert by_metric["EN@tang2023"] == {(6.0, None)}
    assert by_metric["SF@tang2023"] == {(4.0, None)}


@pytest.mark.parametrize(
    "convention", ["textbook", "tang2022", "tang2023", "vifb", "mefb", "liu", "mfif", "fmi"]
)
def test_black_on_black(tmp_path, convention, recwarn):
    """F18: a number, or null with a reason; no minus before a zero, no warning."""
    black = save(tmp_path / "black.png", const(0))
    found = {
        row["metric"]: row
        for row in rows(call("score", black, black, black, "--convention", convention, "--format", "json"))
    }
    for row in found.values():
        assert row["value"] is not None or row["reason"]
    for name in ("EN", "SD", "SF"):
        if name in found:
            assert str(found[name]["value"]) == "0.0"
    assert [str(w.message) for w in recwarn.list if issubclass(w.category, RuntimeWarning)] == []


def test_eight_bit_arithmetic_does_not_wrap(tmp_path):
    """F21."""
    bright, dark = save(tmp_path / "bright.png", const(250)), save(tmp_path / "dark.png", const(10))
    found = rows(
        call(
            "score",
            bright,
            bright,
            dark,
            "--metrics",
            "PSNR,MSE",
            "--convention",
            "textbook",
            "--format",
            "json",
        )
    )
    assert found[0]["value"] == pytest.approx(0.526579, abs=5e-7)
    assert found[1]["value"] == 57600.0


def test_sizes_that_differ_are_named_with_their_files(tmp_path):
    a, b = save(tmp_path / "a.png", const(1, (48, 64))), save(tmp_path / "b.png", const(1, (48, 63)))
    result = call("score", a, b, a)
    assert result.code == 2
    for words in ("a.png is 48x64", "b.png is 48x63", "height x width"):
        assert words in result.err
    small = save(tmp_path / "f.png", const(1, (24, 32)))
    result = call("score", a, a, small)
    assert (result.code, "f.png is 24x32" in result.err) == (2, True)


def test_one_bad_line_costs_one_line(tmp_path):
    """F34."""
    for value in (100, 101, 116):
        save(tmp_path / f"{value}.png", const(value))
    (tmp_path / "empty.png").write_bytes(b"")
    jobs = tmp_path / "jobs.csv"
    jobs.write_text(
        "a,b,fused\n" + "".join(f"100.png,100.png,{f}.png\n" for f in ("101", "missing", "empty", "116"))
    )
    result = call(
        "score", "--jobs", jobs, "--metrics", "PSNR", "--convention", "textbook", "--format", "json"
    )
    found = rows(result)
    assert result.code == 1
    assert [row["value"] and round(row["value"], 6) for row in found] == [48.130804, None, None, 24.048404]
    assert "missing.png" in found[1]["reason"]
    assert "empty.png" in found[2]["reason"]
    backwards = tmp_path / "backwards.csv"
    lines = jobs.read_text().splitlines()
    backwards.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    again = rows(
        call(
            "score", "--jobs", backwards, "--metrics", "PSNR", "--convention", "textbook", "--format", "json"
        )
    )
    assert [row["value"] for row in again] == [row["value"] for row in reversed(found)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no column a and b and fused"),
        ("a,b,fused\n", "no rows"),
        ("a,b\n1,2\n", "has no column fused"),
        ("a;b;fused\n1;2;3\n", "has no column"),
        ("a,b,fused,a\n1,2,3,4\n", "names a column twice"),
        ('a,b,fused\n"1,2,3\n1,2,3\n', "double quote left open"),
        ("a,b,fused\n1,2," + "3" * 200_000, "no CSV after line 1"),
        ("a,b,fused,metrics\nx,x,x,SX@vifb\n", "line 2"),
    ],
)
def test_bad_job_lists(tmp_path, text, words):
    jobs = tmp_path / "jobs.csv"
    jobs.write_text(text)
    result = call("score", "--jobs", jobs)
    assert (result.code, words in result.err) == (2, True), result.err


def test_a_line_that_cannot_be_read_for_certain_costs_one_line(tmp_path, ramp):
    """A comma in a name that is not quoted would make another file of it."""
    save(tmp_path / "row.png", const(3, (1, 64)))
    jobs = tmp_path / "jobs.csv"
    lines = ("ramp.png,ramp.png,ramp.png,EN@vifb,odd.png", "ramp.png,ramp.png", "row.png,row.png,row.png")
    jobs.write_text("A, B, Fused, metrics\n" + "\n".join([*lines, "ramp.png,ramp.png,ramp.png,;"]) + "\n")
    result = call("score", "--jobs", jobs, "--metrics", "EN@vifb", "--format", "json")
    found = rows(result)
    assert (result.code, [row["value"] for row in found]) == (1, [None, None, None, 6.0])
    assert "jobs.csv, line 2: 5 cells for 4 columns" in found[0]["reason"]
    assert "jobs.csv, line 3: `fused` must name a file" in found[1]["reason"]
    assert "row.png, row.png: a is uint8 of shape (1, 64)" in found[2]["reason"]


def test_job_lists_may_have_a_byte_order_mark_and_metrics_of_their_own(tmp_path, ramp):
    jobs = tmp_path / "jobs.csv"
    jobs.write_bytes(
        b"\xef\xbb\xbf"
        + b"a,b,fused,metrics\nramp.png,ramp.png,ramp.png,EN@tang2022;SD@vifb\nramp.png,ramp.png,ramp.png,\n"
    )
    found = rows(call("score", "--jobs", jobs, "--metrics", "AG@vifb", "--format", "json"))
    assert [row["metric"] for row in found] == ["EN", "SD", "AG"]


def test_formats_agree(ramp, tmp_path):
    args = ("score", ramp, ramp, ramp, "--metrics", "EN@textbook,PSNR@textbook")
    (en, psnr) = rows(call(*args, "--format", "json"))
    lines = call(*args, "--format", "csv").out.splitlines()
    assert "6.0" in lines[1].split(",")
    assert "n/a" in lines[2]
    table = call(*args).out
    assert "6.000000" in table
    assert "n/a" in table
    assert en["value"] == 6.0
    assert psnr["value"] is None
    out = tmp_path / "out.json"
    assert call(*args, "--format", "json", "-o", out).code == 0
    assert json.loads(out.read_text()) == [en, psnr]


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8"])
def test_a_console_that_lacks_the_arrow(tmp_path, ramp, encoding):
    """F33: what a console cannot print is replaced; files are UTF-8 whatever it is."""
    environment = os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0", "LC_ALL": "C"}

    def run(*args):
        return subprocess.run([*PROGRAM, *map(str, args)], capture_output=True, check=False, env=environment)

    ran = run(
        "run",
        "--suite",
        "vif",
        "--limit",
        1,
        "--fusers",
        "average",
        "--metrics",
        "EN@textbook",
        "--out",
        tmp_path / "r",
        "--no-report",
    )
    assert ran.returncode == 0, ran.stderr
    for args in (
        ("tables", tmp_path / "r", "--format", "md"),
        ("ls", "metrics"),
        ("show", "SD"),
        ("--help",),
    ):
        done = run(*args)
        assert done.returncode == 0, done.stderr
        assert b"Traceback" not in done.stderr
    run("tables", tmp_path / "r", "--format", "md", "-o", tmp_path / "f.md")
    assert "EN ↑" in (tmp_path / "f.md").read_text("utf-8")
    arrow = {"utf-8": "↑"}.get(encoding, "^")
    assert f"EN {arrow}" in run("tables", tmp_path / "r").stdout.decode(encoding)


def test_the_reader_may_leave(tmp_path, ramp):
    """F32: a closed pipe is quiet, and its exit code is not the one of failed cells."""
    jobs = tmp_path / "jobs.csv"
    jobs.write_text("a,b,fused\n" + "ramp.png,ramp.png,ramp.png\n" * 200)
    program = " ".join(f"'{part}'" for part in PROGRAM)
    for command in ("ls metrics", f"score --jobs '{jobs}' --metrics EN@textbook --format json"):
        script = f"PYTHONUNBUFFERED=1 {program} {command} | head -1; echo ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
        first, code = done.stdout.splitlines()
        assert first
        assert code in ("0", "141")
        assert done.stderr == ""


def test_lists_and_show(ramp):
    assert "SD@tang2022" in call("ls", "metrics").out
    assert "mff" in call("ls", "suites").out
    assert "gff" in call("ls", "fusers").out
    assert "llvip" in call("ls", "datasets").out
    assert "textbook" in call("ls", "conventions").out
    shown = call("show", "SD")
    assert "SD@tang2022" in shown.out
    assert "SD@mfif" in shown.out
    side = call("show", "SD", "--on", ramp, ramp, ramp)
    assert "73.891813" in side.out
    assert "did you mean" in call("show", "Qabff").err.lower()


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_output_ends_nothing(tmp_path, ramp, closed):
    command = shlex.join(
        [*PROGRAM, "score", "ramp.png", "ramp.png", "ramp.png", "--metrics", "EN@vifb", "-o", "s.csv"]
    )
    done = subprocess.run(
        f"{command} {closed}", shell=True, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "EN@vifb  6.000000" in (tmp_path / "s.csv").read_text()


def test_lists_may_be_repeated(ramp):
    """click lets the last one win in silence."""
    result = call(
        "score", ramp, ramp, ramp, "--metrics", "EN@vifb", "--metrics", "SD@vifb,EN@vifb", "--format", "json"
    )
    assert [row["metric"] for row in rows(result)] == ["EN", "SD"]
    shown = call("show", "SD", "--convention", "vifb", "--convention", "mefb").out
    assert "SD@vifb" in shown
    assert "SD@mefb" in shown


@pytest.mark.parametrize("device", ["gpu", "cuda:77"])
def test_a_device_that_is_not_there_is_said(tmp_path, ramp, device):
    bad = call(
        "fuse",
        ramp,
        ramp,
        "-o",
        tmp_path / "f.png",
        "--fuser",
        "tcmoa-tiny",
        "--task",
        "vif",
        "--device",
        device,
    )
    assert (bad.code, "tcmoa-tiny cannot be made" in bad.err) == (2, True), bad.err


def test_hints_name_commands_that_exist():
    many = [f"name{i}" for i in range(50)]
    assert "see `tcmoa-bench ls metrics`" in str(unknown("metric", "x", many))
    assert str(unknown("pair", "x", many)).endswith("and 10 more")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full here")
def test_a_full_disk_behind_standard_output_is_said():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*PROGRAM, "ls", "suites"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 2
    assert done.stderr == "error: the output cannot be written: No space left on device\n"


def test_fuse_names_a_fuser_that_fails(tmp_path, ramp, monkeypatch):
    (tmp_path / "fails.py").write_text(
        "def fuse(a, b): raise RuntimeError('boom')\ndef cut(a, b): return a[:9]\n"
    )
    monkeypatch.chdir(tmp_path)
    for name, words in (("fuse", "fuse: RuntimeError: boom"), ("cut", "9x64 from 64x64")):
        bad = call("fuse", ramp, ramp, "-o", "f.png", "--fuser", f"fails:{name}", "--task", "vif")
        assert (bad.code, words in bad.err) == (2, True), bad.err


def test_a_grid_that_cannot_be_written_is_said(tmp_path, ramp):
    for args, words in ((("-o", tmp_path / "g.jpg"), "g.jpg: fused images are written losslessly"),
                        (("-o", tmp_path / "g.png", "--alpha", "nan"), "not finite")):  # fmt: skip
        bad = call("grid", ramp, ramp, "--task", "vif", "--alpha", "1", "--beta", "0", *args)
        assert (bad.code, words in bad.err) == (2, True), bad.err


def test_fuse_writes_what_a_run_would(tmp_path):
    from tcmoa_bench.images import read_image

    a = save(tmp_path / "a.png", const(100, (37, 53, 3)))
    b = save(tmp_path / "b.png", const(200, (37, 53)))
    done = call("fuse", a, b, "-o", tmp_path / "f.png", "--fuser", "average", "--task", "vif")
    assert done.code == 0, done.err
    fused = read_image(tmp_path / "f.png")
    assert fused.shape == (37, 53, 3)
    assert np.abs(fused.astype(int) - 150).max() <= 1
    for args, words in (
        (("--fuser", "averege"), "did you mean average"),
        (("--fuser", "average"), "--task"),
        (("--fuser", "gff", "--task", "vif"), "91"),
        (("--fuser", "average", "--task", "vif", "-o", tmp_path / "f.jpg"), "lossless"),
    ):
        bad = call("fuse", a, b, "-o", tmp_path / "g.png", *args)
        assert (bad.code, words in bad.err) == (2, True), bad.err


def test_an_empty_comparison_is_no_success(tmp_path):
    """F31: through the command line."""
    for fuser in ("average", "maximum"):
        assert (
            call(
                "run",
                "--suite",
                "vif",
                "--limit",
                1,
                "--fusers",
                fuser,
                "--metrics",
                "EN@textbook",
                "--out",
                tmp_path / fuser,
                "--no-report",
            ).code
            == 0
        )
    nothing = call("compare", tmp_path / "average", tmp_path / "maximum")
    assert (nothing.code, "no cell in common" in nothing.err) == (2, True)
    assert call("compare", tmp_path / "none.json", tmp_path / "average").code == 2
    same = call("compare", tmp_path / "average", tmp_path / "average")
    assert (same.code, "1 cells, 1 values compared" in same.out) == (0, True)
    assert call("baseline", "save", tmp_path / "average", "-o", tmp_path / "b.json").code == 0
    assert call("baseline", "save", tmp_path / "average", "-o", tmp_path / "b.json").code == 2
    checked = call("run", "--suite", "vif", "--limit", 1, "--fusers", "average,maximum", "--metrics", "EN@textbook",
                   "--out", tmp_path / "average", "--no-report", "--check", tmp_path / "b.json")  # fmt: skip
    assert checked.code == 0, checked.err
    assert "New fusers, not compared: maximum" in checked.out
    assert call("run", "--suite", "vif", "--limit", 1, "--fusers", "average", "--out", tmp_path / "x", "--no-report",
                "--check", tmp_path / "missing.json").code == 2  # fmt: skip
