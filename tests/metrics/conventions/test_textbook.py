"""`textbook`, first part: every value against its paper's formula written out, on small images.

Nothing here calls the engine's formulas. MEF-SSIM and the windows of FMI share the transcriptions, patch by patch, of
`tests/metrics/formulas`; the discrete Meyer wavelet is PyWavelets' own.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest
import pywt

from tcmoa_bench.metrics import CONVENTIONS, score
from tests.metrics.conventions import test_textbook_structure
from tests.metrics.conventions.definitions import (
    Array,
    agree,
    colour_pair,
    covariance,
    gaussian,
    gray_pair,
    halved,
    mean,
    regression,
    saturated_pair,
    sobel,
)
from tests.metrics.formulas.test_fmi import window_information
from tests.metrics.formulas.test_mef_ssim import by_definition as mef_ssim_of_one_scale


def entropy(*images: Array) -> float:
    """Of the levels, or of the pairs of levels of two images, in bits."""
    counts = Counter(zip(*(image.ravel() for image in images), strict=True))
    total = sum(counts.values())
    return -sum(n / total * math.log2(n / total) for n in counts.values())


def information(x: Array, y: Array) -> float:
    return entropy(x) + entropy(y) - entropy(x, y)


def both(measure):
    """A measure of a source and the fused image, summed over the sources."""
    return lambda a, b, f: measure(a, f) + measure(b, f)


def average(measure):
    return lambda a, b, f: (measure(a, f) + measure(b, f)) / 2


def sf(a: Array, b: Array, f: Array) -> float:
    height, width = f.shape
    rows = [(f[i, j] - f[i, j - 1]) ** 2 for i in range(height) for j in range(1, width)]
    columns = [(f[i, j] - f[i - 1, j]) ** 2 for i in range(1, height) for j in range(width)]
    return math.sqrt(sum(rows) / len(rows) + sum(columns) / len(columns))


def ag(a: Array, b: Array, f: Array) -> float:
    values = [
        math.sqrt(((f[i, j + 1] - f[i, j]) ** 2 + (f[i + 1, j] - f[i, j]) ** 2) / 2)
        for i in range(f.shape[0] - 1)
        for j in range(f.shape[1] - 1)
    ]
    return sum(values) / len(values)


def divergence(source: Array, f: Array) -> float:
    """Kullback and Leibler's, of the distributions over the levels that both images have."""
    p, q = Counter(source.ravel()), Counter(f.ravel())
    common = p.keys() & q.keys()
    of_p, of_q = sum(p[v] for v in common), sum(q[v] for v in common)
    return sum(p[v] / of_p * math.log2((p[v] / of_p) / (q[v] / of_q)) for v in common)


def mse(x: Array, f: Array) -> float:
    return sum((u - v) ** 2 for u, v in zip(x.ravel(), f.ravel(), strict=True)) / f.size


def correlation(x: Array, y: Array) -> float:
    u, v = x - x.mean(), y - y.mean()
    return (u * v).sum() / math.sqrt((u * u).sum() * (v * v).sum())


def vif(x: Array, f: Array) -> float:
    """Four scales; at each the source passes a channel of gain g that adds noise, the eye adds a variance of 2."""
    kept = there = 0.0
    for size in (17, 9, 5, 3):
        window = gaussian(size, size / 5)
        if size != 17:
            x, f = mean(x, window)[::2, ::2], mean(f, window)[::2, ::2]
        if min(x.shape) < size:
            break
        of_x, of_f, joint = (covariance(*pair, window) for pair in ((x, x), (f, f), (x, f)))
        gain = regression(joint, of_x, of_f)
        noise = of_f - gain * joint
        kept += np.log2(1 + gain**2 * of_x / (noise + 2)).sum()
        there += np.log2(1 + of_x / 2).sum()
    return kept / there


C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
WINDOW = gaussian(11, 1.5)


def contrast_structure(x: Array, f: Array) -> Array:
    joint, *variances = (covariance(*pair, WINDOW) for pair in ((x, f), (x, x), (f, f)))
    return (2 * joint + C2) / (sum(variances) + C2)


def similarity(x: Array, f: Array) -> Array:
    mx, mf = mean(x, WINDOW), mean(f, WINDOW)
    return (2 * mx * mf + C1) / (mx**2 + mf**2 + C1) * contrast_structure(x, f)


def ms_ssim(x: Array, f: Array) -> float:
    """Contrast and structure at five scales, luminance at the coarsest alone."""
    value = 1.0
    for weight in (0.0448, 0.2856, 0.3001, 0.2363):
        value *= contrast_structure(x, f).mean() ** weight
        x, f = halved(x), halved(f)
    return value * similarity(x, f).mean() ** 0.1333


