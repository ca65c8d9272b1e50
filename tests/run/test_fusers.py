"""What travels to a worker, and the gate that every fuser's result passes."""

import pickle
import subprocess
from pathlib import Path

import numpy as np
import pytest

from tcmoa_bench.run.fusers import FolderSpec, fuse
from tcmoa_bench.run.plan import make_plan
from tcmoa_bench.run.request import Request
from tcmoa_bench.run.suite import load_suite
from tcmoa_bench.types import BenchError, Computed, FuserRecord, Pair, Task
from tests.commands import PROGRAM, call, const, save
from tests.run.runs import COPY, run, scores

PAIR = Pair("d", "p", Task.VIF, Path("a.png"), Path("b.png"))


class Returns(Computed):
    record = FuserRecord("r", tuple(Task), "given", min_size=4)

    def __init__(self, result):
        self.result = result

    def fuse(self, a, b, pair):
        return self.result


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (const(1, (9, 8)), "another size (height x width) for p: 9x8 from 8x8"),
        (np.full((8, 8), np.nan), "not finite"),
        (np.full((8, 8), 0.5), "0..255"),
        (const(1, (8, 8, 4)), "shape (8, 8, 4)"),
    ],
)
def test_the_gate_refuses_what_is_no_fused_image(result, words):
    with pytest.raises((BenchError, ValueError)) as error:
        fuse(Returns(result), "mine", const(200, (8, 8)), const(100, (8, 8)), PAIR)
    assert "mine" in str(error.value)
    assert words in str(error.value)


def test_the_gate_refuses_sources_below_the_least_size():
    with pytest.raises(BenchError, match="mine needs images of at least 4x4 pixels"):
        fuse(Returns(const(1, (3, 9))), "mine", const(2, (3, 9)), const(3, (3, 9)), PAIR)


def test_the_gate_keeps_the_sources_from_the_fuser():
    class Spoils(Returns):
        def fuse(self, a, b, pair):
            a[:], b[:] = 0, 0
            return a

    a, b = const(9, (8, 8)), const(7, (8, 8))
    fuse(Spoils(None), "mine", a, b, PAIR)
    assert ((a == 9) & (b == 7)).all()


def test_a_folders_image_of_another_size_is_named(pairs, tmp_path):
    suite = pairs({"p1": (const(1), const(2))})
    file = save(tmp_path / "theirs" / "p1.png", const(1, (32, 64)))
    result = run(suite, tmp_path / "run", "--fused", f"X={tmp_path / 'theirs'}", "--fusers", "average")
    assert result.code == 1
    assert "another size (height x width) for p1: 32x64 from 64x64; nothing is resized" in result.err
    assert str(file) in result.err


def _cells(tmp_path, pairs, count):
    suite = load_suite(str(pairs({f"p{i:05}": (const(1, (8, 8)), const(2, (8, 8))) for i in range(count)})))
    for i in range(count):
        save(tmp_path / "theirs" / f"p{i:05}.png", const(3, (8, 8)))
    request = Request(suite, tmp_path / "run", fusers=("average",), fused=(("X", tmp_path / "theirs"),))
    return {cell.fuser.label: cell for cell in make_plan(request, None).todo}


def test_a_cell_carries_its_own_pair_only(tmp_path, pairs):
    sizes = {}
    for count in (2, 40):
        cells = _cells(tmp_path, pairs, count)
        sizes[count] = {label: len(pickle.dumps(cell)) for label, cell in cells.items()}
    assert sizes[2] == sizes[40]
    assert sizes[40]["X"] < 2 * sizes[40]["average"]


def test_a_folder_of_a_dataset_takes_no_pairs_of_another():
    record = FuserRecord("X", (Task.VIF,), "given")
    other = Pair("e", "p", Task.MFF, Path("a.png"), Path("b.png"))
    assert [FolderSpec("X", Path(), "d").takes(record, pair) for pair in (PAIR, other)] == [True, False]
    assert FolderSpec("X", Path()).takes(record, other)


def test_a_changed_script_makes_a_commands_cells_stale(pairs, tmp_path, copier):
    suite = pairs({"p1": (const(1), const(2)), "p2": (const(3), const(4))})
    arguments = (suite, tmp_path / "run", "--command", COPY, "--fusers", "average")
    assert run(*arguments).code == 0
    assert "4 cached, 0 to do" in run(*arguments).err
    script = Path("copier.py")
    script.write_text(script.read_text() + "\n# mended\n")
    assert "2 cached, 2 to do, 2 of them because inputs or method changed" in run(*arguments).err


@pytest.mark.parametrize("kind", ["function", "fuser"])
def test_a_changed_helper_makes_a_plug_ins_cells_stale(pairs, tmp_path, kind, monkeypatch):
    """In processes of their own: what is imported stays imported."""
    suite = pairs({"p1": (const(1), const(2))})
    package = tmp_path / "nets"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "helper.py").write_text("LEVEL = 5\n")
    (tmp_path / "theirs.py").write_text(
        "from nets.helper import LEVEL\nfrom tcmoa_bench.types import FuserRecord, Task\n"
        "def function(a, b): return a * 0 + LEVEL\n"
        "class fuser:\n    record = FuserRecord('mine', (Task.VIF,), 'given')\n"
        "    def fuse(self, a, b, pair): return a * 0 + LEVEL\n"
    )
    (tmp_path / "unrelated.py").write_text("")
    monkeypatch.chdir(tmp_path)

    def again():
        return _in_a_process(
            "run", "--suite", suite, "--out", "run", "--no-report", "--fusers", f"theirs:{kind}"
        )

    assert "1 cells, 0 cached" in again()
    (tmp_path / "unrelated.py").write_text("# changed\n")
    assert "1 cells, 1 cached" in again()
    (package / "helper.py").write_text("LEVEL = 77\n")
    assert "1 to do, 1 of them because inputs or method changed" in again()


def _in_a_process(*arguments):
    return subprocess.run([*PROGRAM, *map(str, arguments)], capture_output=True, text=True, check=True).stderr


def test_a_label_may_hold_an_equals_sign(pairs, tmp_path):
    suite = pairs({"p1": (const(1), const(2))})
    save(tmp_path / "r=4" / "p1.png", const(3))
    given = ("--fused", rf"gff:r\=4={tmp_path / 'r=4'}", "--fusers", "average")
    assert run(suite, tmp_path / "run", *given).code == 0
    assert {fuser for _, fuser, _ in scores(tmp_path / "run")} == {"average", "gff:r=4"}


def test_policies_of_names(pairs, tmp_path):
    """A bare label is the folder's; it stands beside the fusers asked for."""
    suite = pairs({"p1": (const(1), const(2))})
    save(tmp_path / "theirs" / "p1.png", const(3))
    result = call("run", "--suite", suite, "--out", tmp_path / "run", "--fusers", "lp", "--fused",
                  f"X={tmp_path / 'theirs'}", "--dry-run")  # fmt: skip
    assert "fusers: lp, X" in result.out
