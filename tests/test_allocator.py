"""Freed memory is used again: what the kernel need not clear costs nothing."""

import platform
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left alone")


def run(code: str) -> list[int]:
    """Numbers that a program prints, in a process of its own."""
    prelude = """
import resource
from pathlib import Path
import numpy as np
from tcmoa_bench.allocator import give_back

def pages():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])
"""
    done = subprocess.run([sys.executable, "-c", prelude + code], capture_output=True, text=True, check=True)
    return [int(number) for number in done.stdout.split()]


FUSE_TWICE = """
from tcmoa_bench.run.fusers import fuse, parse_spec
from tcmoa_bench.types import FuserOptions, Pair, Task

fuser = parse_spec("average", FuserOptions()).create()
pair = Pair("d", "p", Task.VIF, Path("a"), Path("b"))
a = np.zeros((2500, 2500, 3), np.uint8)
fuse(fuser, "average", a, a, pair)
before = pages()
fuse(fuser, "average", a, a, pair)
print(pages() - before)
"""


def test_a_second_picture_needs_no_new_memory() -> None:
    (faults,) = run(FUSE_TWICE)
    # One plane of it in double precision has 12 thousand pages.
    assert faults < 3000


def test_what_is_free_is_given_back_on_request() -> None:
    held, left = run(FUSE_TWICE + "print(resident()); give_back(); print(resident())")[1:]
    assert left < held - 10_000