def mef_ssim(*images: Array) -> float:
    value, weights = 1.0, (0.0448, 0.2856, 0.3001)
    for weight in weights:
        value *= mef_ssim_of_one_scale(*images) ** (weight / sum(weights))
        images = tuple(map(halved, images))
    return value


def edges(image: Array, border: str = "constant") -> list[tuple[float, float]]:
    """Strength and orientation at every pixel, row by row."""
    across, down = (difference.ravel() for difference in sobel(image, border))
    return [
        (math.hypot(x, y), math.atan(y / x) if x else math.pi / 2) for x, y in zip(across, down, strict=True)
    ]


def qabf(a: Array, b: Array, f: Array) -> float:
    """Xydeas and Petrovic, pixel by pixel."""
    kept = there = 0.0
    for *sources, (strength, angle) in zip(*map(edges, (a, b, f)), strict=True):
        for g, alpha in sources:
            ratio = 1.0 if g == strength else min(g, strength) / max(g, strength)
            aligned = 1 - abs(alpha - angle) / (math.pi / 2)
            q = 0.9994 / (1 + math.exp(-15 * (ratio - 0.5))) * 0.9879 / (1 + math.exp(-22 * (aligned - 0.8)))
            kept, there = kept + q * g, there + g
    return kept / there


def nabf(a: Array, b: Array, f: Array) -> float:
    """Shreyamsha Kumar: what is lost where the fused image's edge is stronger than both sources'."""
    lost = there = 0.0
    for *sources, (strength, angle) in zip(*(edges(x / 8, "reflect") for x in (a, b, f)), strict=True):
        artefact = strength > max(g for g, _ in sources)
        for g, alpha in sources:
            weight = g**1.5 if g >= 2 else 0.001
            ratio = min(g, strength) / max(g, strength) if g and strength else 0.0
            aligned = abs(abs(alpha - angle) - math.pi / 2) * 2 / math.pi
            q = 0.9999 / (1 + math.exp(-19 * (ratio - 0.5))) * 0.9995 / (1 + math.exp(-22 * (aligned - 0.5)))
            lost += artefact * (1 - math.sqrt(q)) * weight
            there += weight
    return lost / there


def fmi(feature):
    """Mean over all 3 x 3 windows and both sources of the normalised mutual information of a feature."""

    def measure(a: Array, b: Array, f: Array) -> float:
        a, b, f = map(feature, (a, b, f))
        values = []
        for row in range(f.shape[0] - 2):
            for column in range(f.shape[1] - 2):
                x, y, z = (list(m[row : row + 3, column : column + 3].T.ravel()) for m in (a, b, f))
                values += [1.0 if source == z else window_information(source, z) for source in (x, y)]
        return sum(values) / len(values)

    return measure


def derivative(image: Array) -> Array:
    """Along the rows: central differences, one-sided at the ends."""
    ends = image[:, 1:2] - image[:, :1], image[:, -1:] - image[:, -2:-1]
    return np.hstack([ends[0], (image[:, 2:] - image[:, :-2]) / 2, ends[1]])


def edge(image: Array) -> Array:
    """Sobel edges of at least twice the root mean square strength, thinned along the stronger difference."""
    across, down = (difference / 8 for difference in sobel(image, "edge"))
    strength = across**2 + down**2
    height, width = image.shape
    found = np.zeros(image.shape)
    for i in range(height):
        for j in range(width):
            here = strength[i, j]
            left, right = (strength[i, k] if 0 <= k < width else None for k in (j - 1, j + 1))
            above, below = (strength[k, j] if 0 <= k < height else None for k in (i - 1, i + 1))
            peaks = [
                (before is None or before <= here) and (after is None or here > after)
                for before, after in ((left, right), (above, below))
            ]
            steepest = abs(across[i, j]) >= abs(down[i, j]), abs(down[i, j]) >= abs(across[i, j])
            found[i, j] = here > 4 * strength.mean() and any(map(all, zip(steepest, peaks, strict=True)))
    return found


def cosine(image: Array) -> Array:
    """Orthonormal DCT-II of the whole image, as two products of matrices."""

    def basis(n: int) -> Array:
        k, x = np.arange(n)[:, None], np.arange(n)[None]
        return np.cos(math.pi * (2 * x + 1) * k / (2 * n)) * np.where(k, math.sqrt(2 / n), math.sqrt(1 / n))

    return basis(image.shape[0]) @ image @ basis(image.shape[1]).T


def meyer(image: Array) -> Array:
    low, (horizontal, vertical, diagonal) = pywt.dwt2(image, "dmey", mode="symmetric")
    bands = np.block([[low, horizontal], [vertical, diagonal]])
    return (bands - bands.min()) / np.ptp(bands)


