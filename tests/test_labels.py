"""Label files: each form's edges and numbers, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tcmoa_bench.labels import Box, LabelFile, Labels, canonical
from tcmoa_bench.types import PairError

OBJECT = "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"


def voc(path: Path, *objects: tuple[str, float, float, float, float]) -> LabelFile:
    path.write_text(f"<annotation>{''.join(OBJECT.format(*each) for each in objects)}</annotation>")
    return LabelFile(path, "voc", ("person", "car"))


def test_voc_counts_from_one_and_includes_the_last_pixel(tmp_path: Path) -> None:
    labels = voc(tmp_path / "1.xml", ("People", 1, 1, 10, 20), ("Car", 5, 6, 5, 6)).load((20, 10))
    assert labels.boxes == (Box("person", 0, 0, 10, 20), Box("car", 4, 5, 5, 6))
    assert labels.problems((20, 10)) == []


def test_a_voc_file_that_counts_from_zero_is_not_thrown_out_and_a_negative_edge_is_seen(
    tmp_path: Path,
) -> None:
    labels = voc(tmp_path / "1.xml", ("car", 0, 0, 4, 4), ("car", -3, 2, 4, 4)).load((20, 10))
    assert labels.boxes[0] == Box("car", 0, 0, 4, 4)
    (problem,) = labels.problems((20, 10))
    assert problem == "box 2 (car) leaves the picture of 10x20 (width x height): -3, 1 to 4, 4"


def test_yolo_boxes_are_shares_of_the_picture(tmp_path: Path) -> None:
    (tmp_path / "1.txt").write_text("1 0.5 0.25 0.2 0.5\n\n")
    (tmp_path / "classes.txt").write_text("person\nCar\n")
    labels = LabelFile(tmp_path / "1.txt", "yolo").load((40, 100))
    assert labels.boxes == (Box("car", 40, 0, 60, 20),)
    assert labels.classes == ("person", "car")


def test_an_empty_yolo_file_says_that_nothing_is_there(tmp_path: Path) -> None:
    (tmp_path / "1.txt").write_text("")
    assert LabelFile(tmp_path / "1.txt", "yolo", ("person",)).load((4, 4)) == Labels(classes=("person",))


@pytest.mark.parametrize("mode", ["L", "P"])
def test_a_map_s_numbers_are_read_and_not_its_palette(tmp_path: Path, mode: str) -> None:
    numbers = np.array([[0, 1], [2, 255]], np.uint8)
    picture = Image.fromarray(numbers)
    if mode == "P":
        picture = Image.fromarray(numbers, "P")
        picture.putpalette([v for n in range(256) for v in (255 - n, 7, n)])
    picture.save(tmp_path / "1.png")
    labels = LabelFile(tmp_path / "1.png", "map", ("background", "car", "person")).load((2, 2))
    assert labels.class_map is not None
    assert (labels.class_map == numbers).all()
    assert labels.problems((3, 2)) == ["the class map is 2x2, the picture 3x2 (height x width)"]


@pytest.mark.parametrize(
    ("form", "content", "said"),
    [
        ("voc", OBJECT.format("Horse", 1, 1, 2, 2).join(["<a>", "</a>"]), "object 1 has the class 'Horse'; known are"),
        ("voc", "<a><object><name>car</name></object></a>", "object 1 (car) has no bndbox"),
        ("voc", OBJECT.format("car", 1, "x", 2, 2).join(["<a>", "</a>"]), "could not convert"),
        ("voc", "<annotation>", "no element found"),
        ("voc", "<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "declares no document type"),
        ("yolo", "2 0.5 0.5 0.1 0.1", "line 1 has the class '2'; known are 0, 1"),
        ("yolo", "0 0.5 0.5 0.1", "line 1 has 4 words"),
        ("yolo", "-1 0.5 0.5 0.1 0.1", "line 1 has the class '-1'"),
        ("map", "no picture", "not a picture that can be decoded"),
    ],
)  # fmt: skip
def test_what_is_wrong_names_the_file(tmp_path: Path, form, content: str, said: str) -> None:
    path = tmp_path / "labels"
    path.write_text(content)
    with pytest.raises(PairError) as caught:
        LabelFile(path, form, ("person", "car")).load((10, 10))
    assert str(caught.value).startswith(f"labels {path}: ")
    assert said in str(caught.value)


def test_yolo_numbers_without_names_are_refused(tmp_path: Path) -> None:
    (tmp_path / "1.txt").write_text("0 0.5 0.5 0.1 0.1")
    with pytest.raises(PairError, match=r"put classes.txt beside it"):
        LabelFile(tmp_path / "1.txt", "yolo").load((10, 10))


def test_a_map_in_colour_or_with_a_strange_number_is_refused(tmp_path: Path) -> None:
    Image.fromarray(np.zeros((2, 2, 3), np.uint8)).save(tmp_path / "rgb.png")
    Image.fromarray(np.full((2, 2), 9, np.uint8)).save(tmp_path / "nine.png")
    with pytest.raises(PairError, match="one class number for each pixel"):
        LabelFile(tmp_path / "rgb.png", "map", ("a",)).load((2, 2))
    with pytest.raises(PairError, match="a pixel has the class '9'; known are 0, 1"):
        LabelFile(tmp_path / "nine.png", "map", ("a", "b")).load((2, 2))


@pytest.mark.parametrize(
    ("box", "said"),
    [
        (Box("car", 0, 0, 10, 20), ""),
        (Box("car", -0.4, 0, 10.4, 20), ""),
        (Box("car", 0, 0, 11, 20), "leaves"),
        (Box("car", 0, 0, 10, 21), "leaves"),
        (Box("car", 0, -1, 10, 20), "leaves"),
        (Box("car", 4, 0, 4, 20), "empty"),
        (Box("car", 0, 0, float("nan"), 20), "leaves"),
    ],
)
def test_boxes_stay_inside_but_for_rounding(box: Box, said: str) -> None:
    problems = Labels((box,)).problems((20, 10))
    assert len(problems) == bool(said)
    assert all(said in problem for problem in problems)


def test_spellings_of_one_class() -> None:
    assert [canonical(name) for name in (" People", "Motorcycle", "color_cone", "Bike")] == [
        "person", "motorcycle", "color cone", "bicycle",
    ]  # fmt: skip
