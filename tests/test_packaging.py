"""What is installed: every package folder and data file, and nothing outside the one import package."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path, PurePosixPath

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.commands import RAMP, call, save
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


#: What `pip install --no-deps tcmoa-bench` needs for scoring and for classical fusers (docs/installation.md).
LIGHT = (
    "numpy",
    "scipy",
    "scikit-image",
    "pandas",
    "pillow",
    "simplejpeg",
    "opencv-python-headless",
    "PyWavelets",
    "click",
)
_IMPORT_NAMES = {"scikit-image": "skimage", "pillow": "PIL", "opencv-python-headless": "cv2", "PyWavelets": "pywt",
                 "scikit-posthocs": "scikit_posthocs"}  # fmt: skip

# As if they were not installed: nobody finds them on the path.
_BLOCKED = """import sys
from importlib.machinery import PathFinder
blocked, find = set(sys.argv.pop(1).split(",")), PathFinder.find_spec
PathFinder.find_spec = lambda name, *where: None if name.partition(".")[0] in blocked else find(name, *where)
import importlib.metadata as metadata
version = metadata.version
def stated(name):
    if name in blocked:
        raise metadata.PackageNotFoundError(name)
    return version(name)
metadata.version = stated
from tcmoa_bench.cli import main
main()
"""


def light(*command: object) -> subprocess.CompletedProcess[str]:
    """A command in a process that cannot import what the light installation lacks."""
    required = [re.split(r"[<>=]", line)[0] for line in SETTINGS["project"]["dependencies"]]
    absent = [_IMPORT_NAMES.get(name, name) for name in required if name not in LIGHT]
    assert {"torch", "timm", "pyarrow", "rich"} <= set(absent)
    arguments = [
        sys.executable,
        "-c",
        _BLOCKED,
        ",".join([*absent, "distributed", "tifffile"]),
        *map(str, command),
    ]
    return subprocess.run(arguments, capture_output=True, text=True, check=False)


def test_a_light_installation_scores_and_says_what_it_lacks(tmp_path):
    picture = save(tmp_path / "a.png", RAMP)
    triple = (picture, picture, picture)
    whole = call("score", *triple, "--convention", "textbook", "--format", "csv")
    scored = light("score", *triple, "--convention", "textbook", "--format", "csv")
    assert (scored.returncode, scored.stderr) == (0, "")
    assert scored.stdout == whole.out
    fused = light("fuse", picture, picture, "-o", tmp_path / "f.png", "--fuser", "lp", "--task", "vif")
    assert fused.returncode == 0, fused.stderr
    network = light("fuse", picture, picture, "-o", tmp_path / "f.png", "--fuser", "tcmoa", "--task", "vif")
    assert network.returncode == 2
    assert network.stderr.startswith("error: tcmoa-tiny cannot be imported (No module named 'torch'")
    run = light("run", "--suite", "vif", "--out", tmp_path / "run")
    assert run.returncode == 2
    assert run.stderr.startswith("error: this needs ")
    assert "pip install tcmoa-bench" in run.stderr
    doctor = light("doctor")
    assert doctor.returncode == 0, doctor.stderr
    assert "torch        not installed" in doctor.stdout
    assert "not here     rich: `run` and its pages" in doctor.stdout


def test_the_page_lists_what_the_light_installation_needs():
    page = (ROOT / "docs/installation.md").read_text("utf-8")
    assert f"pip install {' '.join(LIGHT)}" in page
    names = {re.split(r"[<>=]", line)[0] for line in SETTINGS["project"]["dependencies"]}
    assert set(LIGHT) <= names


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shell_completion(shell):
    """What docs/installation.md says: the script, and a completion as the shell asks for it."""
    program = [
        sys.executable,
        "-c",
        "import sys; sys.argv[0] = 'tcmoa-bench'; from tcmoa_bench.cli import main; main()",
    ]
    environment = os.environ | {"_TCMOA_BENCH_COMPLETE": f"{shell}_source"}
    if shell != "bash" or shutil.which("bash"):
        script = subprocess.run(program, capture_output=True, text=True, check=False, env=environment)
        assert "_TCMOA_BENCH_COMPLETE" in script.stdout, script.stderr
    environment |= {
        "_TCMOA_BENCH_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": "tcmoa-bench sco",
        "COMP_CWORD": "sco" if shell == "fish" else "1",
    }
    found = subprocess.run(program, capture_output=True, text=True, check=False, env=environment)
    assert "score" in found.stdout, found.stderr


@pytest.mark.slow
def test_the_source_archive_holds_what_a_build_needs_and_nothing_else(tmp_path):
    script = f"from setuptools.build_meta import build_sdist; print(build_sdist({str(tmp_path)!r}))"
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True)
    (archive,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {PurePosixPath(*PurePosixPath(name).parts[1:]).as_posix() for name in opened.getnames()}
    tops = {name.split("/")[0] for name in names if name != "."}
    expected = {
        *TOP.values(),
        "tests",
        "tcmoa_bench.egg-info",
        "pyproject.toml",
        "README.md",
        "LICENSE",
        "PKG-INFO",
        "setup.cfg",
    }
    assert tops <= expected, tops - expected
    for wanted in ("tcmoa_bench/suites/vif.toml", "metrics/core.py", "LICENSE", "pyproject.toml"):
        assert wanted in names


def test_the_lock_satisfies_what_the_project_requires():
    """`make env-locked`: every requirement within its bounds, every file with a hash, no address of an index."""
    text = (ROOT / ".ci/requirements.txt").read_text("utf-8")
    assert "://" not in text
    assert "index-url" not in text
    entries = re.split(r"\n(?=\w)", "\n".join(line for line in text.splitlines() if not line.startswith("#")))
    assert all("--hash=sha256:" in entry for entry in entries)
    locked = dict(re.match(r"([\w.-]+)==(\S+)", entry).groups() for entry in entries)
    required = [*SETTINGS["project"]["dependencies"], *SETTINGS["project"]["optional-dependencies"]["dev"],
                *SETTINGS["build-system"]["requires"]]  # fmt: skip
    for requirement in map(Requirement, required):
        assert requirement.specifier.contains(locked[canonicalize_name(requirement.name)]), requirement


def test_the_oldest_job_tries_every_lower_bound():
    """`make test-oldest`: what users install, each at the bound that pyproject.toml states."""
    made = subprocess.run(
        [sys.executable, ROOT / ".ci/oldest.py"], capture_output=True, text=True, check=True
    )
    exact = {canonicalize_name(r.name): r.specifier for r in map(Requirement, made.stdout.splitlines())}
    extras = SETTINGS["project"]["optional-dependencies"]
    required = [
        *SETTINGS["project"]["dependencies"],
        *extras["cluster"],
        *extras["tasks"],
        *extras["training"],
    ]
    assert len(exact) == len(required)
    for requirement in map(Requirement, required):
        (lower,) = (bound.version for bound in requirement.specifier if bound.operator == ">=")
        assert str(exact[canonicalize_name(requirement.name)]) == f"=={lower}"
