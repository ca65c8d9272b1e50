"""Commands and snippets of the pages, as they stand there: parsed all of them, and executed."""

from __future__ import annotations

import io
import json
import shutil
from contextlib import chdir, redirect_stdout
from pathlib import Path

import click
import numpy as np
import pytest

from tcmoa_bench.cli import cli
from tcmoa_bench.cli.options import Existing
from tcmoa_bench.datasets import load
from tcmoa_bench.images import read_image
from tests.commands import call, save
from tests.conftest import ROOT
from tests.pages import PAGES, Step, blocks, commands, steps

#: Pages that are walked in this order in one folder, as a new user would.
WALKS = ["tutorial.md", "for-reviewers.md", "questions.md", "python.md"]

#: What no test has: somebody's data, weights, GPU, program or hours of time. Beginnings of commands, with what they need.
NEEDS = {
    "tcmoa-bench train": "training photographs and hours",
    "tcmoa-bench pretrain": "training photographs and hours",
    "tcmoa-bench labels": "labelled data and a detector",
    "tcmoa-bench run --suite vif --data ~/datasets --metrics region": "labelled data",
    "tcmoa-bench run --suite my_suite.toml --data ~/datasets": "labelled data",
    "tcmoa-bench tables runs/people": "labelled data",
    "tcmoa-bench data show llvip --data": "labelled data",
    "tcmoa-bench data check llvip": "data",
    "tcmoa-bench data check mefb": "data",
    "tcmoa-bench data check --data": "data",
    "tcmoa-bench data check my_data:HARBOUR": "data",
    "tcmoa-bench data ls --data": "data",
    "tcmoa-bench fuse visible.png infrared.png -o fused.png --fuser seafusion": "weights",
    "tcmoa-bench fuse visible.png infrared.png -o fused.png --fuser ydtr": "weights",
    "tcmoa-bench run --suite vif --data DIR --fusers ydtr": "weights",
    "tcmoa-bench run --suite vif --data DIR --weights DIR": "weights",
    "tcmoa-bench models check mine.pth": "weights",
    "tcmoa-bench run --suite vif --data DIR --command": "a program of the reader's",
    "tcmoa-bench trust --values": "published values",
    "tcmoa-bench trust runs/mff --ratings": "ratings of people",
    "tcmoa-bench trust runs/mff-truth": "a run on real pairs",
    "tcmoa-bench run --suite truth.toml": "data",
    "tcmoa-bench trust --probe": "minutes of damage",
    "tcmoa-bench stress --suite vifb.toml": "data",
    "tcmoa-bench tables runs/vifb3": "three runs",
    "tcmoa-bench compare before.json": "two measurements of speed",
    "tcmoa-bench run --suite vifb --data DIR": "data",
    "tcmoa-bench which runs/which --table vifb.csv": "data",
    "tcmoa-bench which runs/mff --table table3.csv": "data",
    "tcmoa-bench figure runs/llvip": "data",
    "tcmoa-bench run --suite vif --data DIR --fusers average --fused sdnet.colour": "images of a network",
    "tcmoa-bench leaderboard add": "published images and somebody's results",
    "tcmoa-bench figure runs/paper": "a run on real pairs",
    "tcmoa-bench models convert": "an old checkpoint",
    "tcmoa-bench time --fusers seafusion": "weights",
    "tcmoa-bench time --fusers all": "hours",
}

#: Stand-ins for the reader's own: the embedded sample for datasets, classical fusers for networks, its pairs for theirs.
STAND_INS = [
    (" --data DIR", ""),
    (" --data ~/datasets", ""),
    ("--fusers IFCNN,GFF,lp", "--fusers average,gff,lp"),
    ("IFCNN,GFF,lp", "average,gff,lp"),
    ("--against IFCNN", "--against average"),
    ("--fusers lp,ifcnn,tcmoa ", "--fusers lp:border=mirror,gff,tcmoa-tiny "),
    ("--fuser tcmoa ", "--fuser tcmoa-tiny "),
    ("190001,190002", "street,meadow"),
    ("--pairs 190001", "--pairs street"),
    ("190001:", "street:"),
    ("190002:", "meadow:"),
    ("lytro_01", "garage"),
    ("--crop 300,90,64,48", "--crop 200,90,64,48"),
    (" --jobs 2", ""),
    (" --limit 20", ""),
]


