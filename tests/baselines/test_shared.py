"""The pieces that several methods share, against plain formulas."""

from __future__ import annotations

import itertools

import cv2
import numpy as np
import pytest
from scipy import ndimage

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.baselines.classical import spd_mef
from tcmoa_bench.baselines.classical.dct_var import dct_var
from tcmoa_bench.baselines.classical.mgff import mgff
from tcmoa_bench.baselines.classical.sparse_base import pursue, sparse_base
from tcmoa_bench.baselines.kernels import guided, numeric, resize
from tcmoa_bench.baselines.kernels.bilateral_grid import fast_bilateral
from tcmoa_bench.baselines.kernels.components import clean, remove_small
from tcmoa_bench.baselines.kernels.covariance import principal_axis, principal_weights
from tcmoa_bench.baselines.kernels.cumulative import self_guided
from tcmoa_bench.baselines.kernels.patches import extract, overlap_count, overlap_sum
from tcmoa_bench.baselines.kernels.selection import select
from tests.baselines.pairs import textured


@pytest.fixture
def image() -> np.ndarray:
    return textured(37, 53).astype(np.float64)


def _clipped_mean(x: np.ndarray, radius: int) -> np.ndarray:
    out = np.empty_like(x)
    for i, j in np.ndindex(*x.shape):
        out[i, j] = x[max(0, i - radius) : i + radius + 1, max(0, j - radius) : j + radius + 1].mean()
    return out


@pytest.mark.parametrize("radius", [1, 5, 20, 60])
def test_box_mean_is_clipped_to_the_image(radius: int, image: np.ndarray) -> None:
    assert np.allclose(guided.box_mean(image, radius), _clipped_mean(image, radius), atol=1e-10)


@pytest.mark.parametrize("radius", [2, 9, 60])
def test_box_mean_of_channels_and_in_place(radius: int) -> None:
    colour = textured(37, 53, 3).astype(np.float64)
    means = [guided.box_mean(np.ascontiguousarray(colour[..., c]), radius) for c in range(3)]
    assert np.array_equal(guided.box_mean(colour, radius), np.stack(means, axis=2))
    assert guided.box_mean(colour, radius, colour) is colour
    assert np.array_equal(colour, np.stack(means, axis=2))


def _cumulative_mean(x: np.ndarray, radius: int) -> np.ndarray:
    """Clipped box mean in the order of He's code: sums down, differences, sums across, differences."""
    areas = np.ones_like(x)
    for axis in (0, 1):
        padding = [(radius + 1, radius) if k == axis else (0, 0) for k in (0, 1)]
        x, areas = (np.cumsum(np.pad(c, padding), axis=axis) for c in (x, areas))
        x, areas = (
            np.take(c, range(2 * radius + 1, c.shape[axis]), axis)
            - np.take(c, range(c.shape[axis] - 2 * radius - 1), axis)
            for c in (x, areas)
        )
    return x / areas


@pytest.mark.parametrize("shape", [(70, 53), (16, 20), (3, 90), (1, 1)])
@pytest.mark.parametrize("radius", [1, 7, 20])
def test_self_guided_filter_rounds_as_cumulative_sums_do(radius: int, shape: tuple[int, int]) -> None:
    x, mean = textured(*shape) / 255, _cumulative_mean
    average, variance = mean(x, radius), mean(x * x, radius) - mean(x, radius) * mean(x, radius)
    for result, eps in zip(self_guided(x, radius, (0.01, 1e4)), (0.01, 1e4), strict=True):
        slope = variance / (variance + eps)
        assert np.array_equal(result, mean(slope, radius) * x + mean(average - slope * average, radius))
    assert np.allclose(
        self_guided(x, radius, (0.01,))[0], guided.guided_filter(x, x, radius, 0.01), atol=1e-9
    )


def test_mgff_fuses_gray_images_in_colour_as_gray() -> None:
    a, b = textured(60, 70).astype(np.float64), textured(60, 70, seed=1).astype(np.float64)
    colour = mgff(*(np.stack([x] * 3, axis=2) for x in (a, b)))
    assert np.array_equal(colour, np.stack([mgff(a, b)] * 3, axis=2))


