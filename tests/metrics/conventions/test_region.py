"""Measures of labelled objects: by hand, by a slow transcription, and where they have no value."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tcmoa_bench.labels import Box, Labels
from tcmoa_bench.metrics import CONVENTIONS, score
from tcmoa_bench.metrics.formulas.regions import find
from tcmoa_bench.metrics.scene import Scene, Sources
from tcmoa_bench.types import PairError

Image = NDArray[np.uint8]


def patch(inside: int, around: int, size: int = 24) -> Image:
    image = np.full((size, size), around, np.uint8)
    image[8:16, 8:16] = inside
    return image


ONE = Labels((Box("person", 8, 8, 16, 16),), classes=("person", "car"))


def values(
    a: Image, b: Image, fused: Image, labels: Labels | None, convention: str = "region"
) -> dict[str, float | None]:
    found = score(a, b, fused, convention, labels=labels)
    return {name.partition("@")[0]: one.value for name, one in found.items()}


def test_one_patch_by_hand() -> None:
    """A shows it by 20 levels, B by 100, F by 50; all flat, so the deviation is that of rounding."""
    got = values(patch(120, 100), patch(200, 100), patch(150, 100), ONE)
    assert got["Contrast_gain"] == pytest.approx(0.5, rel=1e-12)
    assert got["SCR_gain"] == pytest.approx(0.5, rel=1e-12)
    assert got["Edges_kept"] == pytest.approx(0.5, rel=1e-12)
    assert got["EN"] == 0
    assert got["Less_visible"] == 1


def test_clutter_around_hides_an_object_that_keeps_its_contrast() -> None:
    clean = patch(150, 100)
    noisy = clean.copy()
    noisy[::2, :8] = 120
    noisy[1::2, :8] = 80
    got = values(clean, np.full_like(clean, 90), noisy, ONE)
    assert got["Contrast_gain"] == pytest.approx(1, rel=1e-12)
    around = noisy[4:20, 4:20].astype(float)
    deviation = np.sqrt(around[find_around()].var() + 1 / 12)
    assert got["SCR_gain"] == pytest.approx(math.sqrt(1 / 12) / deviation, rel=1e-12)
    assert got["Less_visible"] == 1


def find_around() -> NDArray[np.bool_]:
    """The ring of half the box's side, within the window that it and the box take."""
    ring = np.ones((16, 16), bool)
    ring[4:12, 4:12] = False
    return ring


def test_a_copy_of_the_better_source_loses_nothing() -> None:
    random = np.random.default_rng(0)
    a = random.integers(0, 256, (24, 24), dtype=np.uint8)
    got = values(a, np.full_like(a, 7), a, ONE)
    assert (got["Contrast_gain"], got["SCR_gain"], got["Edges_kept"], got["Less_visible"]) == (1, 1, 1, 0)