def _executed(page: Path) -> list[Step]:
    walked = page.name in (*WALKS, "for-authors.md")
    return [] if walked else [s for s in commands(page) if not s.command.startswith(tuple(NEEDS))]


def _parse(words: list[str]) -> None:
    """Let click read a command without running it; it raises what it does not know."""
    context = cli.make_context("tcmoa-bench", list(words))
    rest, group = [*context._protected_args, *context.args], cli
    while True:
        name, command, rest = group.resolve_command(context, rest)
        assert command is not None
        context = command.make_context(name, rest, parent=context)
        if not isinstance(command, click.Group):
            return
        rest, group = [*context._protected_args, *context.args], command


def test_every_command_of_the_pages_is_understood(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(Existing, "convert", lambda self, value, param, ctx: Path(value))
    monkeypatch.chdir(tmp_path)
    wrong = []
    found = [(page.name, step) for page in PAGES for step in commands(page)]
    for page, step in found:
        try:
            _parse(step.words[1:])
        except click.ClickException as error:
            wrong.append(f"{page}: {step.command}: {error.format_message()}")
    assert wrong == []
    assert len(found) > 120


def test_a_command_that_click_refuses_is_noticed() -> None:
    with pytest.raises(click.ClickException):
        _parse(["run", "--suites", "vif"])
    with pytest.raises(click.ClickException):
        _parse(["data", "chek"])


def test_what_is_said_to_need_something_is_on_a_page() -> None:
    everything = [step.command for page in PAGES for step in commands(page)]
    assert [start for start in NEEDS if not any(c.startswith(start) for c in everything)] == []


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_walks_come_out_as_the_pages_show_them(cache, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TCMOA_BENCH_DATA", raising=False)
    done = 0
    for name in WALKS:
        names: dict[str, object] = {}
        printed = ""
        for block in blocks(ROOT / "docs" / name):
            if block.title:
                Path(block.title).write_text(block.text, "utf-8")
            if block.kind == "console":
                for step in steps(block):
                    result = call(*step.words[1:])
                    assert result.code == 0, (name, step.command, result.err)
                    assert step.missing(result.out + result.err) == [], (name, step.command, result.out)
                    done += 1
            elif block.kind == "python":
                with redirect_stdout(io.StringIO()) as stream:
                    exec(compile(block.text, f"{name}", "exec"), names)
                printed = stream.getvalue()
                done += 1
            elif block.kind == "text":
                assert [s.split() for s in block.text.splitlines()] == [
                    s.split() for s in printed.splitlines()
                ], name
    assert done >= 27
    assert Path("runs/first/report.html").is_file()


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory, shared_cache: Path) -> Path:
    """A folder with the files that pages name, made of the sample."""
    folder = tmp_path_factory.mktemp("sandbox")
    patch = pytest.MonkeyPatch()
    patch.setenv("TCMOA_BENCH_CACHE", str(shared_cache))
    patch.delenv("TCMOA_BENCH_DATA", raising=False)
    pairs = {pair.name: pair for task in ("vif", "mef", "mff") for pair in load(f"sample_{task}")}
    for names, scene in (
        (("visible", "infrared"), "street"),
        (("under", "over"), "window"),
        (("near", "far"), "table"),
    ):
        for name, image in zip(names, pairs[scene].load(), strict=True):
            save(folder / f"{name}.png", image)
            save(folder / f"{name}.jpg", image)
            save(folder / "middle.jpg", image)  # of a stack; the last has the size of near and far
    triple = [*pairs["table"].load(), pairs["table"].load()[0]]
    for letter, image in zip("ABC", triple, strict=True):
        save(folder / "LytroDataset" / "Triple Series" / f"lytro-01-{letter}.jpg", image)
    a, b = pairs["street"].load()
    mean = np.rint(a / 2 + (b if b.ndim == 3 else b[..., None]) / 2).astype(np.uint8)
    for name, image in (("A", a), ("B", b), ("F", mean), ("fused", mean)):
        save(folder / f"{name}.png", image)
    for pair in load("sample_vif"):
        for place in ("results", "path/to/images"):
            save(folder / place / f"{pair.name}.png", read_image(pair.a))
        for place, file in (("A", pair.a), ("B", pair.b), ("visible", pair.a), ("infrared", pair.b)):
            for above in ("my_pairs", "night", "."):
                if (above, place) not in {
                    (".", "A"),
                    (".", "B"),
                    ("my_pairs", "visible"),
                    ("my_pairs", "infrared"),
                }:
                    (folder / above / place).mkdir(parents=True, exist_ok=True)
                    shutil.copy(file, folder / above / place)
    (folder / "my_pairs.csv").write_text("a,b\nA.png,B.png\n")
    (folder / "my.toml").write_text(
        'name = "my"\nmetrics = ["EN@textbook"]\nfusers = ["average"]\n'
        '[[datasets]]\nname = "pairs"\ntask = "vif"\na = "visible"\nb = "infrared"\n'
    )
    shutil.copy(folder / "my.toml", folder / "theirs.toml")
    (folder / "my_network.py").write_text("def fuse(a, b):\n    return a\n")
    for name in ("my_metrics.py", "mine.toml"):
        page = {"my_metrics.py": "adding-a-metric.md", "mine.toml": "adding-a-suite.md"}[name]
        text = next(block.text for block in blocks(ROOT / "docs" / page))
        (folder / name).write_text(
            text.replace("[fused]", "[fused_maps]\n#")
            .replace("OLD =", "# OLD =")
            .replace("THEIRS =", "# THEIRS =")
        )
    (folder / "paper.csv").write_text("fuser,EN\naverage,6.55\n")
    patch.chdir(folder)
    fusers = "average,lp:border=mirror,lp,gff,tcmoa-tiny"
    for words in (
        f"run --suite vif --fusers {fusers} --out runs/vif --no-report",
        "run --suite vif --fusers tcmoa-tiny --option prompts=runs/vif/prompts --out runs/vif --no-report",
        "run --suite mff --fusers average,gff,lp --metrics EN@mefb,Qabf@mefb,GMSD_ref@piq --out runs/mff",
        "run --suite vif --fusers average,lp --metrics EN@*,SD@* --out runs/which --no-report",
        "baseline save runs/mff -o mff.json",
    ):
        result = call(*words.split())
        assert result.code == 0, (words, result.err)
    shutil.copy("mff.json", "baseline.json")
    patch.undo()
    return folder


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", [page for page in PAGES if _executed(page)], ids=lambda page: page.name)
def test_commands_run_as_they_stand(
    page: Path, sandbox: Path, cache: Path, tmp_path: Path, monkeypatch
) -> None:
    """With stand-ins for what only the reader has; a command may find something (exit code 1), never be refused."""
    monkeypatch.delenv("TCMOA_BENCH_DATA", raising=False)
    shutil.copytree(sandbox, tmp_path / "here")
    failed = []
    with chdir(tmp_path / "here"):
        for step in _executed(page):
            text = step.command
            for before, after in STAND_INS:
                text = text.replace(before, after)
            if text.startswith(("tcmoa-bench run", "tcmoa-bench stress")):  # one pair says whether it runs
                text = f"{text.partition('  #')[0]} --limit 1"
            if "baseline save" in text or ("baseline.json" in text and "runs/mff" not in text):
                Path("baseline.json").unlink(missing_ok=True)
                if "baseline save" not in text:
                    call("baseline", "save", "runs/vif", "-o", "baseline.json")
            result = call(*Step(text).words[1:])
            if result.code not in (0, 1) or "Traceback" in result.err:
                failed.append((step.command, result.code, result.err[-600:]))
    assert failed == []


def test_the_notebook_comes_out_as_it_was_saved(cache, monkeypatch) -> None:
    nbformat = pytest.importorskip("nbformat")
    client = pytest.importorskip("nbclient")
    saved = nbformat.read(ROOT / "docs" / "notebook.ipynb", as_version=4)
    again = client.NotebookClient(nbformat.from_dict(json.loads(json.dumps(saved))), timeout=300).execute()
    for before, now in zip(saved.cells, again.cells, strict=True):
        assert _texts(before) == _texts(now), before.source
    assert sum(len(_texts(cell)) for cell in saved.cells) >= 5


def _texts(cell) -> list[str]:
    """What a cell printed or showed, without pictures, warnings and the names of temporary folders."""
    shown = []
    for output in cell.get("outputs", ()):
        data = output.get("data", {})
        text = data.get("text/html") or data.get("text/plain") or output.get("text", "")
        if "image/png" not in data and output.get("name") != "stderr":
            shown.append(text)
    return shown
