"""A run over labelled pairs: region measures, and what a changed or broken label file does to them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tcmoa_bench.metrics import score
from tcmoa_bench.reports.summary import load_run
from tests.commands import call, save
from tests.datasets.test_labelled import real_llvip
from tests.test_labels import OBJECT

METRICS = "EN@textbook,SCR_gain@region,Less_visible@region,SCR_gain@region-car"


def label(root: Path, *box: int) -> None:
    path = root / "LLVIP/Annotations/190001.xml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"<annotation>{OBJECT.format('person', *box)}</annotation>" if box else "<annotation>")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    random = np.random.default_rng(0)
    for role in ("visible", "infrared"):
        image = random.integers(0, 256, (48, 64), dtype=np.uint8)
        save(tmp_path / "data/LLVIP" / role / "test/190001.png", image)
    (tmp_path / "suite.toml").write_text(
        'name = "mine"\nmetrics = ["EN@textbook"]\n[[datasets]]\nname = "llvip"\n'
    )
    return tmp_path / "data"


def run(root: Path, *options: object) -> dict[str, tuple[float | None, str]]:
    out = root.parent / "run"
    done = call("run", "--suite", root.parent / "suite.toml", "--data", root, "--fusers", "average", "--metrics", METRICS,
                "--out", out, "--no-report", *options)  # fmt: skip
    assert done.code == 0, done.err
    scores = load_run(out).scores
    return {
        row.qualified: (None if row.value != row.value else row.value, row.reason)
        for row in scores.itertuples()
    }


def kept(root: Path) -> tuple[list[object], list[dict[str, object]]]:
    """What the run folder holds for the report: the pair's boxes, and how visible each object is."""
    out = root.parent / "run"
    boxes, objects = list(out.glob("labels/llvip/*.json")), list(out.glob("objects/average/llvip/*.json"))
    return tuple(json.loads(files[0].read_text()) if files else [] for files in (boxes, objects))


def test_labels_reach_the_metrics_and_a_change_of_them_is_noticed(root: Path) -> None:
    bare = run(root)
    assert bare["SCR_gain@region"] == (None, "the pair has no labels")
    label(root, 11, 11, 30, 40)
    assert kept(root) == ([], [])
    first = run(root)
    boxes, (seen,) = kept(root)
    assert boxes == [["person", 10.0, 10.0, 30.0, 40.0]]
    assert [seen[edge] for edge in ("name", "left", "top", "right", "bottom")] == ["person", 10, 10, 30, 40]
    assert seen["fused"] / max(seen["a"], seen["b"]) == pytest.approx(first["SCR_gain@region"][0])
    assert first["SCR_gain@region"][0] is not None
    assert first["Less_visible@region"][0] in (0.0, 1.0)
    assert first["SCR_gain@region-car"] == (None, "no labelled object of the class car")
    assert first["EN@textbook"] == bare["EN@textbook"]
    label(root, 31, 11, 50, 40)
    second = run(root)
    assert kept(root)[1][0]["left"] == 30
    assert second["SCR_gain@region"] != first["SCR_gain@region"]
    verified = call("run", "--verify", "all", "--suite", root.parent / "suite.toml", "--data", root,
                    "--fusers", "average", "--metrics", METRICS, "--out", root.parent / "run")  # fmt: skip
    assert verified.code == 0, verified.out + verified.err
    label(root)
    broken = run(root)
    assert kept(root) == ([], [])
    assert broken["SCR_gain@region"][0] is None
    assert "190001.xml: no element found" in str(broken["SCR_gain@region"][1])
    assert broken["EN@textbook"] == bare["EN@textbook"]


