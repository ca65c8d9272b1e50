"""`labels export` and `labels import`: what reads back equal, AP by hand and by pycocotools, nothing half imported."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tcmoa_bench.images import read_image
from tcmoa_bench.labelled import evaluate
from tcmoa_bench.labelled.export import coco
from tcmoa_bench.labelled.predictions import Found
from tcmoa_bench.labelled.rows import Scene
from tcmoa_bench.labels import Box, LabelFile, Labels
from tests.commands import call, save
from tests.labelled.conftest import BOXES, SIZE

needs_library = pytest.mark.skipif(
    find_spec("pycocotools") is None, reason="pycocotools (the extra `tasks`) is not installed"
)


def export(root: Path, layout: str, run: str = "llvip") -> Path:
    out = root / layout
    done = call("labels", "export", root / run, "--data", root / "data", "--layout", layout, "-o", out)
    assert done.code == 0, done.err
    assert done.out == f"{out}: average, maximum, visible, infrared\n"
    return out


@pytest.mark.parametrize(
    ("layout", "form", "place"), [("yolo", "yolo", "labels/val/{}.txt"), ("voc", "voc", "Annotations/{}.xml")]
)
def test_boxes_read_back_as_they_were(root: Path, layout: str, form, place: str) -> None:
    out = export(root, layout)
    for stem, boxes in BOXES.items():
        file = LabelFile(out / "maximum" / place.format(stem), form, ("person",))
        got = [(box.left, box.top, box.right, box.bottom) for box in file.load(SIZE).boxes]
        assert np.allclose(got, [(x - 1, y - 1, r, b) for x, y, r, b in boxes], atol=1e-5) or (
            got == boxes == []
        )
    if layout == "yolo":
        assert (out / "average/data.yaml").read_text() == (
            'path: .\ntrain: images/val\nval: images/val\nnames:\n  0: "person"\n'
        )
    else:
        assert (out / "average/ImageSets/Main/val.txt").read_text() == "190001\n190002\n190003\n"


def test_rows_are_the_fused_images_and_each_source_with_hashes(root: Path) -> None:
    out = export(root, "yolo")
    source = read_image(root / "data/LLVIP/infrared/test/190002.png")
    assert (read_image(out / "infrared/images/val/190002.png") == source).all()
    fused = (root / "llvip/fused/average/llvip/190002.png").read_bytes()
    assert (out / "average/images/val/190002.png").read_bytes() == fused
    rows = list(csv.DictReader((out / "split.csv").read_text().splitlines()))
    assert len(rows) == 4 * 3
    for row in rows:
        for kind in ("image", "label"):
            assert hashlib.sha256((out / row[kind]).read_bytes()).hexdigest() == row[f"{kind}_sha256"]
    assert (out / "classes.txt").read_text() == "person\n"


def test_coco_and_class_maps(root: Path) -> None:
    content = json.loads((export(root, "coco") / "average/annotations.json").read_text())
    assert [image["id"] for image in content["images"]] == [190001, 190002, 190003]
    assert set(content) == {"info", "images", "categories", "annotations"}
    assert content["categories"] == [{"id": 1, "name": "person"}]
    assert content["annotations"][2]["bbox"] == [1, 2, 11, 18]
    out = export(root, "seg", "msrs")
    numbers = np.array(read_image(out / "visible/labels/00001D.png"))
    assert (numbers == read_image(root / "data/MSRS/test/Segmentation_labels/00001D.png")).all()


def test_what_cannot_be_exported_leaves_nothing(root: Path) -> None:
    def said(run: str, layout: str, name: str = "new") -> str:
        done = call(
            "labels", "export", root / run, "--data", root / "data", "--layout", layout, "-o", root / name
        )
        assert done.code == 2
        return done.err

    assert "layout seg needs class maps, and the labels of this run's pairs are boxes" in said("llvip", "seg")
    assert "layout yolo needs boxes" in said("msrs", "yolo")
    assert "is there already" in said("llvip", "yolo", "data")
    (root / "llvip/fused/maximum/llvip/190003.png").unlink()
    assert "190003.png" in said("llvip", "yolo")
    (root / "data/LLVIP/Annotations/190003.xml").unlink()
    assert "pair llvip/190003 has no labels" in said("llvip", "yolo")
    save(root / "data/LLVIP/visible/test/190001.png", np.zeros(SIZE, np.uint8))
    assert "190001.png has changed since the run" in said("llvip", "yolo")
    assert not (root / "new").exists()
    assert not list(root.glob(".export-*"))


#: The second is not found, and what is found in 190003 is not there.
PLANTED = [
    {"image_id": 190001, "category_id": 1, "bbox": [10, 10, 20, 30], "score": 0.9},
    {"image_id": 190003, "category_id": 1, "bbox": [5, 5, 10, 10], "score": 0.8},
    {"image_id": 190002, "category_id": 1, "bbox": [1, 2, 11, 18], "score": 0.7},
]
#: Precision 1 up to recall 1/3, then 2/3 up to recall 2/3, then 0, at the 101 recalls 0, 0.01, ... 1.
BY_HAND = (34 * 1 + 33 * 2 / 3) / 101


def take(root: Path, predictions: Path, *options: object, run: str = "llvip"):
    return call("labels", "import", root / run, "--data", root / "data", "--predictions", predictions, "--detector", "D 1",
                *options)  # fmt: skip


def columns(root: Path, run: str = "llvip") -> dict[str, dict[str, float]]:
    table = json.loads(call("tables", root / run, "--format", "json").out)
    return {
        row["label"]: {k: v["value"] for k, v in row["cells"].items() if "[external]" in k}
        for row in table["rows"]
    }


@needs_library
def test_planted_predictions_have_the_ap_that_was_worked_out_by_hand(root: Path) -> None:
    (root / "found").mkdir()
    (root / "found/average.json").write_text(json.dumps(PLANTED))
    (root / "found/infrared.json").write_text("[]")
    done = take(root, root / "found")
    assert done.code == 0, done.err
    assert f"average: AP50 {BY_HAND:.4f}, AP {BY_HAND:.4f}, AR 0.6667" in done.out
    assert "infrared: AP50 0.0000" in done.out
    got = columns(root)["average"]
    assert got["AP50 D 1 [external] ↑"] == pytest.approx(BY_HAND, abs=1e-9)
    assert columns(root)["maximum"]["AP50 D 1 [external] ↑"] is None
    assert "AP50@external|v1|by:pycocotools:" in call("tables", root / "llvip").out
    assert call("report", root / "llvip").code == 0
    page = (root / "llvip/report.html").read_text("utf-8")
    assert '<span class="metric">AP50 D 1 ↑</span><span class="whose">external</span>' in page
    assert f'<span class="mark best">{BY_HAND:.4f}</span>' in page or f">{BY_HAND:.4f}<" in page
    assert "AP50@external|v1|by:pycocotools:" in page
    # The same detector again takes the place; another one stands beside.
    assert take(root, root / "found/average.json", "--fuser", "maximum").code == 0
    assert list(columns(root)["maximum"]) == [
        "AP50 D 1 [external] ↑",
        "AP D 1 [external] ↑",
        "AR D 1 [external] ↑",
    ]
    assert columns(root)["average"]["AP50 D 1 [external] ↑"] is None


@needs_library
def test_a_detector_s_numbers_are_watched_for_drift(root: Path) -> None:
    (root / "p.json").write_text(json.dumps(PLANTED))
    assert take(root, root / "p.json", "--fuser", "average").code == 0
    shutil.copytree(root / "llvip", root / "later")
    saved = call("baseline", "save", root / "llvip", "-o", root / "base.json")
    assert saved.code == 0, saved.err
    for base in ("llvip", "base.json"):
        assert call("compare", root / base, root / "later").code == 0
    # Found anew, and worse: the last box is a pixel off.
    (root / "p.json").write_text(json.dumps([*PLANTED[:2], {**PLANTED[2], "bbox": [1, 2, 11, 4]}]))
    assert take(root, root / "p.json", "--fuser", "average", run="later").code == 0
    for base in ("llvip", "base.json"):
        done = call("compare", root / base, root / "later")
        assert done.code == 1
        assert "AP50 D 1@external" in done.out
        assert "average on all pairs" in done.out
    # Gone altogether.
    missing = call("run", "--suite", root / "llvip.toml", "--data", root / "data", "--fusers", "average,maximum",
                   "--out", root / "bare", "--no-report")  # fmt: skip
    assert missing.code == 0
    done = call("compare", root / "llvip", root / "bare")
    assert (done.code, "average on external/all pairs is in llvip and not in bare" in done.out) == (1, True)
    done = call("compare", root / "bare", root / "llvip")
    assert (done.code, "other lists of pairs" in done.out) == (0, False), done.out


@needs_library
def test_yolo_s_text_gives_the_same(root: Path) -> None:
    (root / "t").mkdir()
    for item in PLANTED:
        x, y, w, h = item["bbox"]
        line = f"0 {(x + w / 2) / 64} {(y + h / 2) / 48} {w / 64} {h / 48} {item['score']}\n"
        (root / f"t/{item['image_id']}.txt").write_text(line)
    (root / "found/average").mkdir(parents=True)
    shutil.copytree(root / "t", root / "found/average/labels")  # as ultralytics leaves it
    for place in ((root / "found",), (root / "t", "--fuser", "average")):
        done = take(root, *place)
        assert done.code == 0, done.err
        assert done.out.startswith("average: AP50")
    assert columns(root)["average"]["AP D 1 [external] ↑"] == pytest.approx(BY_HAND, abs=1e-9)


def test_class_maps_by_hand(root: Path) -> None:
    """One row of the car's ten is taken for a person; what is not labelled does not count."""
    numbers = np.zeros(SIZE, np.uint8)
    numbers[:9], numbers[9], numbers[20:30, 20:40], numbers[40:] = 1, 2, 2, 5
    for stem in ("00001D", "00002N"):
        save(root / f"maps/{stem}.png", numbers)
    done = take(root, root / "maps", "--fuser", "average", run="msrs")
    assert done.code == 0, done.err
    got = columns(root, "msrs")["average"]
    car, person = 9 / 10, 200 / 264
    assert got["mIoU D 1 [external] ↑"] == pytest.approx((1 + car + person) / 3)
    assert got["mAcc D 1 [external] ↑"] == pytest.approx((1 + 0.9 + 1) / 3)
    assert got["IoU_person D 1 [external] ↑"] == pytest.approx(person)
    (root / "maps/00002N.png").unlink()
    assert "has no class map of 00002N" in take(root, root / "maps", "--fuser", "average", run="msrs").err


