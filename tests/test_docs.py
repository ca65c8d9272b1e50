"""What pages and comments name is there: files, modules, links, make targets and commands."""

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tcmoa_bench.cli import COMMANDS
from tests.conftest import ROOT
from tests.test_architecture import modules
from tests.test_packaging import TOP

#: Names in examples of what a reader will write.
EXAMPLES = {
    "metrics/formulas/contrast.py",
    "metrics/conventions/NAME.py",
    "tests/my_network.json",
    "my_network.py",
    "datasets/NAME.html",  # pages of a site
    "datasets/d.html",
    "test.py",
    "tcmoa_bench.fusers",  # the entry-point group
    "tcmoa_bench/reports/html/templates/",  # as in a wheel
}

FOLDERS = [*TOP.values(), "benchmarks", "docs", "tests", r"\.ci", r"\.github"]
PATH = re.compile(rf"(?<![\w./-])(?:\.\./)*((?:{'|'.join(FOLDERS)})/[\w./-]*[\w/])(?![\w*{{<])")
FILE = re.compile(r"`([\w-]+\.py)`")
MODULE = re.compile(r"(?<![\w./@-])((?:tcmoa_bench|benchmarks|tests)(?:\.(?!md\b|py\b)[A-Za-z_]\w*)+)")
LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)")
TARGET = re.compile(r"(?:`|^|run: )make ([a-z][a-z-]*)", re.MULTILINE)
COMMAND = re.compile(r"(?:`|^)tcmoa-bench ([a-z]+)\b", re.MULTILINE)


def files(*endings: str) -> list[Path]:
    """Tracked files, and new ones that git does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: tracked files cannot be listed")
    lines = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / line for line in lines if line.endswith(endings) and (ROOT / line).is_file()]


def named(pattern: re.Pattern[str], *endings: str) -> Iterator[tuple[Path, str]]:
    """Every name that a pattern finds, with the file that holds it."""
    for file in files(*endings):
        for name in pattern.findall(file.read_text("utf-8")):
            if name not in EXAMPLES:
                yield file, name


def said(found: Iterator[tuple[Path, str]]) -> list[str]:
    return [f"{file.relative_to(ROOT)}: {name}" for file, name in found]


def is_module(name: str, known: Mapping[str, Path]) -> bool:
    """Whether a dotted name is a module, or words in the source of the module that its beginning names."""
    parts = name.split(".")
    end = next((n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in known), 0)
    source = known[".".join(parts[:end])].read_text("utf-8") if end else ""
    return end > 0 and all(re.search(rf"\b{word}\b", source) for word in parts[end:])


def all_modules() -> dict[str, Path]:
    """Import name and file of every module, tests and benchmarks too."""
    scripts = [
        file.relative_to(ROOT) for top in ("tests", "benchmarks") for file in (ROOT / top).rglob("*.py")
    ]
    return modules() | {".".join(file.with_suffix("").parts): ROOT / file for file in scripts}


def test_paths_that_are_named_are_there() -> None:
    assert (
        said((f, n) for f, n in named(PATH, ".md", ".toml", ".yml", ".py") if not (ROOT / n).exists()) == []
    )


def test_modules_that_pages_name_are_there() -> None:
    names = {file.name for file in files(".py")}
    assert said((f, n) for f, n in named(FILE, ".md") if n not in names) == []
    known = all_modules()
    assert said((f, n) for f, n in named(MODULE, ".md") if not is_module(n, known)) == []


def test_links_between_pages_lead_somewhere() -> None:
    lost = [(f, n) for f, n in named(LINK, ".md") if not (f.parent / n).exists()]
    # Pages of the site that are made when it is built; its strict build (`make docs`) holds these links to them.
    assert said((f, n) for f, n in lost if not n.startswith("reference/")) == []


def test_make_targets_that_are_named_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    assert said((f, n) for f, n in named(TARGET, ".md", ".toml", ".yml", "run") if n not in targets) == []


def test_commands_that_pages_name_exist() -> None:
    assert said((f, n) for f, n in named(COMMAND, ".md") if n not in COMMANDS) == []


def test_a_name_that_is_not_there_is_noticed() -> None:
    none = "none"
    text = f"see `metrics/{none}.py` and ../benchmarks/{none}.md, `{none}.py`, [it]({none}.md)"
    assert PATH.findall(text) == [f"metrics/{none}.py", f"benchmarks/{none}.md"]
    assert [FILE.findall(text), LINK.findall(text)] == [["none.py"], ["none.md"]]
    known = all_modules()
    assert is_module("tcmoa_bench.metrics.scene.Plane", known)
    assert is_module("tcmoa_bench.metrics.score", known)
    assert not is_module("tcmoa_bench.metrics.scenery", known)
    assert not is_module("tcmoa_bench.metrics.scene.Plain", known)
