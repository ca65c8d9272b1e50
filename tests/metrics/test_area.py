"""Borders and masks: what is left out is left out of everything, and signatures say so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmoa_bench.labels import Box, Labels
from tcmoa_bench.metrics import CONVENTIONS, Area, Undefined, resolve, score
from tcmoa_bench.metrics.area import largest_rectangle

RNG = np.random.default_rng(5)
NOISE = [RNG.integers(0, 256, (200, 210, 3), np.uint8) for _ in range(3)]
FRAME = np.zeros((200, 210), bool)
FRAME[12:190, 9:201] = True
LABELS = Labels((Box("person", 30, 40, 90, 120), Box("car", 0, 0, 5, 5), Box("car", 195, 100, 209, 150)))


def brute_area(mask):
    height, width = mask.shape
    return max(
        (
            (bottom - top) * (right - left)
            for top in range(height)
            for bottom in range(top + 1, height + 1)
            for left in range(width)
            for right in range(left + 1, width + 1)
            if mask[top:bottom, left:right].all()
        ),
        default=0,
    )


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 2**36 - 1))
def test_the_largest_rectangle_is_whole_and_no_other_is_larger(height, width, bits):
    mask = np.array([bits >> i & 1 for i in range(height * width)], bool).reshape(height, width)
    top, left, tall, wide = largest_rectangle(mask)
    assert mask[top : top + tall, left : left + wide].all()
    assert tall * wide == brute_area(mask)


def test_a_slanted_frame_of_a_real_size_is_found_exactly():
    mask = np.zeros((480, 640), bool)
    for row in range(480):  # what a registration leaves: a parallelogram
        mask[row, row // 10 : 592 + row // 10] = True
    assert largest_rectangle(mask) == (0, 47, 480, 545)


@pytest.mark.parametrize("convention", ["tang2023", "textbook", "vifb", "mefb", "region", "cddfuse"])
@pytest.mark.parametrize("area", [Area(border=10), Area(masked=True), Area(3, True)])
def test_a_metric_of_an_area_is_the_metric_of_the_cut_pictures(convention, area):
    rows, columns = area.window((200, 210), FRAME)
    cut = [image[rows, columns] for image in NOISE]
    there = score(*NOISE, convention, labels=LABELS, border=area.border, mask=FRAME if area.masked else None)
    alone = score(*cut, convention, labels=LABELS.within(rows, columns))
    assert {n: (s.value, s.reason) for n, s in there.items()} == {
        n: (s.value, s.reason) for n, s in alone.items()
    }
    assert sum(s.value is not None for s in there.values()) >= 5


def test_the_reference_image_is_cut_too():
    a, b, fused = NOISE
    reference = fused.copy()
    reference[:4] = 0
    name = next(
        m.qualified
        for c in CONVENTIONS.values()
        for m in c.values()
        if m.needs_reference and "region" not in c.name
    )
    (whole,) = score(a, b, fused, [name], reference=reference).values()
    (inner,) = score(a, b, fused, [name], reference=reference, border=4).values()
    (equal,) = score(a, b, fused, [name], reference=fused, border=4).values()
    assert (inner.value, inner.reason) == (equal.value, equal.reason)
    assert (whole.value, whole.reason) != (inner.value, inner.reason)


def test_signatures_name_the_area_and_those_of_whole_pictures_do_not_change():
    everything = [metric for convention in CONVENTIONS.values() for metric in convention.values()]
    assert not any("area:" in metric.signature() for metric in everything)
    (metric,) = resolve("EN@tang2023", area=Area(4))
    (plain,) = resolve("EN@tang2023")
    assert metric.signature() == plain.signature() + "|area:border-4"
    assert metric.signature(short=True).endswith("|border-4")
    assert resolve("EN@tang2023", area=Area(2, True))[0].signature().endswith("|area:mask-border-2")
    assert resolve("EN@tang2023", area=Area(0)) == [plain]


@pytest.mark.parametrize(
    ("area", "mask", "words"),
    [
        (Area(100), None, "a border of 100 pixels leaves nothing of 200x210"),
        (Area(masked=True), None, "the pair has no mask"),
        (Area(masked=True), FRAME[1:], "the mask is 199x210, the pictures 200x210"),
        (Area(masked=True), np.zeros((200, 210), bool), "leaves nothing"),
        (
            Area(masked=True),
            np.eye(200, 210, dtype=bool),
            "no frame: the largest rectangle within it holds 0%",
        ),
    ],
)
def test_what_cannot_be_measured_is_undefined_with_the_reason(area, mask, words):
    with pytest.raises(Undefined, match=words):
        area.window((200, 210), mask)


def test_a_metric_too_large_for_what_is_left_says_so():
    (found,) = score(*NOISE, ["MS-SSIM@textbook"], border=80).values()
    assert found.value is None
    assert "these are 40x50" in found.reason


def test_boxes_are_cut_at_the_edges_and_those_outside_are_left_out():
    cut = LABELS.within(slice(50, 150), slice(50, 200))
    assert cut.boxes == (Box("person", 0, 0, 40, 70), Box("car", 145, 50, 150, 100))


def test_a_border_below_zero_is_refused():
    with pytest.raises(ValueError, match="border of -1"):
        Area(-1)