GOOD = {"image_id": 190001, "category_id": 1, "bbox": [1, 1, 5, 5], "score": 0.5}


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ({"image_id": 7}, "detection 2: image '7'"),
        ({"category_id": 2}, "detection 2: class 2 is not in the list 1..1 (person)"),
        ({"category_id": 0}, "--first-category says from where"),
        ({"bbox": [60, 1, 9, 9]}, "detection 2: box 1 (person) leaves the picture of 64x48"),
        ({"bbox": [1, 1, 0, 9]}, "detection 2: box 1 (person) is empty"),
        ({"score": float("nan")}, "detection 2: confidence nan is no number"),
        ({"bbox": [1, 2]}, "image_id, category_id, bbox and score are expected"),
    ],
)
def test_one_bad_detection_and_nothing_is_imported(root: Path, bad: dict, said: str) -> None:
    (root / "p.json").write_text(json.dumps([GOOD, {**GOOD, **bad}]))
    done = take(root, root / "p.json", "--fuser", "average")
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert columns(root)["average"] == {}


def test_wrong_folders_and_text(root: Path) -> None:
    (root / "f/other").mkdir(parents=True)
    assert "it holds other" in take(root, root / "f").err
    assert "unknown fuser 'other'" in take(root, root / "f", "--fuser", "other").err
    (root / "f/190001.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    assert "confidence are expected (save_conf=True)" in take(root, root / "f", "--fuser", "average").err
    (root / "f/190001.txt").write_text("3 0.5 0.5 0.1 0.1 0.9\n")
    assert "line 1: class '3'" in take(root, root / "f", "--fuser", "average").err
    (root / "f/190001.txt").rename(root / "f/x.txt")
    assert "image 'x'" in take(root, root / "f", "--fuser", "average").err
    assert "must hold class maps" in take(root, root / "f", "--fuser", "average", run="msrs").err


@needs_library
def test_numbers_of_images_that_changed_are_shown_no_more(root: Path) -> None:
    (root / "p.json").write_text(json.dumps(PLANTED))
    assert take(root, root / "p.json", "--fuser", "average").code == 0
    assert columns(root)["average"]
    for role in ("visible", "infrared"):
        save(root / f"data/LLVIP/{role}/test/190003.png", np.full(SIZE, 9, np.uint8))
    call("run", "--suite", root / "llvip.toml", "--data", root / "data", "--fusers", "average", "--out", root / "llvip",
         "--no-report")  # fmt: skip
    assert columns(root)["average"] == {}


def test_without_the_library_the_message_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, root: Path
) -> None:
    def missing(name: str) -> str:
        raise evaluate.importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(evaluate.importlib.metadata, "version", missing)
    (root / "p.json").write_text(json.dumps(PLANTED))
    done = take(root, root / "p.json", "--fuser", "average")
    assert (done.code, "pip install 'tcmoa-bench[tasks]'" in done.err) == (2, True)


