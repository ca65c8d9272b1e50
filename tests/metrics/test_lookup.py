"""Metrics from outside: `module:name`, entry points, and what goes wrong with them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tcmoa_bench.metrics import CONVENTIONS, resolve, score
from tcmoa_bench.types import BenchError
from tests.commands import call, save

MODULE = '''
from tcmoa_bench.metrics import Convention

OURS = Convention("ours", "our own metrics", settings={"gray": "bt601-round"})


def michelson(a, b, fused):
    """(max - min) / (max + min) of F's levels."""
    least, most = int(fused.levels.min()), int(fused.levels.max())
    return (most - least) / (most + least)


def spread(a, b, fused, *, times: float):
    """Range of F's levels."""
    return times * (int(fused.levels.max()) - int(fused.levels.min()))


def fails(a, b, fused):
    """Nothing."""
    return [][0]


facts = {"higher_is_better": True, "meaning": "How far the darkest and the lightest level are apart."}
MICHELSON = OURS.define("Michelson", michelson, **facts)
SPREAD = OURS.define("Spread", spread, {"times": 2.0}, **facts)
FAILS = OURS.define("Fails", fails, **facts)
number = 3
'''


def forget(convention: str) -> None:
    CONVENTIONS._items.pop(convention, None)
    CONVENTIONS._names.pop(convention, None)


@pytest.fixture
def ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    (tmp_path / "our_metrics.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield "our_metrics"
    sys.modules.pop("our_metrics", None)


@pytest.fixture
def fused() -> np.ndarray:
    return np.arange(50, 200, dtype=np.uint8).reshape(10, 15)


def test_a_convention_or_a_metric_of_a_module(ours: str, fused: np.ndarray) -> None:
    got = score(fused, fused, fused, f"{ours}:OURS")
    assert {name: one.value for name, one in got.items()} == {
        "Michelson@ours": 149 / 249,
        "Spread@ours": 298,
        "Fails@ours": None,
    }
    assert got["Spread@ours"].signature == "Spread@ours|v1|gray:bt601-round|times:2"
    assert got["Fails@ours"].reason == "IndexError: list index out of range"
    alone = score(fused, fused, fused, [f"{ours}:MICHELSON", f"Spread@{ours}:OURS", "Fails@ours"])
    assert list(alone) == ["Michelson@ours", "Spread@ours", "Fails@ours"]


def test_what_finds_a_metric_in_another_process(ours: str) -> None:
    for name in (f"{ours}:OURS", f"{ours}:SPREAD", f"Spread@{ours}:OURS"):
        for metric in resolve(name):
            assert [found.qualified for found in resolve(metric.spec)] == [metric.qualified]
            assert ours in metric.spec
    assert resolve("SD@vifb")[0].spec == "SD@vifb"


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("our_metrics:number", "our_metrics:number is a int; a Convention or one of its metrics is expected"),
        ("our_metrics:michelson", "is a function; a Convention or one of its metrics is expected"),
        ("our_metrics:NONE", "module our_metrics has no 'NONE'"),
        ("nowhere:OURS", "ModuleNotFoundError"),
        ("our_metrics:", "write module:name, such as my_metrics:OURS"),
        ("Michelson@our_metrics:MICHELSON", "is a Metric; a Convention is expected"),
        ("Nothing@our_metrics:OURS", "unknown ours metric 'Nothing'"),
    ],
)
def test_what_is_no_metric_is_said(ours: str, spec: str, said: str) -> None:
    with pytest.raises(BenchError) as error:
        resolve(spec)
    assert said in str(error.value)


def test_score_and_run_take_a_module_of_the_user_s(ours: str, tmp_path: Path, fused: np.ndarray) -> None:
    for folder in "AB":
        (tmp_path / folder).mkdir()
        for pair in ("p1", "p2"):
            save(tmp_path / folder / f"{pair}.png", fused)
    single = call("score", "A/p1.png", "B/p1.png", "A/p1.png", "--metrics", f"{ours}:OURS", "--format", "csv")
    assert (single.code, "Spread@ours|v1|gray:bt601-round|times:2" in single.out) == (0, True), single.err
    (tmp_path / "suite.toml").write_text(
        f'name = "s"\nmetrics = ["{ours}:OURS", "EN@textbook"]\nfusers = ["average"]\n'
        '[[datasets]]\nname = "pairs"\ntask = "vif"\na = "A"\nb = "B"\n'
    )
    ran = call("run", "--suite", "suite.toml", "--data", ".", "--out", "run", "--no-report", "--jobs", "2")
    assert ran.code == 0, ran.err
    again = call("run", "--suite", "suite.toml", "--data", ".", "--out", "run", "--no-report")
    assert "2 cached" in again.err, again.err
    sys.modules.pop(ours)
    forget("ours")
    verified = call("run", "--suite", "suite.toml", "--data", ".", "--out", "run", "--verify", "2")
    assert verified.code == 0, verified.out + verified.err


def test_entry_points_of_an_installed_distribution(tmp_path: Path) -> None:
    facts = tmp_path / "plug-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: plug\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(
        "[tcmoa_bench.metrics]\nours = plug_metrics:OURS\nbroken = plug_nothing:X\n"
    )
    (tmp_path / "plug_metrics.py").write_text(MODULE)
    code = (
        "import sys; from tcmoa_bench.metrics import resolve; from tcmoa_bench.metrics.lookup import load_installed\n"
        "resolve('SD@vifb'); assert 'plug_metrics' not in sys.modules\n"
        "print(*(m.qualified for m in [*resolve('Spread@ours'), *resolve('Michelson', 'ours')]))\n"
        "print(*load_installed())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    names, problems = done.stdout.splitlines()
    assert names == "Spread@ours Michelson@ours"
    assert problems.startswith("plug-in broken (plug_nothing:X): ModuleNotFoundError")
