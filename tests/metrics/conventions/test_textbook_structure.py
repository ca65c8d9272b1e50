"""`textbook`, second part: every value against its paper's formula written out, on small images.

Nothing here calls the engine's formulas. Qp's phase congruency shares the transcription of
`tests/metrics/formulas/test_phase.py`.
"""

from __future__ import annotations

import math
from collections import Counter

import numpy as np
import pytest

from tests.metrics.conventions.definitions import (
    Array,
    agree,
    centred_frequencies,
    colour_pair,
    convolved,
    covariance,
    gaussian,
    gray_pair,
    mean,
    regression,
    saturated_pair,
    sobel,
    stretched,
)
from tests.metrics.formulas.test_phase import by_definition as phase_congruency

BOX = np.full((8, 8), 1 / 64)
SEVEN, ELEVEN = gaussian(7, 1.5), gaussian(11, 1.5)


def shares(*images: Array) -> Counter:
    """How often each level, or each combination of the images' levels, occurs."""
    counts = Counter(zip(*(image.ravel() for image in images), strict=True))
    return Counter({key: n / images[0].size for key, n in counts.items()})


def te(a: Array, b: Array, f: Array, q: float = 1.85) -> float:
    """Tsallis' divergence of the joint distribution from independence, of F with each source."""
    value = 0.0
    of_f = shares(f)
    for source in (a, b):
        of_source, total = shares(source), 0.0
        for (x, y), h in shares(source, f).items():
            total += h**q / (of_source[(x,)] * of_f[(y,)]) ** (q - 1)
        value += (1 - total) / (1 - q)
    return value


def qncie(a: Array, b: Array, f: Array) -> float:
    def entropy(*images: Array) -> float:
        return -sum(p * math.log(p, 256) for p in shares(*images).values())

    images = (a, b, f)
    matrix = [[1.0 if x is y else entropy(x) + entropy(y) - entropy(x, y) for y in images] for x in images]
    eigenvalues = np.linalg.eigvals(np.array(matrix))
    return 1 + sum(v / 3 * math.log(v / 3, 256) for v in eigenvalues)


def qp(a: Array, b: Array, f: Array) -> float:
    """Mean local correlation of phase congruency and of its two moments with the best of A, B and their maximum."""
    maps = [phase_congruency(image, "mfif") for image in (a, b, f)]
    strong = [of_source[0] > 0.1 for of_source in maps[:2]]
    either = strong[0] | strong[1]

    def local(x: Array, y: Array) -> tuple[Array, Array]:
        """Covariance of x and y, and variance of x, zeros around."""
        x, y = np.pad(x, 5), np.pad(y, 5)
        return mean(x * y, ELEVEN) - mean(x, ELEVEN) * mean(y, ELEVEN), mean(x * x, ELEVEN) - mean(
            x, ELEVEN
        ) ** 2

    value = 1.0
    for of_a, of_b, of_f in zip(*maps, strict=True):
        larger = np.where(maps[0][0] > maps[1][0], of_a, of_b)
        best = np.full(f.shape, -np.inf)
        for mask, source in ((strong[0], of_a), (strong[1], of_b), (either, larger)):
            joint, variance = local(mask * source, of_f)
            _, of_fused = local(of_f, of_f)
            correlation = (joint + 1e-4) / (np.sqrt(np.abs(variance * of_fused)) + 1e-4)
            best = np.maximum(best, mask * correlation)
        value *= best.sum() / either.sum()
    return value


def uiqi(x: Array, y: Array, weights: Array = BOX) -> Array:
    """Universal quality index of Wang and Bovik in every window."""
    mx, my = mean(x, weights), mean(y, weights)
    joint, vx, vy = (covariance(*pair, weights) for pair in ((x, y), (x, x), (y, y)))
    return 4 * joint * mx * my / ((vx + vy) * (mx**2 + my**2))


def part(x: Array, y: Array) -> Array:
    """x of x + y; a half where there is nothing to share."""
    return np.where(x + y == 0, 0.5, x / np.where(x + y == 0, 1, x + y))


