"""A run folder of the first version: it opens, resumes and compares with what is computed today."""

import shutil
from pathlib import Path

import pytest

from tests.commands import call

FOLDER = Path(__file__).with_name("first_version")


@pytest.fixture
def old(tmp_path):
    return Path(shutil.copytree(FOLDER, tmp_path / "old"))


def test_finished_cells_stay_finished(old):
    result = call("run", "--suite", old / "suite.toml", "--out", old / "run", "--no-report")
    assert "9 cells, 6 cached, 3 to do" in result.err, (
        "lp failed then as now: the images are too small for it"
    )
    assert (result.code, result.err.count("failed: lp")) == (1, 3)


def test_what_is_computed_today_is_equal(old):
    call("run", "--suite", old / "suite.toml", "--out", old / "new", "--no-report")
    allowed = ("--allow", "environment=other machines and libraries are compared on purpose")
    result = call("compare", old / "run", old / "new", *allowed)
    assert (result.code, "6 cells, 18 values compared" in result.out) == (0, True), result.out
    for file in (FOLDER / "run" / "fused").rglob("*.png"):
        assert (old / "new" / file.relative_to(FOLDER / "run")).read_bytes() == file.read_bytes()