def test_each_object_has_its_own_better_source() -> None:
    """The person is in B, the car in A; F is their mean and shows each by half."""
    labels = Labels((Box("person", 4, 4, 12, 12), Box("car", 30, 30, 44, 40)), classes=("person", "car"))
    a, b = np.full((64, 64), 100, np.uint8), np.full((64, 64), 100, np.uint8)
    b[4:12, 4:12], a[30:40, 30:44] = 180, 60
    fused = ((a.astype(int) + b) // 2).astype(np.uint8)
    assert values(a, b, fused, labels)["Contrast_gain"] == pytest.approx(0.5)
    fused[30:40, 30:44] = 60
    assert values(a, b, fused, labels)["Contrast_gain"] == pytest.approx((40 + 40) / (80 + 40))
    assert values(a, b, fused, labels)["Less_visible"] == 0.5
    assert values(a, b, fused, labels, "region-person")["Contrast_gain"] == pytest.approx(0.5)
    assert values(a, b, fused, labels, "region-car")["Contrast_gain"] == pytest.approx(1)
    assert values(a, b, fused, labels, "region-car")["Less_visible"] == 0


def slow(
    image: Image, box: tuple[int, int, int, int], others: list[tuple[int, int, int, int]]
) -> tuple[float, ...]:
    """Contrast, its ratio to the clutter, and entropy, pixel by pixel."""
    left, top, right, bottom = box
    wide, high = max(1, math.ceil((right - left) / 2)), max(1, math.ceil((bottom - top) / 2))
    inside: list[int] = []
    around: list[int] = []
    for y in range(image.shape[0]):
        for x in range(image.shape[1]):
            level = int(image[y, x])
            if left <= x < right and top <= y < bottom:
                inside.append(level)
            elif any(r[0] <= x < r[2] and r[1] <= y < r[3] for r in others):
                continue
            elif left - wide <= x < right + wide and top - high <= y < bottom + high:
                around.append(level)
    mean = sum(around) / len(around)
    contrast = abs(sum(inside) / len(inside) - mean)
    spread = math.sqrt(sum((v - mean) ** 2 for v in around) / len(around) + 1 / 12)
    shares = [inside.count(level) / len(inside) for level in set(inside)]
    return contrast, contrast / spread, -sum(p * math.log2(p) for p in shares)


@given(seed=st.integers(0, 2**32 - 1))
def test_random_boxes_equal_a_transcription(seed: int) -> None:
    random = np.random.default_rng(seed)
    a, b, f = (random.integers(0, 256, (20, 26), dtype=np.uint8) for _ in range(3))
    boxes = []
    for _ in range(3):
        left, top = int(random.integers(0, 24)), int(random.integers(0, 18))
        boxes.append((left, top, int(random.integers(left + 1, 27)), int(random.integers(top + 1, 21))))
    labels = Labels(tuple(Box("person", *box) for box in boxes), classes=("person",))
    # A box that fills the picture, or is ringed by others, has no surroundings and does not count.
    seen = []
    for box in boxes:
        try:
            seen.append([slow(image, box, boxes) for image in (a, b, f)])
        except ZeroDivisionError:
            continue
    got = values(a, b, f, labels)
    if not seen:
        assert set(got.values()) == {None}
        return
    for place, name in enumerate(("Contrast_gain", "SCR_gain")):
        whole = sum(max(x[place], y[place]) for x, y, _ in seen)
        assert got[name] == pytest.approx(sum(z[place] for *_, z in seen) / whole, rel=1e-9)
    assert got["EN"] == pytest.approx(sum(z[2] for *_, z in seen) / len(seen), rel=1e-9, abs=1e-12)
    assert got["Less_visible"] == sum(z[1] < max(x[1], y[1]) for x, y, z in seen) / len(seen)


def test_patches_of_a_map_are_objects_scenery_and_strays_are_not() -> None:
    numbers = np.zeros((40, 40), np.uint8)
    numbers[2:8, 2:8] = 1  # a car
    numbers[8:14, 8:14] = 1  # that touches it at a corner: the same patch
    numbers[20:30, 20:30] = 2  # a person
    numbers[20:25, 30:35] = 255  # not labelled: no surroundings either
    numbers[0:2, 30:40] = 3  # road
    numbers[35:37, 2:5] = 1  # six pixels
    found = find(Labels(class_map=numbers, classes=("background", "car", "person", "road")), (40, 40))
    assert [(region.name, int(region.inside.sum())) for region in found] == [("car", 72), ("person", 100)]
    person = found[1]
    assert person.window == (slice(15, 35), slice(15, 35))
    assert int(person.around.sum()) == 400 - 100 - 25


def test_a_box_that_juts_out_by_rounding_is_cut() -> None:
    (region,) = find(Labels((Box("car", -0.4, 2.6, 5.4, 20.4),)), (20, 30))
    assert region.window == (slice(0, 20), slice(0, 8))
    assert int(region.inside.sum()) == 5 * 17


@pytest.mark.parametrize(
    ("labels", "reason"),
    [
        (None, "the pair has no labels"),
        (Labels(), "no labelled object"),
        (Labels((Box("car", 0, 0, 30, 9),)), "labels: box 1 (car) leaves the picture of 24x24"),
        (Labels((Box("car", 0, 0, 24, 24),)), "no labelled object"),
    ],
)
def test_what_has_no_value_says_why(labels: Labels | None, reason: str) -> None:
    image = patch(9, 3)
    for one in score(image, image, image, "region", labels=labels).values():
        assert one.value is None
        assert (one.reason or "").startswith(reason)


def test_a_class_that_is_not_there_and_objects_that_no_source_shows() -> None:
    flat = patch(5, 5)
    assert {one.reason for one in score(flat, flat, flat, "region-car", labels=ONE).values()} == {
        "no labelled object of the class car"
    }
    reasons = {n: one.reason for n, one in score(flat, flat, patch(9, 5), "region", labels=ONE).items()}
    assert reasons["Contrast_gain@region"] == "no labelled object stands out in a source"
    assert reasons["EN@region"] is None


def test_labels_are_read_when_they_are_asked_for_and_a_broken_file_is_a_null() -> None:
    def broken(size: tuple[int, int]) -> Labels:
        raise PairError(f"labels x.xml: broken for {size[0]}x{size[1]}")

    image = patch(9, 3)
    scene = Scene(Sources(image, image, labels=broken), image)
    assert CONVENTIONS["textbook"]["EN"].score(scene).value is not None
    found = CONVENTIONS["region"]["SCR_gain"].score(scene)
    assert (found.value, found.reason) == (None, "labels x.xml: broken for 24x24")


def test_labels_of_the_sources_serve_every_fused_image() -> None:
    calls: list[tuple[int, int]] = []

    def once(size: tuple[int, int]) -> Labels:
        calls.append(size)
        return ONE

    a, b = patch(120, 100), patch(200, 100)
    sources = Sources(a, b, labels=once)
    for fused in (a, b):
        for metric in (*CONVENTIONS["region"].values(), *CONVENTIONS["region-person"].values()):
            assert metric.score(Scene(sources, fused)).value is not None
    assert calls == [(24, 24)]


@pytest.mark.parametrize("change", [np.fliplr, np.flipud, np.transpose])
def test_turning_the_picture_with_its_boxes_changes_nothing(change: Callable[[Image], Image]) -> None:
    random = np.random.default_rng(1)
    images = [random.integers(0, 256, (24, 24), dtype=np.uint8) for _ in range(3)]
    turned = [np.ascontiguousarray(change(image)) for image in images]
    assert values(*turned, ONE) == pytest.approx(values(*images, ONE), rel=1e-12)
