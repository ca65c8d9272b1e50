"""Colour: VIFB and MEFB are means over the channels, Liu and MFIF-Metrics see gray; mixed files are refused."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tcmoa_bench.gray import gray_double
from tcmoa_bench.metrics import CONVENTIONS, score
from tcmoa_bench.metrics.formulas.phase import phase_congruency

Image = NDArray[np.uint8]

#: VIFB's SF lays the channels side by side; MEF_SSIM and VIFB's Qabf have rules of their own for gray.
VIFB_MEANS = [m for m in CONVENTIONS["vifb"].values() if m.name != "SF"]
MEFB_MEANS = [m for m in CONVENTIONS["mefb"].values() if m.name not in ("MEF-SSIM", "FMI", "Qp")]


@pytest.fixture(scope="module")
def images() -> tuple[Image, Image, Image]:
    """Two smooth colour scenes and something between them, 64 x 72."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[:64, :72]
    waves = [np.sin(x / (5 + k)) + np.cos(y / (7 - k)) for k in range(3)]
    a = np.dstack([120 + 50 * w for w in waves]) + random.normal(0, 4, (64, 72, 3))
    b = np.dstack([110 - 40 * w for w in waves[::-1]]) + random.normal(0, 4, (64, 72, 3))
    fused = 0.6 * a + 0.4 * b
    return tuple(np.clip(np.rint(i), 0, 255).astype(np.uint8) for i in (a, b, fused))  # type: ignore[return-value]


def plane(image: Image, k: int) -> Image:
    return np.ascontiguousarray(image[..., k])


@pytest.mark.parametrize("metric", VIFB_MEANS + MEFB_MEANS, ids=lambda m: m.qualified)
def test_a_colour_value_is_the_mean_of_the_channels_values(metric, images) -> None:
    whole = score(*images, [metric])[metric.qualified].value
    parts = [score(*(plane(i, k) for i in images), [metric])[metric.qualified].value for k in range(3)]
    assert whole == pytest.approx(np.mean(parts), rel=1e-12)
    assert len(set(parts)) == 3


def test_gray_infrared_stands_for_all_three_channels_in_vifb(images) -> None:
    a, b, fused = images
    for metric in VIFB_MEANS:
        whole = score(a, plane(b, 1), fused, [metric])[metric.qualified].value
        parts = [score(plane(a, k), plane(b, 1), plane(fused, k), [metric]) for k in range(3)]
        assert whole == pytest.approx(np.mean([p[metric.qualified].value for p in parts]), rel=1e-12), metric


def test_vifb_sf_counts_the_jumps_between_the_channels_laid_side_by_side() -> None:
    flat = np.dstack([np.full((4, 5), level, np.uint8) for level in (10, 40, 30)])
    got = score(flat, flat, flat, ["SF@vifb", "SF@mefb"])
    # two jumps of 30 and 10 in each of 4 rows of 15 pixels
    assert got["SF@vifb"].value == pytest.approx(np.sqrt(4 * (30**2 + 10**2) / (4 * 15)), rel=1e-14)
    assert got["SF@mefb"].value == 0


def test_mefb_looks_only_at_the_first_channel_where_the_sources_are_gray(images) -> None:
    a, b, fused = images
    red = score(plane(a, 0), plane(b, 0), plane(fused, 0), "mefb")
    mixed = score(plane(a, 0), plane(b, 0), fused, "mefb")
    for name in ("EN", "SD", "SF", "CE", "NMI", "Qcb", "Qcv", "Qw"):
        assert mixed[f"{name}@mefb"].value == red[f"{name}@mefb"].value, name
    assert mixed["AG@mefb"].value != red["AG@mefb"].value  # of the fused image's gray levels


@pytest.mark.parametrize(
    ("convention", "colours", "said"),
    [
        ("vifb", (False, False, True), "A has one channel"),
        ("vifb", (False, True, True), "A has one channel"),
        ("mefb", (True, False, True), "three channels, the other one"),
        ("mefb", (True, True, False), "three channels and the fused image one"),
    ],
)
def test_mixed_files_give_no_value_but_the_reason(convention, colours, said, images) -> None:
    mixed = [i if colour else plane(i, 0) for i, colour in zip(images, colours, strict=True)]
    got = score(*mixed, convention)
    for name in ("EN", "MI", "Qabf", "Qcv", "NMI", "Qw"):
        if f"{name}@{convention}" in got:
            assert got[f"{name}@{convention}"].value is None
            assert said in got[f"{name}@{convention}"].reason
    assert got[f"AG@{convention}"].value is not None  # looks at the fused image alone


