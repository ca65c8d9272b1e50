"""Somebody's code in a process of its own."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tcmoa_bench.baselines.external import isolated
from tcmoa_bench.types import BenchError, Fuser, FuserError, FuserOptions, Talking
from tests.baselines.pairs import PAIR, textured

A, B = textured(9, 11), textured(9, 11, seed=1)
MODULE = """
import os, subprocess, sys, time
from tcmoa_bench.types import FuserError, FuserRecord, Task, Unavailable

calls = 0
def counts(a, b):
    global calls
    calls += 1
    return a * 0 + calls
def prints(a, b):
    print("to out"); print("to err", file=sys.stderr); os.system("echo from a child")
    return b
def leaves(a, b): sys.exit(3)
def vanishes(a, b):
    print("good night")
    os._exit(0)
def crashes(a, b): os.kill(os.getpid(), 11)
def hangs(a, b):
    subprocess.run(["sleep", "60"])
def fails(a, b): return 1 / 0
def refuses(a, b): raise FuserError("too small for me")
class Odd(Exception):
    def __init__(self, a, b): super().__init__(a)
def odd(a, b): raise Odd("one", "two")
def unsendable(a, b): return lambda: a
def where(a, b):
    print(os.getcwd())
    return a
"""


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "theirs.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def load(attribute: str, timeout: float = 60.0, module: str = "theirs") -> Fuser:
        return isolated.load(f"{module}:{attribute}", FuserOptions(timeout=timeout), "mine")

    return load


def test_one_process_serves_all_pairs(make) -> None:
    fuser = make("counts")
    assert isinstance(fuser, Fuser)
    assert fuser.record.name == "mine"
    assert [int(fuser.fuse(A, B, PAIR)[0, 0]) for _ in range(3)] == [1, 2, 3]
    assert "theirs" not in sys.modules


def test_what_it_prints_is_kept_from_the_standard_output(make, capfd) -> None:
    fuser = make("prints")
    np.testing.assert_array_equal(fuser.fuse(A, B, PAIR), B)
    assert isinstance(fuser, Talking)
    assert sorted(fuser.take_output().decode().splitlines()) == ["from a child", "to err", "to out"]
    assert fuser.take_output() == b""
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("leaves", r"^mine ended the program \(exit code 3\); a fuser returns an image or raises$"),
        ("vanishes", r"^mine ended the program \(exit code 0\).*its output ends with:\ngood night$"),
        ("crashes", r"^mine was killed by SIGSEGV"),
        ("fails", r"^mine: ZeroDivisionError: division by zero$"),
        ("refuses", r"^too small for me$"),
        ("odd", r"^mine: Odd: one$"),
        ("unsendable", r"^mine: .*pickle"),
    ],
)
def test_how_it_ends_is_the_pairs_failure(make, attribute: str, message: str) -> None:
    fuser = make(attribute)
    for _ in range(2):  # the next pair is tried all the same
        with pytest.raises(FuserError, match=message):
            fuser.fuse(A, B, PAIR)


def test_what_takes_too_long_is_ended(make) -> None:
    fuser = make("hangs", timeout=3.0)
    started = time.monotonic()
    with pytest.raises(FuserError, match=r"mine took longer than 3 s and was ended"):
        fuser.fuse(A, B, PAIR)
    assert time.monotonic() - started < 30


def test_code_that_ends_or_fails_on_the_way_in(make, tmp_path: Path) -> None:
    (tmp_path / "gone.py").write_text("import os; os._exit(0)")
    with pytest.raises(BenchError, match=r"mine ended the program \(exit code 0\)"):
        make("f", module="gone")
    with pytest.raises(BenchError, match=r"plug-in theirs:nothing: module theirs has no 'nothing'"):
        make("nothing")
    with pytest.raises(BenchError, match="write module:callable"):
        make("", module="theirs")


def test_it_works_in_the_users_folder_and_takes_no_module_of_it_for_pythons(make, tmp_path: Path) -> None:
    (tmp_path / "random.py").write_text("1 / 0")
    fuser = make("where")
    fuser.fuse(A, B, PAIR)
    assert fuser.take_output().decode().strip() == str(tmp_path)
