"""The command line as a whole: help, exit codes, streams."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from tcmoa_bench.cli import cli
from tcmoa_bench.cli.options import Command
from tcmoa_bench.registry import unknown
from tests.commands import PROGRAM, call


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


def leaves(command: click.Command, *path: str) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield " ".join(path), command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        yield from leaves(command.get_command(context, name), *path, name)


def test_an_option_of_one_value_is_not_taken_twice(tmp_path):
    """F35: of two values the first would be lost without a word."""
    for name, command in leaves(cli):
        assert isinstance(command, Command), name
    done = call("run", "--suite", "vif", "--dry-run", "--suite", "mef", "--out", tmp_path / "r")
    assert (done.code, done.out) == (2, "")
    assert "--suite is given 2 times; it takes one value" in done.err
    weights = call("models", "ls", "--weights", tmp_path, f"--weights={tmp_path}")
    assert weights.code == 2
    assert "--weights is given 2 times" in weights.err
    listed = call(
        "score", "--metrics", "EN", "--metrics", "SD", "a.png", "b.png", "c.png", "--quiet", "--quiet"
    )
    assert "times" not in listed.err