def saliency(a: Array, b: Array, weights: Array = BOX) -> tuple[Array, Array]:
    """A's share of both variances, and the larger variance, in every window."""
    va, vb = covariance(a, a, weights), covariance(b, b, weights)
    return part(va, vb), np.maximum(va, vb)


def piella(a: Array, b: Array, f: Array) -> tuple[Array, Array]:
    share, larger = saliency(a, b)
    return share * uiqi(a, f) + (1 - share) * uiqi(b, f), larger


def qw(*images: Array) -> float:
    quality, weight = piella(*images)
    return (quality * weight / weight.sum()).sum()


def prewitt(image: Array) -> Array:
    across = convolved(image, [[-1, 0, 1]] * 3)
    down = convolved(image, [[-1] * 3, [0] * 3, [1] * 3])
    return np.hypot(across, down)


def qc(a: Array, b: Array, f: Array) -> float:
    share = np.clip(part(covariance(a, f, BOX), covariance(b, f, BOX)), 0, 1)
    return (share * uiqi(a, f) + (1 - share) * uiqi(b, f)).mean()


def qy(a: Array, b: Array, f: Array) -> float:
    with np.errstate(invalid="ignore"):  # two black sources are not similar: 0/0
        of_a, of_b, between = uiqi(a, f, SEVEN), uiqi(b, f, SEVEN), uiqi(a, b, SEVEN)
    share, _ = saliency(a, b, SEVEN)
    return np.where(between >= 0.75, share * of_a + (1 - share) * of_b, np.maximum(of_a, of_b)).mean()


def radius(shape: tuple[int, int], unit: float) -> Array:
    """Distance from frequency 0 where the highest frequency of an axis of n pixels is n / unit."""
    v, u = (n / unit * centred_frequencies(n) for n in shape)
    return np.hypot(v[:, None], u[None])


def qcv(a: Array, b: Array, f: Array) -> float:
    """Chen and Varshney: blocks of 16, weighed by their edges' fifth power, filtered as by the eye."""
    a, b, f = map(stretched, (a, b, f))
    height, width = f.shape
    r = 0.144 * radius(f.shape, 8)
    response = 2.6 * (0.0192 + r) * np.exp(-(r**1.1))
    errors = weights = 0.0
    for source in (a, b):
        strength = np.hypot(*sobel(source))
        seen = np.fft.ifft2(np.fft.fft2(source - f) * response).real
        for i in range(0, height, 16):
            for j in range(0, width, 16):
                block = np.s_[i : i + 16, j : j + 16]
                weight = (strength[block] ** 5).sum()
                errors += weight * (seen[block] ** 2).sum() / 256
                weights += weight
    return errors / weights


def qcb(a: Array, b: Array, f: Array) -> float:
    """Chen and Blum: masked contrasts of the images seen through a difference of Gaussians."""
    r = radius(f.shape, 30)
    response = np.exp(-((r / 15.387) ** 2)) - 0.7622 * np.exp(-((r / 1.3456) ** 2))
    offsets = np.arange(-15, 16)
    squares = offsets[:, None] ** 2 + offsets[None] ** 2

    def contrast(image: Array) -> Array:
        seen = np.pad(np.fft.ifft2(np.fft.fft2(stretched(image)) * response).real, 15)
        narrow, wide = (mean(seen, np.exp(-squares / (2 * s * s)) / (2 * math.pi * s * s)) for s in (2, 4))
        c = np.abs(narrow / wide - 1)
        return c**3 / (c**2 + 1e-4)

    x, y, z = map(contrast, (a, b, f))
    kept_a, kept_b = (np.minimum(s, z) / np.maximum(s, z) for s in (x, y))
    return ((x**2 * kept_a + y**2 * kept_b) / (x**2 + y**2)).mean()