@pytest.mark.parametrize("masked", [False, True])
def test_the_list_of_objects_is_of_the_part_that_is_measured(root: Path, masked: bool) -> None:
    label(root, 3, 11, 30, 40)
    whole = run(root)
    (before,) = kept(root)[1]
    if masked:
        mask = np.zeros((48, 64), np.uint8)
        mask[8:, 8:-4] = 255
        save(root.parent / "mask.png", mask)
    inner = run(root, *(["--mask", root.parent / "mask.png"] if masked else ["--border", 8]))
    (after,) = kept(root)[1]
    assert [before[edge] for edge in ("left", "top", "right", "bottom")] == [2, 10, 30, 40]
    assert [after[edge] for edge in ("left", "top", "right", "bottom")] == [8, 10, 30, 40]
    assert inner["SCR_gain@region"] != whole["SCR_gain@region"]
    assert after["fused"] / max(after["a"], after["b"]) == pytest.approx(inner["SCR_gain@region"][0])
    if masked:
        return
    # Nothing of it is within: no list either.
    label(root, 1, 1, 7, 7)
    assert run(root, "--border", 8)["SCR_gain@region"][0] is None
    assert kept(root)[1] == []


def test_a_class_map_is_kept_for_the_report_in_colours(tmp_path: Path) -> None:
    for role in ("vi", "ir"):
        save(
            tmp_path / f"MSRS/test/{role}/00001D.png",
            np.arange(48 * 64, dtype=np.uint32).reshape(48, 64).astype(np.uint8),
        )
    file = tmp_path / "MSRS/test/Segmentation_labels/00001D.png"
    numbers = np.zeros((48, 64), np.uint8)
    numbers[:9], numbers[40:] = 2, 255
    save(file, numbers)
    suite = tmp_path / "suite.toml"
    suite.write_text('name = "mine"\nmetrics = ["EN@region"]\n[[datasets]]\nname = "msrs"\n')
    typed = ("run", "--suite", suite, "--data", tmp_path, "--fusers", "average", "--out", tmp_path / "run")
    assert call(*typed).code == 0
    shown = np.asarray(Image.open(tmp_path / "run/labels/msrs/00001D.png").convert("RGBA"))
    ((name, ink),) = json.loads((tmp_path / "run/labels/msrs/00001D.colours.json").read_text())
    assert (name, ink) == ("person", "#{:02x}{:02x}{:02x}".format(*shown[0, 0, :3]))
    assert (shown[:9, :, 3] == 255).all()
    assert not shown[9:, :, 3].any()
    # When the map is gone, so is what was drawn of it.
    file.unlink()
    assert call(*typed).code == 0
    assert not list((tmp_path / "run/labels").rglob("*.*"))


def test_real_people_of_llvip_in_a_table(data_dir: Path, tmp_path: Path) -> None:
    """From the set's own files to a table: each source is itself as visible as the better one at most."""
    root = real_llvip(data_dir, tmp_path / "data")
    (tmp_path / "suite.toml").write_text(
        'name = "mine"\nmetrics = ["EN@region"]\n[[datasets]]\nname = "llvip"\n'
    )
    done = call("run", "--suite", tmp_path / "suite.toml", "--data", root, "--limit", 3, "--fusers", "average,maximum",
                "--metrics", "region", "--out", tmp_path / "run", "--no-report")  # fmt: skip
    assert done.code == 0, done.err
    table = json.loads(call("tables", tmp_path / "run", "--format", "json").out)
    average = next(row["cells"] for row in table["rows"] if row["label"] == "average")
    assert {name.split()[0] for name in average} == {
        "Contrast_gain",
        "SCR_gain",
        "Edges_kept",
        "EN",
        "Less_visible",
    }
    # |mean of means| is at most the mean of the two contrasts.
    assert 0 < average["Contrast_gain ↑"]["value"] < 1
    assert average["Less_visible ↓"]["value"] > 0.5


def test_python_takes_labels_too(root: Path) -> None:
    from tcmoa_bench.datasets import load

    label(root, 11, 11, 30, 40)
    (pair,) = load("llvip", root)
    a, b = pair.load()
    found = score(a, b, a, "region", labels=pair.load_labels((48, 64)))
    assert found["Contrast_gain@region"].value is not None
