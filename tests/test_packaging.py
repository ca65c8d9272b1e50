"""What is installed: every package folder and data file, and nothing outside the one import package."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest

from tests.conftest import ROOT

SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
TOP = {
    "tcmoa_bench": "tcmoa_bench",
    **{f"tcmoa_bench.{n}": n for n in ("baselines", "datasets", "metrics", "reports")},
}


def folders():
    """Import name and folder of every package in the checkout."""
    found = {}
    for name, folder in TOP.items():
        for init in (ROOT / folder).rglob("__init__.py"):
            inner = init.parent.relative_to(ROOT / folder).parts
            found[".".join([name, *inner])] = init.parent
    return found


def test_every_package_is_listed():
    assert sorted(SETTINGS["tool"]["setuptools"]["packages"]) == sorted(folders())
    assert SETTINGS["tool"]["setuptools"]["package-dir"] == TOP


def data_files():
    packages = sorted(folders().items(), key=lambda item: len(item[1].parts), reverse=True)
    tracked = subprocess.run(
        ["git", "ls-files", *TOP.values()], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for line in tracked.stdout.splitlines():
        path = ROOT / line
        if path.suffix != ".py":
            name, folder = next((n, f) for n, f in packages if path.is_relative_to(f))
            yield name, PurePosixPath(path.relative_to(folder).as_posix())


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="not a git checkout: tracked files cannot be listed")
def test_every_data_file_is_covered_by_a_pattern():
    patterns = SETTINGS["tool"]["setuptools"]["package-data"]
    missed = [f"{n}: {f}" for n, f in data_files() if not any(f.match(p) for p in patterns.get(n, ()))]
    assert missed == []


@pytest.mark.slow
def test_the_wheel_holds_one_package(tmp_path: Path):
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0].split("-")[0] for name in names} == {"tcmoa_bench"}
    for wanted in ("suites/vif.toml", "reports/tables/published/papers.toml", "tcmoa/weights/tcmoa-tiny.safetensors",
                   "tcmoa/train/recipes/paper.toml", "metrics/conventions/tang.py"):  # fmt: skip
        assert f"tcmoa_bench/{wanted}" in names
    assert any(name.startswith("tcmoa_bench/reports/html/templates/") for name in names)
