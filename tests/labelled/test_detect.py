"""`labels detect`: networks whose weights are set by hand, so that what they find is known, and what is refused."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import sys
import types
from importlib.util import find_spec
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torchvision.models import get_model, get_model_weights

from tcmoa_bench.images import safe_name
from tcmoa_bench.labelled.detect import detect
from tcmoa_bench.labelled.detectors import Settings
from tcmoa_bench.labelled.networks import open_detector
from tcmoa_bench.labelled.rows import scenes
from tcmoa_bench.reports.summary import load_run
from tests.commands import call, save
from tests.labelled.test_labels_command import columns, needs_library
from tests.test_labels import OBJECT

SSD = "ssdlite320_mobilenet_v3_large"
SEGMENTER = "lraspp_mobilenet_v3_large"


def zeroed(name: str, classes: int) -> torch.nn.Module:
    """A network that says the same of every picture: its weights and biases are nought."""
    model = get_model(name, weights=None, weights_backbone=None, num_classes=classes)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    return model


def one_box(folder: Path) -> Path:
    """SSDLite that finds a person in each picture: the last map's only place, its first box, 0.95 of both sides."""
    model = zeroed(SSD, 2)
    heads = model.head.classification_head.module_list
    with torch.no_grad():
        for head in heads:
            head[1].bias.copy_(torch.tensor([10.0, 0.0]).repeat(len(head[1].bias) // 2))
        heads[-1][1].bias[:2] = torch.tensor([0.0, 2.0])
    file = folder / "ssd.safetensors"
    save_file(model.state_dict(), file)
    return file


def run_detector(root: Path, model: str, weights: Path, *options: object, run: str = "llvip"):
    return call(
        "labels",
        "detect",
        root / run,
        "--data",
        root / "data",
        "--model",
        model,
        "--weights",
        weights,
        *options,
    )


@needs_library
def test_a_planted_network_has_the_ap_that_was_worked_out_by_hand(root: Path) -> None:
    """Of 64 x 48 it finds 1.6, 1.2 to 62.4, 46.8: a hit at every IoU (0.978) in the first picture, none in the others."""
    for stem, boxes in {"190001": [(3, 2, 62, 47)], "190002": [(3, 3, 12, 20)], "190003": []}.items():
        objects = "".join(OBJECT.format("person", *box) for box in boxes)
        (root / f"data/LLVIP/Annotations/{stem}.xml").write_text(f"<annotation>{objects}</annotation>")
    done = run_detector(root, f"torchvision:{SSD}", one_box(root), "--classes", "person")
    assert done.code == 0, done.err
    by_hand = 51 / 101  # precision 1 at the recalls 0 to 0.5, then nought
    for row in ("average", "maximum", "visible", "infrared"):
        assert f"{row}: AP50 {by_hand:.4f}, AP {by_hand:.4f}, AR 0.5000" in done.out
    name = f"{SSD} ssd"
    assert columns(root)["maximum"][f"AP50 {name} [external] ↑"] == pytest.approx(by_hand, abs=1e-9)
    text = call("tables", root / "llvip").out
    for fact in (
        f"|model:torchvision:{SSD}|torchvision:",
        "|weights:",
        "|conf:0.001|iou:0.55|size:320|labels:",
        "|predictions:",
    ):
        assert fact in text
    # What it found can be taken in again, and is what it was.
    again = call("labels", "import", root / "llvip", "--data", root / "data", "--detector", "D",
                 "--predictions", root / "llvip/predictions" / safe_name(name))  # fmt: skip
    assert again.out == done.out
    # The same name again takes the columns' place.
    run_detector(
        root, f"torchvision:{SSD}", one_box(root), "--classes", "person", "--conf", 0.9, "--detector", name
    )
    assert columns(root)["maximum"][f"AP50 {name} [external] ↑"] == 0


def test_a_planted_segmenter_by_hand(root: Path) -> None:
    """It takes every pixel for a car: 640 of the 2,560 that are labelled are one."""
    model = zeroed(SEGMENTER, 4)
    with torch.no_grad():
        model.classifier.low_classifier.bias[2] = 1
    torch.save({"model": model.state_dict(), "epoch": 3}, root / "cars.pth")
    classes = "background,sofa,car,person"
    for size in ((), ("--imgsz", 64)):
        done = run_detector(
            root, f"torchvision:{SEGMENTER}", root / "cars.pth", "--classes", classes, *size, run="msrs"
        )
        assert done.code == 0, done.err
        assert (
            "average: mIoU 0.0833, mAcc 0.3333, IoU_background 0.0000, IoU_car 0.2500, IoU_person 0.0000"
            in done.out
        )
        assert "the detector does not know bicycle, curve" in done.err
    assert columns(root, "msrs")["average"][f"mIoU {SEGMENTER} cars [external] ↑"] == pytest.approx(0.25 / 3)
    assert "|size:64|norm:imagenet|" in call("tables", root / "msrs").out
    # What the labels have no class for is background.
    with torch.no_grad():
        model.classifier.low_classifier.bias[1] = 2
    torch.save(model.state_dict(), root / "sofas.pth")
    done = run_detector(
        root, f"torchvision:{SEGMENTER}", root / "sofas.pth", "--classes", classes, run="msrs"
    )
    assert f"IoU_background {1720 / 2560:.4f}" in done.out


class Bright:
    """A detector that boxes what is brighter than the half, and a thing that nobody has labelled."""

    classes, maps, facts = ("person", "dragon"), False, ""

    def find(self, image):
        rows, columns = np.nonzero(image > 127)
        edges = float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)
        return [
            (0, edges, 0.5),
            (1, edges, 0.9),
            (0, (-5.0, -5.0, 3.0, 3.0), 0.4),
            (0, (70.0, 0.0, 80.0, 9.0), 0.4),
        ]


def test_each_row_s_own_images_are_looked_at(root: Path) -> None:
    image = np.zeros((48, 64), np.uint8)
    image[10:20, 30:50] = 200
    save(root / "llvip/fused/maximum/llvip/190002.png", image)
    run = load_run(root / "llvip")
    found = scenes(run, root / "data")
    files = dict(detect(run, found, Bright(), ["average", "maximum"], root / "p"))
    assert list(files) == ["average", "maximum", "visible", "infrared"]
    own = [item for item in json.loads(files["maximum"].read_text()) if item["image_id"] == 190002]
    # Other classes are left out; what leaves the picture is cut; what lies outside is none.
    assert [item["bbox"] for item in own] == [[30, 10, 20, 10], [0, 0, 3, 3]]
    assert {item["category_id"] for item in own} == {1}


def test_what_cannot_be_detected_is_said_and_nothing_is_kept(root: Path) -> None:
    weights = one_box(root)

    def said(*options: object, model: str = f"torchvision:{SSD}", run: str = "llvip") -> str:
        done = run_detector(root, model, weights, *options, run=run)
        assert (done.code, done.out) == (2, "")
        return done.err

    assert "unknown detector 'yolo'" in said(model="yolo")
    assert "unknown network of torchvision 'resnet50'" in said(model="torchvision:resnet50")
    assert "It was built for 3 classes with the background; say with --classes" in said(
        "--classes", "person,car"
    )
    assert "It was built for 91 classes" in said()
    assert "no class of the detector (persn) is one of the labels' (person)" in said("--classes", "persn")
    assert "has pictures of 320 pixels and no other size" in said("--classes", "person", "--imgsz", 640)
    assert "the detector finds boxes, and the labels of this run's pairs are class maps" in said(
        "--classes", "person", run="msrs"
    )
    (root / "llvip/fused/average/llvip/190003.png").unlink()
    assert "190003.png" in said("--classes", "person")
    assert columns(root)["average"] == {}


def test_every_network_is_listed_with_its_licence_and_none_is_available() -> None:
    lines = call("labels", "detectors").out.splitlines()
    assert lines[0].split() == ["detector", "finds", "licence", "unavailable", "without"]
    assert any(line.split() == [f"torchvision:{SSD}", "boxes", "BSD-3-Clause", "weights"] for line in lines)
    assert any(line.startswith("ultralytics:NAME") and "AGPL-3.0" in line for line in lines)


@pytest.mark.slow
def test_published_weights_are_run_as_torchvision_runs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first COCO weights go with norms that add no epsilon: a file is known by its hash."""
    name = "fasterrcnn_resnet50_fpn"
    torch.manual_seed(0)
    tensors = get_model(name, weights=None, weights_backbone=None).state_dict()
    for key in tensors:
        if key.endswith("running_var"):
            tensors[key] = torch.full_like(tensors[key], 1e-4)
            tensors[key.replace("running_var", "weight")] *= 1e-2
    tensors = {key: value for key, value in tensors.items() if not key.endswith("num_batches_tracked")}
    save_file(tensors, tmp_path / "w.safetensors")
    published = get_model_weights(name)["COCO_V1"]
    monkeypatch.setattr(type(published), "get_state_dict", lambda *_, **__: tensors)
    official = get_model(name, weights=published, min_size=64, max_size=107).eval()
    official.roi_heads.score_thresh = 0.001
    image = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    with torch.inference_mode():
        expected = official([torch.from_numpy(image).permute(2, 0, 1) / 255])[0]
    settings = Settings(size=64)
    other = open_detector(f"torchvision:{name}", tmp_path / "w.safetensors", (), settings).find(image)
    digest = hashlib.sha256((tmp_path / "w.safetensors").read_bytes()).hexdigest()
    monkeypatch.setattr(type(published), "url", f"https://x/f-{digest[:8]}.pth", raising=False)
    own = open_detector(f"torchvision:{name}", tmp_path / "w.safetensors", (), settings).find(image)
    assert len(own) == len(expected["scores"]) > 0
    assert np.allclose([hit[2] for hit in own], expected["scores"], atol=1e-6)
    assert [hit[0] for hit in own] == expected["labels"].tolist()
    assert len(other) != len(own) or not np.allclose([hit[2] for hit in other], expected["scores"], atol=1e-6)


# ---- ultralytics: its documented call by a stand-in, and itself where it is installed


class StandIn:
    """`YOLO(file).predict(array, conf=, iou=, imgsz=)` as ultralytics documents it."""

    made: ClassVar[list[StandIn]] = []

    def __init__(self, file: str, task: str | None = None) -> None:
        self.file, self.names, self.calls = file, {0: "person", 1: "dragon"}, []
        self.made.append(self)

    def predict(self, source, **options):
        self.calls.append((source, options))
        boxes = types.SimpleNamespace(
            xyxy=torch.tensor([[10.0, 10, 30, 40], [1, 1, 9, 9]]),
            conf=torch.tensor([0.75, 0.5]),
            cls=torch.tensor([0.0, 1.0]),
        )
        return [types.SimpleNamespace(boxes=boxes)]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> type[StandIn]:
    from tcmoa_bench.labelled import of_ultralytics

    monkeypatch.setitem(sys.modules, "ultralytics", types.SimpleNamespace(YOLO=StandIn))
    version = of_ultralytics.importlib.metadata.version
    monkeypatch.setattr(
        of_ultralytics.importlib.metadata,
        "version",
        lambda name: "8.9" if name == "ultralytics" else version(name),
    )
    StandIn.made.clear()
    return StandIn


class Evil:
    def __reduce__(self):
        return (os.mkdir, ("evil",))


@needs_library
def test_a_pickle_of_ultralytics_runs_only_when_it_is_said(
    root: Path,
    stand_in: type[StandIn],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(root)
    (root / "best.pt").write_bytes(pickle.dumps(Evil()))
    done = run_detector(root, "ultralytics", root / "best.pt")
    assert done.code == 2
    assert "is a pickle, a program that runs when it is read, so it is refused" in done.err
    assert stand_in.made == []
    done = run_detector(root, "ultralytics", root / "best.pt", "--unpickle", "--imgsz", 96, "--iou", 0.5)
    assert done.code == 0, done.err
    # The one box is in all three pictures, of whose three people one is that.
    by_hand = 34 / 101
    assert f"average: AP50 {by_hand:.4f}" in done.out
    ((model,), calls) = stand_in.made, stand_in.made[0].calls
    assert model.file == str(root / "best.pt")
    assert len(calls) == 4 * 3
    options = {"conf": 0.001, "iou": 0.5, "imgsz": 96, "device": "cpu", "verbose": False, "save": False}
    assert all(got == options for _, got in calls)
    assert calls[0][0].shape == (48, 64, 3)
    assert (os.environ["YOLO_OFFLINE"], os.environ["YOLO_AUTOINSTALL"]) == ("true", "false")
    assert "|model:ultralytics:of-the-file|ultralytics:8.9|weights:" in call("tables", root / "llvip").out
    done = run_detector(root, "ultralytics", root / "best.pt", "--unpickle", "--classes", "person")
    assert (done.code, "has 2 classes, and --classes 1: person" in done.err) == (2, True)
    assert not (root / "evil").exists()


def test_a_library_that_is_not_there_is_said(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ultralytics", None)
    done = run_detector(root, "ultralytics:yolov8n", one_box(root), "--classes", "person")
    assert (done.code, "pip install ultralytics (its licence is AGPL-3.0)" in done.err) == (2, True)


@pytest.mark.skipif(find_spec("ultralytics") is None, reason="ultralytics (AGPL-3.0) is not installed")
def test_a_file_of_tensors_gives_what_ultralytics_own_file_gives(
    root: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("YOLO_CONFIG_DIR", str(tmp_path))
    monkeypatch.setenv("YOLO_OFFLINE", "true")
    monkeypatch.chdir(tmp_path)
    from ultralytics import YOLO
    from ultralytics.nn.tasks import DetectionModel

    torch.manual_seed(0)
    model = YOLO("yolov8n.yaml")
    model.model = DetectionModel("yolov8n.yaml", nc=2, verbose=False)
    model.model.names = {0: "person", 1: "car"}
    model.save(tmp_path / "own.pt")
    refused = run_detector(root, "ultralytics:yolov8n", tmp_path / "own.pt", "--classes", "person,car")
    assert (refused.code, "tcmoa-bench models convert" in refused.err) == (2, True)
    assert call("models", "convert", tmp_path / "own.pt", tmp_path / "own.safetensors").code == 0
    assert load_file(tmp_path / "own.safetensors").keys() == model.model.state_dict().keys()
    image = np.random.default_rng(1).integers(0, 256, (96, 128, 3), np.uint8)
    settings = Settings(confidence=1e-5, size=128)
    own = open_detector("ultralytics", tmp_path / "own.pt", (), settings, unpickle=True)
    tensors = open_detector("ultralytics:yolov8n", tmp_path / "own.safetensors", ("person", "car"), settings)
    assert own.classes == tensors.classes == ("person", "car")
    expected = (
        YOLO(tmp_path / "own.pt")
        .predict(image[..., ::-1].copy(), conf=1e-5, imgsz=128, verbose=False)[0]
        .boxes
    )
    assert len(expected) > 0
    for detector in (own, tensors):
        hits = detector.find(image)
        assert np.allclose([hit[2] for hit in hits], expected.conf)
        assert np.allclose([hit[1] for hit in hits], expected.xyxy)
    assert not (tmp_path / "runs").exists()
    with pytest.raises(Exception, match="has no detector 'yolov99'"):
        open_detector("ultralytics:yolov99", tmp_path / "own.safetensors", ("person",), settings)
    with pytest.raises(Exception, match="does not fit yolov8n of 1 classes"):
        open_detector("ultralytics:yolov8n", tmp_path / "own.safetensors", ("person",), settings)
