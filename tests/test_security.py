"""docs/security.md, line by line: what a file from elsewhere can and cannot do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.commands import RAMP, call, save
from tests.conftest import ROOT
from tests.run.runs import run

PLUGIN = """import pathlib
pathlib.Path(__file__).with_name("imported").touch()
from tcmoa_bench.metrics.core import Metric
def fuse(a, b, pair):
    return a
"""
PROGRAM = ("tcmoa_bench", "datasets", "baselines", "metrics", "reports")


def everything(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if "__pycache__" not in path.parts}


@pytest.mark.parametrize(
    "name", ["../../evil", "/etc/evil", "..", ".", "a/../../b", "~/x", "C:\\evil", "../" * 9 + "x"]
)
def test_names_in_data_files_stay_in_the_output_folder(tmp_path, monkeypatch, name):
    """Pair names, dataset names, labels of fusers: each becomes a file name of its own, below the run folder."""
    home = tmp_path / "deep/er/work"
    home.mkdir(parents=True)
    monkeypatch.chdir(home)
    for role in "ab":
        save(home / f"{role}.png", RAMP)
    save(home / "results/x.png", RAMP)
    (home / "pairs.csv").write_text(f'a,b,name,fused\na.png,b.png,"{name}",a.png\na.png,b.png,other,a.png\n')
    before = everything(tmp_path)
    result = call("run", "--csv", "pairs.csv", "--task", "vif", "--fusers", f"average,{name}", "--fused-map",
                  f"{name}=pairs.csv", "--out", "run", "--metrics", "EN@textbook", "--no-report")  # fmt: skip
    assert result.code in (0, 1, 2), result.err
    new = everything(tmp_path) - before
    assert all(path.is_relative_to(home / "run") for path in new), new
    if result.code == 2:
        return
    assert len(list((home / "run/fused").rglob("*.png"))) == 4
    before = everything(tmp_path)
    assert call("export", "run", "-o", "out").code in (0, 2)
    new = everything(tmp_path) - before
    assert all(path.is_relative_to(home / "out") or path.is_relative_to(home / "run") for path in new)


@pytest.fixture
def evil(pairs, tmp_path, monkeypatch):
    """A suite whose plug-ins and command would leave a trace."""
    (tmp_path / "evil.py").write_text(PLUGIN)
    monkeypatch.chdir(tmp_path)
    suite = pairs(
        {"p1": (RAMP, RAMP.T)},
        metrics='["EN@textbook", "evil:metric"]',
        extra=f'fusers = ["average", "evil:fuse"]\n[commands]\nTHEIRS = "touch {tmp_path}/started {{a}} {{out}}"\n',
    )
    return suite


def test_a_dry_run_and_listings_start_nothing(evil, tmp_path):
    result = call("run", "--suite", evil, "--out", "run", "--dry-run")
    assert result.code == 0, result.err
    assert f"note: the suite starts a program as THEIRS: touch {tmp_path}/started" in result.out
    assert "note: the suite imports a module: evil:fuse" in result.out
    assert "note: the suite imports a module: evil:metric" in result.out
    assert "3 to do" in result.out
    for what in ("metrics", "conventions", "fusers", "datasets", "suites"):
        assert call("ls", what).code == 0
    assert not (tmp_path / "imported").exists()
    assert not (tmp_path / "started").exists()
    assert not (tmp_path / "run").exists()


def test_a_run_says_what_its_suite_starts_before_it_starts(evil, tmp_path, monkeypatch):
    from tcmoa_bench.run import runner

    said = []
    monkeypatch.setattr(
        runner.Progress,
        "say",
        lambda self, notes: said.append((list(notes), (tmp_path / "imported").exists())),
    )
    call("run", "--suite", evil, "--out", "run", "--no-report")
    notes, imported = said[0]
    assert [note.partition(":")[0] for note in notes] == [
        "the suite starts a program as THEIRS",
        "the suite imports a module",
        "the suite imports a module",
    ]
    assert not imported
    assert (tmp_path / "imported").exists()


def test_what_the_user_typed_is_no_news(pairs, tmp_path):
    suite = pairs({"p1": (RAMP, RAMP.T)})
    result = run(suite, tmp_path / "run", "--command", "X=cp {a} {out}", "--fusers", "average,X")
    assert "the suite starts" not in result.err


#: The one reader of foreign pickles: its own unpickler, which loads no class (tests/cli/test_models_convert.py).
INERT = ROOT / "tcmoa_bench" / "inert.py"


def test_no_shell_and_no_pickle_in_the_package():
    """A search of the source: `shell=True`, `os.system`, `pickle.load`, `eval`, `torch.load` that would run code."""
    bad = re.compile(
        r"shell\s*=\s*True|os\.system|os\.popen|pickle\.loads?\(|[^.\w]eval\(|[^.\w]exec\(|weights_only\s*=\s*False"
        r"|allow_pickle\s*=\s*True|yaml\.load\("
    )
    hits = []
    for folder in PROGRAM:
        for file in (ROOT / folder).rglob("*.py"):
            if file == INERT:
                continue
            text = file.read_text("utf-8")
            hits += [f"{file.relative_to(ROOT)}: {hit[0].strip()}" for hit in bad.finditer(text)]
            loads = text.count("torch.load(")
            assert text.count("weights_only=True") >= loads, file
    assert hits == []
