"""Labels in the adapters' layouts: found by name, checked, drawn."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tcmoa_bench.datasets import DATASETS, check, load
from tcmoa_bench.datasets.labelled import with_labels
from tcmoa_bench.images import read_image
from tcmoa_bench.labels import Box, Labels
from tests.datasets.drawn import const, put, touch
from tests.test_labels import OBJECT

Command = Callable[..., tuple[int, str, str]]

BOX = f"<annotation>{OBJECT.format('{}', 2, 3, 5, 6)}</annotation>"

#: Dataset, sources, label file, its content (a number: a map of it), what is read.
LAYOUTS = [
    ("llvip", ["LLVIP/visible/test/190001.jpg", "LLVIP/infrared/test/190001.jpg"], "LLVIP/Annotations/190001.xml",
     BOX.format("person"), "person"),
    ("llvip_train", ["LLVIP/visible/train/010001.jpg", "LLVIP/infrared/train/010001.jpg"],
     "LLVIP/Annotations/010001.xml", BOX.format("person"), "person"),
    ("m3fd_detection", ["M3FD_Detection/Vis/00001.png", "M3FD_Detection/Ir/00001.png"],
     "M3FD_Detection/Annotation/00001.xml", BOX.format("People"), "person"),
    ("m3fd_detection", ["m3fd detection/vi/00001.png", "m3fd detection/ir/00001.png"],
     "m3fd detection/Annotation/00001.xml", BOX.format("Lamp"), "lamp"),
    ("msrs", ["MSRS/test/vi/00537D.png", "MSRS/test/ir/00537D.png"], "MSRS/test/Segmentation_labels/00537D.png", 2,
     "person"),
    ("msrs_train", ["MSRS/train/vi/00537D.png", "MSRS/train/ir/00537D.png"],
     "MSRS/train/Segmentation_labels/00537D.png", 1, "car"),
    ("msrs_detection", ["MSRS/detection/vi/00537D.png", "MSRS/detection/ir/00537D.png"],
     "MSRS/detection/labels/00537D.txt", "0 0.4 0.5 0.5 0.5", "car"),
    ("fmb", ["FMB/test/Visible/00001.png", "FMB/test/Infrared/00001.png"], "FMB/test/Label/00001.png", 8, "person"),
    ("fmb_train", ["FMB/train/Visible/1.png", "FMB/train/Infrared/1.png"], "FMB/train/Label/1.png", 14, "pole"),
    ("mfnet", ["MFNet/rgb/00001D.png", "MFNet/ther/00001D.png"], "MFNet/labels/00001D.png", 8, "bump"),
    ("mfnet", ["MFNet/RGB/00001D.png", "MFNet/Thermal/00001D.png"], "MFNet/Label/00001D.png", 3, "bicycle"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "files", "file", "content", "found"), LAYOUTS)
def test_labels_are_found_by_the_pair_s_name(
    name: str, files: list[str], file: str, content: str | int, found: str, tmp_path: Path
) -> None:
    touch(tmp_path, files)
    (pair,) = load(name, tmp_path)
    assert pair.labels is None
    assert pair.load_labels((8, 8)) is None
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    if isinstance(content, int):
        put(path, content)
    else:
        path.write_text(content)
        (path.parent / "classes.txt").write_text("car\n")
    (pair,) = load(name, tmp_path)
    assert (pair.a, pair.b) == (tmp_path / files[0], tmp_path / files[1])
    labels = pair.load_labels((8, 8))
    assert labels is not None
    if labels.class_map is None:
        assert [box.name for box in labels.boxes] == [found]
    else:
        assert {labels.classes[n] for n in np.unique(labels.class_map)} == {found}
    report = check(name, tmp_path)
    assert report.ok, report.as_text()
    assert "1 of 1 pair labelled" in report.notes


def llvip(root: Path, boxes: dict[str, tuple[float, float, float, float]], names: str = "person") -> Path:
    """LLVIP pairs of 8 x 8 pixels, some labelled."""
    touch(root, [f"LLVIP/{role}/test/19000{n}.jpg" for role in ("visible", "infrared") for n in (1, 2)])
    (root / "LLVIP/Annotations").mkdir()
    for stem, box in boxes.items():
        text = f"<annotation>{OBJECT.format(names, *box)}</annotation>"
        (root / f"LLVIP/Annotations/{stem}.xml").write_text(text)
    return root


def test_check_names_what_is_not_labelled_what_leaves_the_picture_and_what_is_unknown(tmp_path: Path) -> None:
    report = check("llvip", llvip(tmp_path / "a", {"190002": (1, 1, 9, 8)}))
    assert not report.ok
    assert report.labels == [
        "190002: box 1 (person) leaves the picture of 8x8 (width x height): 0, 0 to 9, 8",
        "190001: not labelled",
    ]
    assert "labels: 190001: not labelled" in report.as_text()
    assert json.loads(json.dumps(report.as_dict()))["labels"] == report.labels
    report = check("llvip", llvip(tmp_path / "b", dict.fromkeys(("190001", "190002"), (1, 1, 8, 8)), "dog"))
    assert len(report.labels) == 2
    assert "object 1 has the class 'dog'; known are person" in report.labels[0]


def test_a_set_without_any_labels_is_no_worse_for_it(tmp_path: Path) -> None:
    report = check("llvip", llvip(tmp_path, {}))
    assert report.ok
    assert not any("label" in note for note in report.notes)


def test_every_dataset_that_has_labels_says_where() -> None:
    labelled = {name for name, *_ in LAYOUTS}
    assert {name for name in DATASETS if "labels" in DATASETS[name].layout} == labelled


def test_boxes_and_maps_are_drawn_where_they_are() -> None:
    gray = const(100)
    boxed = with_labels(gray, Labels((Box("person", 1, 2, 7, 8),), classes=("person",)))
    changed = (boxed != 100).any(axis=-1)
    assert changed[2, 1:7].all()
    assert changed[7, 1:7].all()
    assert changed[2:8, 1].all()
    assert changed[2:8, 6].all()
    assert not changed[:2].any()
    assert not changed[:, 0].any()
    assert not changed[:, 7].any()
    numbers = const(0)
    numbers[3, 3], numbers[4, 4] = 1, 255
    mapped = with_labels(gray, Labels(class_map=numbers, classes=("background", "car")))
    assert [tuple(map(int, at)) for at in np.argwhere((mapped != 100).any(axis=-1))] == [(3, 3)]
    assert (gray == 100).all()


def test_data_show_draws_a_pair(tmp_path: Path, command: Command) -> None:
    root = llvip(tmp_path, {"190001": (2, 2, 7, 7)})
    out = tmp_path / "drawn.png"
    assert command("data", "show", "llvip", "--data", root, "--pair", "190001", "-o", out) == (0, "", "")
    picture = read_image(out)
    assert picture.shape == (8, 16, 3)
    assert (picture[1, 1:7] == picture[1, 9:15]).all()
    for arguments, said in (
        (("--pair", "190001"), "--pair and -o go together"),
        (("--pair", "190009", "-o", out), "unknown pair '190009'"),
        (("--pair", "190002", "-o", out), "pair '190002' of 'llvip' has no labels"),
    ):
        code, _, err = command("data", "show", "llvip", "--data", root, *arguments)
        assert (code, said in err) == (2, True), err


def real_llvip(data_dir: Path, folder: Path) -> Path:
    """The real LLVIP pairs, their real boxes as the set's own XML."""
    boxes = json.loads((data_dir / "published/llvip_val_boxes_subset.json").read_text("utf-8"))["boxes"]
    root = folder / "LLVIP"
    for role in ("visible", "infrared"):
        (root / role / "test").mkdir(parents=True)
        for file in (data_dir / f"llvip/LLVIP/{role}/test").iterdir():
            os.symlink(file, root / role / "test" / file.name)
    (root / "Annotations").mkdir()
    for file, found in boxes.items():
        # The list's width is xmax - xmin of the XML that it was made from.
        objects = [OBJECT.format("person", x, y, x + w, y + h) for x, y, w, h in found]
        path = root / "Annotations" / Path(file).with_suffix(".xml").name
        path.write_text(f"<annotation>{''.join(objects)}</annotation>")
    return folder


def test_the_real_boxes_of_llvip_lie_in_their_pictures(data_dir: Path, tmp_path: Path) -> None:
    report = check("llvip", real_llvip(data_dir, tmp_path))
    assert (report.found, report.labels) == (11, [])
    assert "11 of 11 pairs labelled" in report.notes