def test_guided_filter_is_the_local_linear_model(image: np.ndarray) -> None:
    other = textured(37, 53, seed=3).astype(np.float64)
    mean = _clipped_mean
    covariance = mean(image * other, 3) - mean(image, 3) * mean(other, 3)
    slope = covariance / (mean(image**2, 3) - mean(image, 3) ** 2 + 50)
    offset = mean(other, 3) - slope * mean(image, 3)
    expected = mean(slope, 3) * image + mean(offset, 3)
    assert np.allclose(guided.guided_filter(image, other, 3, 50), expected, atol=1e-9)


def test_rounding_is_half_away_and_saturates() -> None:
    assert numeric.u8(np.array([-3, -0.5, 0.5, 1.5, 2.5, 127.4, 254.5, 300.0])).tolist() == [
        0,
        0,
        1,
        2,
        3,
        127,
        255,
        255,
    ]


@pytest.mark.parametrize("border", ["replicate", "symmetric", "mirror", "zero"])
def test_borders(border: str, image: np.ndarray) -> None:
    taps = np.arange(1.0, 8)
    modes = {"replicate": "edge", "symmetric": "symmetric", "mirror": "reflect", "zero": "constant"}
    padded = np.pad(image, 3, mode=modes[border])  # type: ignore[call-overload]
    rows = sum(t * padded[:, k : k + 53] for k, t in enumerate(taps))
    expected = sum(rows[k : k + 37] for k in range(7))
    assert np.allclose(numeric.separable(image, taps, np.ones(7), border), expected)


def test_kernels_larger_than_the_image_mirror_repeatedly() -> None:
    small = np.arange(6.0).reshape(2, 3)
    padded = np.pad(small, 7, mode="symmetric")
    expected = [[padded[i : i + 15, j : j + 15].mean() for j in range(3)] for i in range(2)]
    assert np.allclose(numeric.mean_filter(small, 15, "symmetric"), expected)


def test_resize_of_the_same_size_changes_nothing(image: np.ndarray) -> None:
    assert np.allclose(resize.resize(image, (37, 53)), image)


def test_halving_bicubically_with_antialiasing() -> None:
    # MATLAB: imresize(1:8, 0.5) of a ramp keeps its inner slope of 2.
    ramp = np.tile(np.arange(1.0, 17), (4, 1))
    half = resize.resize(ramp, (4, 8))
    assert np.allclose(np.diff(half[0])[2:-2], 2)
    assert np.allclose(half[0, 3:5], [7.5, 9.5])


def test_bilinear_doubling() -> None:
    assert np.allclose(resize.resize(np.array([[0.0, 4.0]]), (1, 4), resize.linear), [[0, 1, 3, 4]])


def test_selection_follows_the_majority() -> None:
    weak, strong = np.zeros((9, 9)), np.zeros((9, 9))
    strong[4, 4] = 5
    weak[:] = 1
    chosen = select(strong, weak)
    assert chosen[4, 4] == 5
    assert chosen[0, 0] == chosen[8, 8] == 1
    # A 3x3 maximum reaches one pixel further; the majority takes its corners back.
    plus = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], bool)
    assert np.array_equal(chosen[3:6, 3:6] != 1, plus)
    assert select(weak, weak.copy()).tolist() == weak.tolist()


def test_small_regions_go_and_small_holes_fill() -> None:
    mask = np.zeros((20, 20), bool)
    mask[2:12, 2:12], mask[5, 5], mask[16, 16] = True, False, True
    assert remove_small(mask, 4).sum() == 99
    assert clean(mask, 4).sum() == 100
    assert not remove_small(np.zeros((3, 3), bool), 1).any()


def test_principal_weights() -> None:
    x = np.random.default_rng(0).normal(size=(30, 30))
    assert np.allclose(principal_weights(3 * x, x), (0.75, 0.25))
    assert principal_axis(np.ones((2, 2)), np.ones((2, 2))) == pytest.approx((0.5**0.5, 0.5**0.5))


@pytest.mark.parametrize("step", [1, 2])
def test_patches_laid_back_are_the_image(step: int, image: np.ndarray) -> None:
    patches = extract(image, step)
    assert np.array_equal(patches[1, 2], image[step : step + 8, 2 * step : 2 * step + 8].ravel(order="F"))
    count = overlap_count(*patches.shape[:2], image.shape, step)
    covered = count > 0
    assert np.allclose(overlap_sum(patches, image.shape, step)[covered], (image * count)[covered])


