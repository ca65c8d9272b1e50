"""Colour conversions and savers against the libraries whose digits they repeat."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image as PilImage

from tcmoa_bench.baselines.deep import colour
from tcmoa_bench.baselines.deep.savers import save_imageio, save_scipy, stretch, truncate
from tcmoa_bench.baselines.deep.sesf import clean_map, guided_weight


@pytest.fixture(scope="module")
def picture():
    return np.random.default_rng(4).integers(0, 256, (300, 400, 3), dtype=np.uint8)


def test_gray_equals_pillow(picture):
    np.testing.assert_array_equal(
        colour.gray_pillow(picture), np.asarray(PilImage.fromarray(picture).convert("L"))
    )


def test_gray_is_opencvs_to_a_level_and_libpngs_is_close_below(picture):
    exact = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(int)  # older OpenCV rounds to 14 bits
    assert np.abs(colour.gray_opencv(picture) - exact).max() <= 1
    difference = colour.gray_opencv(picture).astype(int) - colour.gray_imread(picture)
    assert set(np.unique(difference)) == {0, 1}


def test_ycrcb_equals_opencv_there_and_back(picture):
    ycrcb = colour.ycrcb_opencv(picture)
    np.testing.assert_array_equal(ycrcb, cv2.cvtColor(picture, cv2.COLOR_RGB2YCrCb))
    np.testing.assert_array_equal(
        colour.rgb_from_ycrcb_opencv(ycrcb), cv2.cvtColor(ycrcb, cv2.COLOR_YCrCb2RGB)
    )


@pytest.mark.parametrize("convert", [colour.gray_pillow, colour.gray_opencv, colour.gray_imread])
def test_gray_images_keep_their_levels(convert):
    ramp = np.arange(256, dtype=np.uint8)[None]
    np.testing.assert_array_equal(convert(ramp), ramp)
    assert np.abs(convert(colour.rgb(ramp)).astype(int) - ramp).max() <= 1


def test_colours_come_back(picture):
    y, cb, cr = np.moveaxis(colour.ycc_centred(picture), -1, 0)
    assert np.abs(colour.rgb_from_ycc_centred(y, cb, cr).astype(int) - picture).max() <= 1
    y, cr, cb = np.moveaxis(colour.ycrcb_float(picture / 255), -1, 0)
    np.testing.assert_allclose(colour.rgb_from_ycrcb_float(y, cr, cb), picture / 255, atol=0.004)
    y, cb, cr = np.moveaxis(colour.studio(picture), -1, 0)
    np.testing.assert_allclose(colour.rgb_from_studio(y, cb, cr), picture, atol=1.1)


def test_stronger_chroma_decides():
    first, second = np.array([128.0, 128, 228, 28]), np.array([128.0, 138, 128, 228])
    np.testing.assert_allclose(colour.fuse_chroma(first, second), [128, 138, 228, 128])


def test_equal_channels_are_no_colour():
    gray = np.full((3, 3, 3), 7, np.uint8)
    assert not colour.is_coloured(gray)
    gray[1, 1, 2] = 8
    assert colour.is_coloured(gray)


def test_saving_truncates_or_rounds_but_never_wraps():
    np.testing.assert_array_equal(truncate(np.array([-0.2, 0.5, 0.9999, 1.0, 1.7])), [0, 127, 254, 255, 255])
    np.testing.assert_array_equal(save_imageio(np.array([0.0, 0.5, 1.0])), [0, 127, 255])


def test_the_stretches_and_where_they_happen():
    image = np.array([0.2, 0.4, 0.6])
    np.testing.assert_allclose(stretch(image), [0, 0.5, 1])
    np.testing.assert_array_equal(save_scipy(image), [0, 128, 255])
    np.testing.assert_array_equal(save_scipy(image, low=0.0), [85, 170, 255])
    np.testing.assert_array_equal(save_imageio(image), [51, 102, 153])  # within 0..1: not stretched
    np.testing.assert_array_equal(save_imageio(np.array([-1.0, 0, 1])), [0, 127, 255])


def test_a_constant_image_is_stretched_without_dividing_by_zero():
    flat = np.full((2, 2), 0.3)
    assert (stretch(flat) == 0).all()
    assert (save_scipy(flat) == 0).all()


def test_specks_and_pinholes_leave_the_decision_map():
    decision = np.zeros((100, 100), bool)
    decision[:, :50] = True
    decision[40:43, 20:23] = False
    decision[70:74, 80:84] = True
    expected = np.zeros((100, 100), bool)
    expected[:, :50] = True
    np.testing.assert_array_equal(clean_map(decision), expected)


def test_the_weight_is_exact_where_the_map_is_constant():
    rng = np.random.default_rng(0)
    a, b = (rng.integers(0, 256, (60, 80, 3), dtype=np.uint8) for _ in range(2))
    decision = np.zeros((60, 80), bool)
    decision[:, :40] = True
    weight = guided_weight(decision, a, b)
    np.testing.assert_allclose(weight[:, :30], 1, atol=1e-12)
    np.testing.assert_allclose(weight[:, 50:], 0, atol=1e-12)
    flat = guided_weight(np.ones((60, 80), bool), a, b)
    assert (flat == 1).all()


def test_mefbs_colour_step_as_written_out_by_hand():
    """One pixel: chroma of rgb2ycbcr in 8 bits, weighted by its distance from 128, unrounded; MATLAB script's way back."""
    a, b = np.full((1, 1, 3), (200, 30, 60), np.uint8), np.full((1, 1, 3), (10, 90, 20), np.uint8)
    # rgb2ycbcr: Cb = 128 + (-37.797 R - 74.203 G + 112 B)/255, Cr = 128 + (112 R - 93.786 G - 18.214 B)/255.
    cb = (116 * 12 + 109 * 19) / 31  # 115.98 and 109.11, rounded
    cr = (201 * 73 + 98 * 30) / 103  # 200.53 and 97.86, rounded
    y = 1.164 * (100 - 16)
    expected = [y + 1.596 * (cr - 128), y - 0.392 * (cb - 128) - 0.813 * (cr - 128), y + 2.017 * (cb - 128)]
    fused = colour.with_matlab_chroma(np.full((1, 1), 100, np.uint8), a, b)
    np.testing.assert_allclose(fused[0, 0], np.clip(expected, 0, 255), atol=1e-9)
