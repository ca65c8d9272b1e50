"""Somebody's own program as a fuser."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tcmoa_bench.baselines.external.command import Command
from tcmoa_bench.types import BenchError, FuserError, Pair, Talking, Task
from tests.baselines.pairs import PAIR, textured

A, B = textured(12, 17, 3), textured(12, 17, seed=1)


def _script(tmp_path: Path, code: str) -> str:
    """Command line of a Python program in a folder whose name a shell would trip over."""
    folder = tmp_path / "it's a folder; $HOME"
    folder.mkdir()
    (folder / "fuse me.py").write_text("import shutil, sys\n" + code)
    return f'"{sys.executable}" "{folder / "fuse me.py"}"'


def test_copies_and_is_called_once_a_pair(tmp_path: Path) -> None:
    log = tmp_path / "calls.log"
    program = _script(
        tmp_path, f"open({str(log)!r}, 'a').write(sys.argv[3] + '\\n'); shutil.copy(sys.argv[1], sys.argv[2])"
    )
    fuser = Command("copy", f"{program} {{a}} {{out}} {{pair}}/{{task}}")
    name = "Devil's Golf; rm -rf x"
    pair = Pair("d", name, Task.MEF, Path("a"), Path("b"))
    assert np.array_equal(fuser.fuse(A, B, pair), A)
    assert log.read_text() == f"{name}/mef\n"


def test_takes_both_sources_losslessly(tmp_path: Path) -> None:
    fuser = Command("copy", _script(tmp_path, "shutil.copy(sys.argv[2], sys.argv[3])") + " {a} {b} {out}")
    assert np.array_equal(fuser.fuse(A, B, PAIR), B)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("print('oh dear'); sys.exit(3)", r"pair scene ended with exit code 3; .*\noh dear"),
        ("print('nothing')", "wrote no image"),
        ("open(sys.argv[2], 'w').write('x')", "no usable image"),
        ("import os; os.kill(os.getpid(), 9)", "was killed by SIGKILL"),
    ],
)
def test_failures_say_what_happened(code: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(FuserError, match=rf"(?s)theirs: the command for .*{message}"):
        Command("theirs", _script(tmp_path, code) + " {a} {out}").fuse(A, B, PAIR)


def test_a_program_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    child = f"import time; time.sleep(2); open({str(alive)!r}, 'w')"
    program = _script(tmp_path, f"import subprocess; subprocess.run([sys.executable, '-c', {child!r}])")
    with pytest.raises(FuserError, match=r"took longer than 0\.5 s"):
        Command("slow", program + " {a} {out}", timeout=0.5).fuse(A, B, PAIR)
    time.sleep(2)
    assert not alive.exists()


def test_output_is_kept_until_it_is_taken(tmp_path: Path) -> None:
    program = _script(tmp_path, "print('working'); shutil.copy(sys.argv[1], sys.argv[2])")
    command = Command("copy", program + " {a} {out}")
    command.fuse(A, B, PAIR)
    assert isinstance(command, Talking)
    assert command.take_output() == b"working\n"
    assert command.take_output() == b""


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(FuserError, match="cannot start 'no-such-program-here'"):
        Command("none", "no-such-program-here {a} {out}").fuse(A, B, PAIR)


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("x {a} {out} {c}", r"unknown placeholder \{c\}"),
        ("x {a}", r"needs \{out\}"),
        ("x {out}", r"needs \{out\} and \{a\} or \{b\}"),
        ("", "needs"),
        ("x '{a} {out}", "cannot be split"),
    ],
)
def test_templates_that_cannot_work(template: str, message: str) -> None:
    with pytest.raises(BenchError, match=message):
        Command("bad", template)


def test_another_template_is_another_fuser() -> None:
    one, other = (Command("x", f"x {{a}} {{out}} {flag}").record.fingerprint for flag in ("-1", "-2"))
    assert one != other