def test_pursuit_finds_a_sparse_code_and_reaches_its_error() -> None:
    random = np.random.default_rng(1)
    dictionary = random.normal(size=(64, 256))
    dictionary /= np.linalg.norm(dictionary, axis=0)
    # The last atom is nearly the one before: what is left of it is far below its length.
    dictionary[:, 255] = dictionary[:, 254] + 1e-3 * dictionary[:, 0]
    dictionary[:, 255] /= np.linalg.norm(dictionary[:, 255])
    near = 40 * dictionary[:, 254] + 3000 * (dictionary[:, 255] - dictionary[:, 254])
    signals = np.stack(
        [30 * dictionary[:, 7] - 20 * dictionary[:, 99], random.normal(size=64) * 50, np.zeros(64), near]
    )
    fitted, norms = pursue(signals, dictionary)
    assert ((signals - fitted) ** 2).sum(axis=1).max() <= 0.01
    assert norms[0] == pytest.approx(50, rel=1e-3)
    assert norms[2] == 0


def test_bases_smaller_than_a_patch_are_averaged() -> None:
    p, q = np.full((7, 30), 2.0), np.full((7, 30), 4.0)
    (fused,) = sparse_base([p, q], [(0, 1)], np.eye(64))
    assert (fused == 3).all()


@pytest.mark.parametrize("name", ["lp", "dwt", "dtcwt"])
def test_transforms_reconstruct_perfectly(name: str, image: np.ndarray) -> None:
    fuser = FUSERS[name].create()
    assert np.allclose(fuser.kernel(image, image), image, atol=1e-9)  # type: ignore[attr-defined]


def test_fast_bilateral_keeps_flat_areas_and_edges() -> None:
    step = np.zeros((40, 40))
    step[:, 20:] = 1
    assert np.allclose(fast_bilateral(np.full((40, 40), 0.3), 4, 0.05), 0.3)
    assert np.allclose(fast_bilateral(step, 4, 0.05), step, atol=1e-6)


@pytest.mark.parametrize("sigma", [2, 5])
def test_fast_bilateral_divides_two_blurred_grids(sigma: int) -> None:
    x = textured(75, 38).astype(np.float64) / 255
    rows, columns = np.indices(x.shape) / sigma
    places = np.stack([rows, columns, (x - x.min()) / 0.05]) + 2
    grids = np.zeros((2, *(int(axis.max()) + 3 for axis in places)))
    for grid, weight in zip(grids, (x, np.ones_like(x)), strict=True):
        np.add.at(grid, tuple(np.floor(places + 0.5).astype(int)), weight)
        for axis in (0, 0, 1, 1, 2, 2):
            grid[:] = ndimage.correlate1d(grid, [0.25, 0.5, 0.25], axis, mode="constant")
            grid[-1] = grid[:, -1] = grid[..., -1] = 0
    total, count = (ndimage.map_coordinates(grid, places, order=1) for grid in grids)
    assert np.allclose(fast_bilateral(x, sigma, 0.05), total / count, atol=1e-6)


def test_disk_opening_equals_the_whole_structuring_element() -> None:
    lines = spd_mef._disk_lines(21)
    element = np.zeros((41, 41), np.uint8)
    element[20, 20] = 1
    for line in lines:
        element = cv2.dilate(element, line)
    assert element[20].all()
    assert not element[0, 0]
    random = np.random.default_rng(0)
    mask = cv2.GaussianBlur(random.normal(size=(90, 110)), (0, 0), 12) > -0.01
    expected = cv2.dilate(cv2.erode(mask.astype(np.uint8), element), element)
    assert np.array_equal(spd_mef.open_with_disk(mask), expected > 0)


def test_histogram_matching_moves_levels_to_the_targets() -> None:
    x = np.repeat([0.0, 0.5, 1.0], 100).reshape(3, 100)
    target = np.repeat([0.2, 0.4, 0.6], 100).reshape(3, 100)
    assert np.allclose(spd_mef.match_histogram(x, target), target)