def viff(a: Array, b: Array, f: Array) -> float:
    """Han et al.: at every pixel the source of the smaller gain; scales weigh 1, 0, 0.15 and 1 of 2.15."""
    value, eye = 0.0, 0.005 * 255**2
    for size, weight in zip((17, 9, 5, 3), (1, 0, 0.15, 1), strict=True):
        window = gaussian(size, size / 5)
        if size != 17:
            a, b, f = (mean(x, window)[::2, ::2] for x in (a, b, f))
        of_f, channels = covariance(f, f, window), []
        for source in (a, b):
            variance, joint = covariance(source, source, window), covariance(source, f, window)
            gain = regression(joint, variance, of_f)
            channels.append((gain, variance, of_f - gain * joint))
        from_a = channels[0][0] < channels[1][0]
        gain, variance, noise = (np.where(from_a, x, y) for x, y in zip(*channels, strict=True))
        kept = np.log10(1 + gain**2 * variance / (noise + eye)) + 1e-7
        value += weight / 2.15 * kept.sum() / (np.log10(1 + variance / eye) + 1e-7).sum()
    return value


def haar(image: Array) -> tuple[Array, list[Array]]:
    """One level of the orthonormal transform, by its matrices; a last odd row or column is dropped."""

    def matrix(n: int, sign: int) -> Array:
        rows = np.zeros((n // 2, n))
        for k in range(n // 2):
            rows[k, 2 * k], rows[k, 2 * k + 1] = math.sqrt(0.5), sign * math.sqrt(0.5)
        return rows

    (low, high), (left, right) = ([matrix(n, sign) for sign in (1, -1)] for n in image.shape)
    return low @ image @ left.T, [low @ image @ right.T, high @ image @ left.T, high @ image @ right.T]


def qm(a: Array, b: Array, f: Array) -> float:
    value = 1.0
    for exponent in (2 / 3, 1 / 3):
        (a, of_a), (b, of_b), (f, of_f) = map(haar, (a, b, f))
        kept = weights = 0.0
        for bands in (of_a, of_b):
            preserved = sum(np.exp(-np.abs(x - y)) for x, y in zip(bands, of_f, strict=True)) / 3
            energy = sum(x**2 for x in bands)
            kept, weights = kept + (preserved * energy).sum(), weights + energy.sum()
        value *= (kept / weights) ** exponent
    return value


def qsf(a: Array, b: Array, f: Array) -> float:
    """Zheng et al.: four directions, the diagonals weigh 1 / sqrt(2); the reference has the larger differences."""

    def frequency(*images: Array) -> float:
        total = 0.0
        for (down, across), weight in {(0, 1): 1, (1, 0): 1, (1, 1): 0.5**0.5, (1, -1): 0.5**0.5}.items():
            height, width = f.shape
            for i in range(height - down):
                for j in range(max(0, -across), width - max(0, across)):
                    larger = max(abs(x[i + down, j + across] - x[i, j]) for x in images)
                    total += weight * larger**2
        return math.sqrt(total / f.size)

    return (frequency(f) - frequency(a, b)) / frequency(a, b)


PAPERS = {
    "TE": te,
    "Qncie": qncie,
    "Qp": qp,
    "Qs": lambda *images: piella(*images)[0].mean(),
    "Qw": qw,
    "QE": lambda *images: qw(*images) * qw(*map(prewitt, images)),
    "Qc": qc,
    "Qy": qy,
    "Qcv": qcv,
    "Qcb": qcb,
    "VIFF": viff,
    "QM": qm,
    "QSF": qsf,
}

#: The universal quality index has no constants; in Piella's measures the engine adds (1e-6 * 255)^2 to both of its sums.
RELATIVE = {"Qs": 1e-6, "Qw": 1e-6, "QE": 1e-6}


@pytest.mark.parametrize("images", [gray_pair, colour_pair, saturated_pair])
@pytest.mark.parametrize("metric", PAPERS)
def test_equals_the_papers_formula(metric, images):
    agree(metric, PAPERS[metric], images((47, 54)), RELATIVE.get(metric, 1e-9))


def test_windows_where_both_sources_are_black_count_in_qy():
    """Neither source has a larger share of nothing; other toolboxes leave such windows out."""
    images = gray_pair((47, 54))
    for source in images[:2]:
        source[:20] = 0
    agree("Qy", qy, images, rel=1e-9)
