"""Python snippets of the how-to pages, executed as they stand there (those of the walks are in test_pages)."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tcmoa_bench.datasets import DATASETS, load
from tcmoa_bench.datasets.dataset import Dataset
from tcmoa_bench.datasets.layouts import Folders
from tcmoa_bench.metrics import score
from tcmoa_bench.types import Task
from tests.commands import RAMP, call, save
from tests.conftest import ROOT
from tests.pages import blocks


def snippets(page: str) -> list[str]:
    return [block.text for block in blocks(ROOT / "docs" / page) if block.kind == "python"]


@pytest.fixture
def street(cache) -> dict[str, object]:
    a, b = next(pair for pair in load("sample_vif") if pair.name == "street").load()
    return {"a": a, "b": b, "fused": a}


@pytest.fixture
def modules(tmp_path, monkeypatch) -> None:
    """The folder is the current one, and where the user's modules are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)


def test_scoring_arrays(street) -> None:
    (text,) = snippets("metrics.md")
    exec(text, street)
    assert street["scores"]["SD@tang2022"].signature in text


def test_asking_which_definition(street) -> None:
    (text,) = snippets("which.md")
    value = score(*street.values(), ["SD@tang2022"])["SD@tang2022"].value
    exec(text.replace("10.8527", f"{value:.4f}"), street)
    assert street["found"].verdict == "one"


def test_a_dataset(tmp_path) -> None:
    entry, use = snippets("adding-a-dataset.md")
    harbour = eval(entry, {"Dataset": Dataset, "Folders": Folders, "Task": Task})
    DATASETS.add("harbour", harbour)
    for place in ("rgb", "thermal"):
        save(tmp_path / "Harbour" / place / "001.png", RAMP)
    names: dict[str, object] = {}
    exec(use.replace('"~/datasets"', repr(str(tmp_path))), names)
    assert len(names["found"].matches) == 1


def test_a_function_that_fuses(tmp_path, modules) -> None:
    function, _ = snippets("adding-a-fuser.md")
    (tmp_path / "my_code.py").write_text(
        "import torch\n\n\nclass Network(torch.nn.Linear):\n    def __init__(self):\n        super().__init__(1, 1)\n\n"
        "    def forward(self, a, b):\n        return (a + b) / 2\n"
    )
    torch.save(torch.nn.Linear(1, 1).state_dict(), tmp_path / "mine.pth")
    (tmp_path / "my_fuser.py").write_text(function)
    save(tmp_path / "a.png", np.full((32, 32, 3), 100, np.uint8))
    save(tmp_path / "b.png", np.full((32, 32), 50, np.uint8))
    fused = call("fuse", "a.png", "b.png", "-o", "f.png", "--fuser", "my_fuser:fuse", "--task", "vif")
    assert fused.code == 0, fused.err


def test_a_class_that_fuses(tmp_path, modules) -> None:
    _, text = snippets("adding-a-fuser.md")
    (tmp_path / "my_class.py").write_text(text)
    shown = call("models", "show", "my_class:Mine")
    assert shown.code == 0, shown.err
    assert "Author, Journal, year" in shown.out


def test_metrics_of_ones_own(tmp_path, modules) -> None:
    convention, formula, definition, _ = snippets("adding-a-metric.md")
    (tmp_path / "my_snippets.py").write_text("\n\n".join((convention, formula, definition)))
    for name in "abf":
        save(tmp_path / f"{name}.png", RAMP)
    scored = call("score", "a.png", "b.png", "f.png", "--metrics", "my_snippets:OURS", "--format", "csv")
    assert scored.code == 0, scored.err
    assert "Michelson@ours" in scored.out
    assert "Contrast@ours" in scored.out