def patchwise(sources: list[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """SPD_MEF by its definition, patch by patch, on 0..1; and where each other source shows the reference's scene."""
    x = sorted((source / 255 for source in sources), key=np.sum)
    cubes = [np.lib.stride_tricks.sliding_window_view(p, (3, 3, 3)).mean(axis=(-1, -2, -3)) for p in x]
    fixed = x.pop(int(np.argmin([((c < 0.01) | (c > 0.99)).sum() for c in cubes])))
    pseudos = [
        np.stack([spd_mef.match_histogram(fixed[..., c], other[..., c]) for c in range(3)], axis=2)
        for other in x
    ]
    images = [fixed, *x, *(np.clip(pseudo, 0, 1) for pseudo in pseudos)]
    count = len(sources)
    rows, columns = (n - 20 for n in fixed.shape[:2])
    patches = {
        (i, j): [image[i : i + 21, j : j + 21] for image in images]
        for i in range(rows)
        for j in range(columns)
    }
    means = np.array([[[p.mean() for p in patches[i, j]] for j in range(columns)] for i in range(rows)])
    consistent = []
    for k in range(1, count):
        like = np.zeros((rows, columns), bool)
        for (i, j), p in patches.items():
            covariance = ((p[0] - p[0].mean()) * (p[k] - p[k].mean())).mean()
            like[i, j] = (covariance + 0.00045) / (p[0].std() * p[k].std() + 0.00045) > 0.8
            like[i, j] |= not 0.01 <= p[0].mean() <= 0.99
        near = abs(spd_mef.match_histogram(means[..., k], means[..., 0]) - means[..., 0]) <= 0.1
        consistent.append(spd_mef.open_with_disk(like) & near)
    total, times = np.zeros_like(fixed), np.zeros((*fixed.shape[:2], 1))
    visited = [[i for i in range(n) if i % 2 == 0 or i == n - 1] for n in (rows, columns)]
    for i, j in itertools.product(*visited):
        own = [bool(c[i, j]) for c in consistent]
        masks = [True, *own, *(not c for c in own)]
        p = patches[i, j]
        strengths = [np.linalg.norm(q - q.mean()) + 0.001 for q in p]
        level = [
            np.exp(-0.5 * ((image.mean() - 0.5) ** 2 / 0.04 + (q.mean() - 0.5) ** 2 / 0.25)) * c
            for image, q, c in zip(images, p, masks, strict=True)
        ]
        share = [s**4 * c + 0.001 for s, c in zip(strengths, masks, strict=True)]
        structure = np.zeros_like(p[0])
        for k in range(count):
            block = p[k] if masks[k] else p[k + count - 1]
            structure += share[k] / sum(share) * (block - p[k].mean()) / strengths[k]
        structure *= max(s * c for s, c in zip(strengths, masks, strict=True)) / np.linalg.norm(structure)
        window = np.s_[i : i + 21, j : j + 21]
        total[window] += structure + sum(w / sum(level) * q.mean() for w, q in zip(level, p, strict=True))
        times[window] += 1
    return np.clip(total / times, 0, 1), consistent


def test_structural_patches_equal_a_direct_sum() -> None:
    """The box sums of SPD_MEF against its definition, patch by patch, on a pair without motion."""
    base = textured(34, 38, 3).astype(np.float64)
    a, b = 0.45 * base + 5, 0.5 * base + 120
    expected, consistent = patchwise([a, b])
    assert consistent[0].all()
    assert np.allclose(spd_mef.spd_mef(a, b) / 255, expected, atol=1e-9)


def test_structural_patches_of_a_bracket_equal_a_direct_sum() -> None:
    """Four exposures at once, in two of which something moved, against the definition and in any order."""
    scene = textured(60, 100, 3).astype(np.float64)
    stack = [gain * scene + lift for gain, lift in ((0.3, 2), (0.5, 40), (0.6, 90), (0.35, 150))]
    stack[1][:, :30] = 0.5 * scene[::-1, :30] + 40
    stack[3][:, 70:] = 0.35 * scene[::-1, 70:] + 150
    expected, consistent = patchwise(stack)
    assert sorted(c.all() for c in consistent) == [False, False, True]
    assert all(c.any() for c in consistent)
    assert np.allclose(spd_mef.spd_mef(*stack) / 255, expected, atol=1e-9)
    assert np.array_equal(spd_mef.spd_mef(*stack), spd_mef.spd_mef(*stack[::-1]))


def test_dct_variance_takes_the_sharper_block() -> None:
    a, b = np.full((16, 19), 50.0), np.full((16, 19), 60.0)
    a[:8, :8], b[8:, 8:16] = textured(8, 8), textured(8, 8)
    fused = dct_var(a, b)
    assert np.array_equal(fused[:8, :8], a[:8, :8])
    assert np.array_equal(fused[8:, 8:16], b[8:, 8:16])
    assert (fused[:, 16:] == 128).all()
