"""Freed memory is used again: what the kernel need not clear costs nothing."""

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from tcmoa_bench import allocator

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


#: Three arrays of 80 MB, one after the other, and how many pages the kernel had to clear for them.
WORK = """
from tcmoa_bench.allocator import memory_used_again

def faults():
    before = pages()
    with memory_used_again("task", 1_000_000):
        for _ in range(3):
            np.ones(10_000_000)
    return pages() - before

first = faults()
"""
ARRAY = 80_000_000 // 4096


@pytest.fixture(autouse=True, scope="module")
def _small_pages():
    """Huge pages would count as one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NUMPY_MADVISE_HUGEPAGE", "0")
        yield


def test_work_of_known_need_takes_no_new_memory() -> None:
    first, second, third = run(WORK + "print(first, faults(), faults())")
    assert first > 2.9 * ARRAY  # each array anew
    assert second < 1.2 * ARRAY  # the heap grows once
    assert third < 0.1 * ARRAY


def test_memory_is_given_back_where_there_is_little() -> None:
    little = "from tcmoa_bench import allocator; allocator.free_memory = lambda: -10**12;"
    kept, left, again = run(
        WORK + f"faults(); print(resident()); {little} again = faults(); print(resident(), again)"
    )
    assert left < kept - 0.9 * ARRAY
    assert again > 2.9 * ARRAY


def test_fusing_uses_memory_again() -> None:
    second, fourth = run(
        """
from tcmoa_bench.run.fusers import fuse, parse_spec
from tcmoa_bench.types import FuserOptions, Pair, Task

fuser = parse_spec("dwt", FuserOptions()).create()
pair = Pair("d", "p", Task.VIF, Path("a"), Path("b"))
a = np.zeros((2400, 2400), np.uint8)
for call in range(4):
    before = pages()
    fuse(fuser, "dwt", a, a, pair)
    if call % 2:
        print(pages() - before)
"""
    )
    assert fourth < second / 10


def test_need_is_measured_in_bytes_a_pixel() -> None:
    (need,) = run(
        """
from tcmoa_bench.allocator import _needs, memory_used_again
with memory_used_again("task", 1_000_000):
    np.ones(10_000_000)
print(round(_needs["task"]))
"""
    )
    assert need == pytest.approx(80, abs=3)


def test_a_containers_limit_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allocator, "_CONTAINER", tmp_path)
    plenty = allocator.free_memory()
    assert plenty > 10_000_000
    files = {"memory.max": "max", "memory.current": "700000", "memory.stat": "anon 5\ninactive_file 200000\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert allocator.free_memory() > 10_000_000
    (tmp_path / "memory.max").write_text("1000000\n")
    assert allocator.free_memory() == 500_000
    (tmp_path / "memory.current").write_text("1500000\n")
    assert allocator.free_memory() == 0
