"""Datasets of the user's own: by `module:name`, and as an installed entry point."""

import subprocess
import sys

import pytest

from tcmoa_bench.datasets import DATASETS
from tests.commands import PROGRAM, const, save

MODULE = """
from tcmoa_bench.datasets.dataset import Dataset
from tcmoa_bench.datasets.layouts import Folders
from tcmoa_bench.types import Task

HARBOUR = Dataset("harbour", "Harbour at night", Task.VIF, 2, "own", "harbour/vis, harbour/ir", "own", "ask", (
    Folders(folders=(("vis", "ir"),), hint="harbour"),
))
LLVIP = Dataset("llvip", "Another", Task.VIF, 2, "own", "", "", "", HARBOUR.layouts)
NUMBER = 3
"""


@pytest.fixture
def module(tmp_path, monkeypatch):
    (tmp_path / "my_data.py").write_text(MODULE)
    for name in ("p1", "p2"):
        for folder in ("vis", "ir"):
            save(tmp_path / "data" / "harbour" / folder / f"{name}.png", const(len(name + folder)))
    (tmp_path / "suite.toml").write_text(
        'name = "own"\nmetrics = ["EN@textbook"]\nfusers = ["average"]\n[[datasets]]\nname = "my_data:HARBOUR"\n'
    )
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*arguments):
    return subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=False)


def test_a_suite_names_a_dataset_of_ones_own(module):
    result = _run(
        "run", "--suite", "suite.toml", "--data", "data", "--out", "run", "--no-report", "--jobs", "2"
    )
    assert result.returncode == 0, result.stderr
    assert "2 pairs x 1 fusers x 1 metrics: 2 cells" in result.stderr
    checked = _run("data", "check", "my_data:HARBOUR", "--data", "data")
    assert (checked.returncode, "harbour" in checked.stdout) == (0, True), checked.stderr


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("my_data:NUMBER", "is a int; a Dataset is expected"),
        ("my_data:LLVIP", "'llvip' is the name of another dataset"),
        ("my_data:NOTHING", "has no 'NOTHING'"),
        ("nowhere:X", "No module named"),
    ],
)
def test_what_is_no_dataset_is_said(module, name, words):
    result = _run("data", "check", name, "--data", "data")
    assert (result.returncode, words in result.stderr) == (2, True), result.stderr


def test_an_installed_distribution_offers_its_datasets(module):
    facts = module / "ours-1.0.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text("Metadata-Version: 2.1\nName: ours\nVersion: 1.0\n")
    (facts / "entry_points.txt").write_text(
        "[tcmoa_bench.datasets]\nharbour = my_data:HARBOUR\nbroken = my_data:NUMBER\n"
    )
    code = f"import sys; sys.path.insert(0, {str(module)!r})\n" + PROGRAM[2]
    listed = subprocess.run(
        [sys.executable, "-c", code, "ls", "datasets"], capture_output=True, text=True, check=True
    )
    assert "harbour" in listed.stdout
    assert "entry point broken: plug-in my_data:NUMBER is a int; a Dataset is expected" in listed.stdout
    checked = subprocess.run(
        [sys.executable, "-c", code, "data", "check", "harbour", "--data", "data"],
        capture_output=True,
        check=False,
    )
    assert checked.returncode == 0
    assert "harbour" not in DATASETS