PAPERS = {
    "EN": lambda a, b, f: entropy(f),
    "SD": lambda a, b, f: math.sqrt(sum((v - f.sum() / f.size) ** 2 for v in f.ravel()) / f.size),
    "SF": sf,
    "AG": ag,
    "EI": lambda a, b, f: np.hypot(*sobel(f, "edge")).sum() / f.size,
    "MI": both(information),
    "NMI": both(lambda x, f: 2 * information(x, f) / (entropy(x) + entropy(f))),
    "CE": average(divergence),
    "MSE": average(mse),
    "RMSE": lambda *images: math.sqrt(average(mse)(*images)),
    "PSNR": lambda *images: 10 * math.log10(255**2 / average(mse)(*images)),
    "CC": average(correlation),
    "SCD": lambda a, b, f: correlation(f - b, a) + correlation(f - a, b),
    "VIF": both(vif),
    "SSIM": average(lambda x, f: similarity(x, f).mean()),
    "MS-SSIM": average(ms_ssim),
    "MEF-SSIM": mef_ssim,
    "Qabf": qabf,
    "Nabf": nabf,
    "FMI_pixel": fmi(lambda image: image),
    "FMI_gradient": fmi(derivative),
    "FMI_edge": fmi(edge),
    "FMI_dct": fmi(cosine),
    "FMI_wavelet": fmi(meyer),
}

#: Sizes where the usual one is too small, or needlessly slow.
SHAPES = {"MS-SSIM": (163, 170), **{name: (21, 24) for name in PAPERS if name.startswith("FMI")}}


def test_every_metric_of_the_convention_is_written_out_here():
    assert {*PAPERS, *test_textbook_structure.PAPERS} == set(CONVENTIONS["textbook"])


@pytest.mark.parametrize("images", [gray_pair, colour_pair, saturated_pair])
@pytest.mark.parametrize("metric", PAPERS)
def test_equals_the_papers_formula(metric, images):
    agree(metric, PAPERS[metric], images(SHAPES.get(metric, (46, 53))), rel=1e-9)


def value(metric: str, *rows: list[list[int]]) -> float | None:
    images = [np.array(image, np.uint8) for image in rows]
    return score(*images, [f"{metric}@textbook"])[f"{metric}@textbook"].value


@pytest.mark.parametrize(
    ("metric", "f", "expected"),
    [
        ("EN", [[0, 0, 1, 1], [2, 2, 3, 3]], 2.0),  # four levels alike
        ("SD", [[0, 0, 0, 4]] * 2, math.sqrt(3)),  # mean 1; deviations 1, 1, 1, 3
        ("SF", [[0, 3], [4, 7]], 5.0),  # 3 along every row, 4 down every column
        ("AG", [[0, 3, 6], [3, 6, 9], [6, 9, 12]], 3.0),  # sqrt((3^2 + 3^2) / 2)
        ("AG", [[0, 1], [7, 200]], 5.0),  # one pixel has both neighbours: sqrt((1 + 49) / 2)
        ("EI", [[0, 2, 4, 6]] * 3, 12.0),  # 4 times 2, 4, 4, 2
    ],
)
def test_by_hand_on_the_fused_image(metric, f, expected):
    assert value(metric, f, f, f) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("MI", 1.0),  # A decides one of F's two bits, B (constant) none
        ("NMI", 2 / 3),  # 2 * 1 / (1 + 2)
        ("MSE", 2.0),  # A: 0 1 0 1, B: 0 1 4 9 over four pixels
        ("RMSE", math.sqrt(2)),
        ("PSNR", 10 * math.log10(65025 / 2)),
    ],
)
def test_by_hand_against_the_sources(metric, expected):
    a, b, f = [[0, 0], [2, 2]], [[0, 0], [0, 0]], [[0, 1], [2, 3]]
    assert value(metric, a, b, f) == pytest.approx(expected, rel=1e-12)


def test_cross_entropy_by_hand():
    """A and F share the levels 0 and 1, on which A is (1/2, 1/2) and F (1/4, 3/4) once 7 and 9 are left out."""
    a, f = [[0, 1, 7, 7]] * 2, [[0, 1, 1, 1], [9, 9, 9, 9]]
    expected = 0.5 * math.log2(0.5 / 0.25) + 0.5 * math.log2(0.5 / 0.75)
    assert value("CE", a, a, f) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("metric", [name for name in PAPERS if name.startswith("FMI")])
def test_one_window_is_enough_for_fmi(metric):
    image = np.array([[9, 80, 3], [40, 7, 200], [55, 6, 1]], np.uint8)
    assert score(image, image, image, [f"{metric}@textbook"])[f"{metric}@textbook"].value == 1.0
    got = score(*[image[:2]] * 3, [f"{metric}@textbook"])[f"{metric}@textbook"]
    assert got.value is None
    assert "at least 3x3" in got.reason
