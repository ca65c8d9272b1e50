"""Fusers from a module of the user's or from an installed distribution."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tcmoa_bench.baselines.external import plugins
from tcmoa_bench.types import BenchError, Fuser, FuserOptions
from tests.baselines.pairs import PAIR, textured

A, B = textured(9, 11), textured(9, 11, seed=1)
MODULE = """
import numpy as np
from tcmoa_bench.types import FuserRecord, Task

def two(a, b): return (a.astype(float) + b) / 2
def three(a, b, pair): return a if pair.name == "scene" else b
def optional(a, b, pair=None): return a if pair is not None else b
def strength(a, b, alpha=0.5): return alpha * a + (1 - alpha) * b
def one(a): return a
number = 3

class Mine:
    record = FuserRecord("mine", (Task.VIF,), "gray")
    def fuse(self, a, b, pair): return b

class Chosen(Mine):
    def __init__(self, options): self.record = FuserRecord("mine", (Task.VIF,), "gray", notes=options.device)

class Nothing: pass
class Fails:
    def __init__(self): raise OSError("no licence file")
class Unknown:
    record = {"name": "unknown"}
    def fuse(self, a, b, pair): return a
instance = Mine()
def factory(): return Mine()
"""


@pytest.fixture
def name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> str:
    """A module of a new name in the current directory."""
    module = f"plugin_{abs(hash(request.node.name))}"
    (tmp_path / f"{module}.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return module


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("two", (A.astype(float) + B) / 2),
        ("three", A),
        ("optional", A),
        ("strength", (A.astype(float) + B) / 2),
        ("Mine", B),
        ("instance", B),
        ("factory", B),
    ],
)
def test_kinds_of_callables(attribute: str, expected: np.ndarray, name: str) -> None:
    fuser = plugins.load(f"{name}:{attribute}")
    assert isinstance(fuser, Fuser)
    assert np.array_equal(fuser.fuse(A, B, PAIR), expected)


def test_functions_are_known_by_name_and_source(name: str) -> None:
    fuser = plugins.load(f"{name}:two")
    assert fuser.record.name == "two"
    assert len(fuser.record.fingerprint) == 64
    assert plugins.load(f"{name}:two", name="ours").record.name == "ours"


def test_options_reach_a_class_that_wants_them(name: str) -> None:
    assert plugins.load(f"{name}:Chosen", FuserOptions(device="cuda:1")).record.notes == "cuda:1"


@pytest.mark.parametrize(
    ("attribute", "message"),
    [
        ("missing", "has no 'missing'"),
        ("number", "is a int"),
        ("one", r"takes 1 arguments; a fuser takes \(a, b\)"),
        ("Nothing", "made a Nothing, which has no `record`"),
        ("Fails", "cannot be made: OSError: no licence file"),
        ("Unknown", "its `record` is a dict; a FuserRecord"),
    ],
)
def test_what_is_no_fuser_is_refused(attribute: str, message: str, name: str) -> None:
    with pytest.raises(BenchError, match=message):
        plugins.load(f"{name}:{attribute}")


@pytest.mark.parametrize("spec", ["module", ":x", "module:"])
def test_malformed_specifications(spec: str) -> None:
    with pytest.raises(BenchError, match="write module:callable"):
        plugins.load(spec)


def test_a_module_that_fails_to_import_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plugin_broken.py").write_text("1 / 0")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    with pytest.raises(BenchError, match="plug-in plugin_broken:f: ZeroDivisionError"):
        plugins.load("plugin_broken:f")
    (tmp_path / "plugin_ends.py").write_text("raise SystemExit(0)")
    with pytest.raises(BenchError, match="plug-in plugin_ends:f: plugin_ends ends the program"):
        plugins.load("plugin_ends:f")
    with pytest.raises(BenchError, match="ModuleNotFoundError"):
        plugins.load("plugin_nowhere:f")


def test_entry_points_of_an_installed_distribution(tmp_path: Path) -> None:
    facts = tmp_path / "plug-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: plug\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text("[tcmoa_bench.fusers]\nours = plug_module:two\n")
    (tmp_path / "plug_module.py").write_text(MODULE)
    code = (
        "import sys, numpy as np; from tcmoa_bench.baselines.external import plugins\n"
        "entry, = plugins.installed(); assert 'plug_module' not in sys.modules\n"
        "a = np.full((2, 2), 3, np.uint8); print(entry.record.name, entry.create().fuse(a, a, None)[0, 0])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["ours", "3.0"]