def random_case(seed: int) -> tuple[list[Scene], Found]:
    random = np.random.default_rng(seed)
    classes = ("person", "car", "bus")
    found, scenes = [], []
    for name in ("a", "b", "c"):
        truth = []
        for _ in range(int(random.integers(0, 5))):
            left, top, wide, high = (*random.integers(0, 60, 2), *random.integers(5, 40, 2))
            kind = str(random.choice(classes))
            truth.append(Box(kind, *map(float, (left, top, left + wide, top + high))))
            if random.random() < 0.8:
                shift = random.normal(0, 3, 4)
                edges = np.array((left, top, left + wide, top + high)) + shift
                if edges[2] > edges[0] and edges[3] > edges[1]:
                    guess = kind if random.random() < 0.9 else str(random.choice(classes))
                    found.append((name, Box(guess, *map(float, edges)), float(random.random())))
        scenes.append(Scene(name, None, (120, 120), Labels(tuple(truth), classes=classes)))  # type: ignore[arg-type]
    return scenes, Found(tuple(found), {}, "")


@needs_library
def test_200_random_cases_equal_pycocotools_own_summary(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Through its own files, loader and summary: the numbers that its users print."""
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    compared = 0
    for seed in range(200):
        scenes, found = random_case(seed)
        (tmp_path / "truth.json").write_text(json.dumps(coco(scenes)))
        ids, classes = {"a": 1, "b": 2, "c": 3}, scenes[0].labels.classes
        answers = [
            {"image_id": ids[name], "category_id": classes.index(box.name) + 1, "score": confidence,
             "bbox": [box.left, box.top, box.right - box.left, box.bottom - box.top]}
            for name, box, confidence in found.boxes
        ]  # fmt: skip
        if not answers:
            continue
        truth = COCO(str(tmp_path / "truth.json"))
        judge = COCOeval(truth, truth.loadRes(answers), "bbox")
        judge.evaluate()
        judge.accumulate()
        judge.summarize()
        expected = {"AP": judge.stats[0], "AP50": judge.stats[1], "AR": judge.stats[8]}
        got = evaluate.detection(scenes, found)
        for name, value in expected.items():
            assert got.get(name, -1) == pytest.approx(value, abs=1e-6), (seed, name)
        for number, name in enumerate(classes, 1):
            judge.params.catIds = [number]
            judge.evaluate()
            judge.accumulate()
            judge.summarize()
            assert got.get(f"AP50_{name}", -1) == pytest.approx(judge.stats[1], abs=1e-6)
        compared += 1
    assert compared > 180