def test_vifb_compares_a_gray_fused_image_with_the_gray_sources(images) -> None:
    a, b, _ = images
    fused = plane(a, 1)
    got = score(a, b, fused, "vifb")
    gray = score(*(np.floor(i @ [0.2989360212937755, 0.5870430744511212, 0.1140209042551033] + 0.5).astype(np.uint8)
                   for i in (a, b)), fused, "vifb")  # fmt: skip
    for name in ("CE", "MI", "PSNR", "RMSE", "SSIM"):
        assert got[f"{name}@vifb"].value == gray[f"{name}@vifb"].value, name
    for name in ("Qcb", "Qcv"):
        assert got[f"{name}@vifb"].value is None
    # Qabf takes unrounded gray levels: near, but not the same
    assert got["Qabf@vifb"].value == pytest.approx(gray["Qabf@vifb"].value, abs=0.05)
    assert got["Qabf@vifb"].value != gray["Qabf@vifb"].value


@pytest.mark.parametrize("convention", ["liu", "mfif"])
def test_gray_conventions_take_any_mixture_of_files(convention, images) -> None:
    gray = [plane(i, 0) for i in images]
    expected = {k: s.value for k, s in score(*gray, convention).items()}
    assert sum(v is not None for v in expected.values()) >= 14
    for bits in range(1, 8):
        forms = [np.dstack([i] * 3) if bits >> k & 1 else i for k, i in enumerate(gray)]
        assert {k: s.value for k, s in score(*forms, convention).items()} == expected


def test_a_gray_pair_in_colour_clothes() -> None:
    """M27: of a colour fused image MEFB's EI sees the first channel, its AG the gray image, which is not rounded."""
    random = np.random.default_rng(27)
    a, b = (random.integers(0, 256, (20, 24), dtype=np.uint8) for _ in range(2))
    fused = random.integers(0, 256, (20, 24, 3), dtype=np.uint8)
    got = {name: one.value for name, one in score(a, b, fused, ["EI@mefb", "AG@mefb"]).items()}
    first = np.ascontiguousarray(fused[..., 0])
    assert got["EI@mefb"] == score(a, b, first, ["EI@mefb"])["EI@mefb"].value
    unrounded = gray_double(fused)
    down, across = np.gradient(unrounded)
    expected = np.sqrt((across**2 + down**2) / 2).sum() / (19 * 23)
    assert got["AG@mefb"] == pytest.approx(expected, rel=1e-12)
    rounded = score(a, b, np.round(unrounded).astype(np.uint8), ["AG@mefb"])["AG@mefb"].value
    assert got["AG@mefb"] != pytest.approx(rounded, rel=1e-9)


@pytest.mark.parametrize("metric", ["VIFF@mefb", "Qc@mefb", "SD@vifb"])
def test_the_reason_names_a_convention_that_takes_the_images(metric: str) -> None:
    gray, colour = np.full((50, 50), 9, np.uint8), np.full((50, 50, 3), 9, np.uint8)
    triple = (colour, gray, colour) if metric.endswith("mefb") else (gray, gray, colour)
    reason = score(*triple, [metric])[metric].reason
    assert reason is not None
    assert "textbook" in reason


def test_a_gray_triple_saved_in_colour_is_computed_once(images, monkeypatch: pytest.MonkeyPatch) -> None:
    gray = [plane(i, 0) for i in images]
    computed = []

    def counted(values, grid):
        computed.append(values)
        return phase_congruency(values, grid)

    monkeypatch.setattr("tcmoa_bench.metrics.formulas.qp.phase_congruency", counted)
    clothed = score(*(np.dstack([i] * 3) for i in gray), ["Qp@mefb"])["Qp@mefb"].value
    assert len(computed) == 3
    assert clothed == pytest.approx(score(*gray, ["Qp@mefb"])["Qp@mefb"].value, rel=1e-12)
