"""Phase congruency (Kovesi 1999) with its principal moments: the features of Zhao's Qp.

Equals the `phasecong2` variant that Liu's, MEFB's and MFIF-Metrics' Qp carry: 4 scales, 6 orientations, least
wavelength 3, factor 2.1, sigmaOnf 0.55, dThetaOnSigma 1.2, k 2, cut-off 0.5, gain 10, noise threshold over 1.7.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Literal, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.fft import fft2, ifft

Array = NDArray[np.float64]
Complex = NDArray[np.complex128]

SCALES, ORIENTATIONS = 4, 6
WAVELENGTH, FACTOR, BANDWIDTH = 3.0, 2.1, 0.55
ANGULAR_SIGMA = math.pi / ORIENTATIONS / 1.2
NOISE_SIGMAS, NOISE_DIVISOR = 2.0, 1.7
CUT_OFF, GAIN, EPSILON = 0.5, 10.0, 1e-4
PASS, ORDER = 0.45, 15

#: Pixels handled at a time.
STRIP = 1 << 15

#: Of so many values one is looked at to bracket the median: no divisor of usual widths, so that columns take turns.
SAMPLED = 61

#: Which low-pass grid: the packages differ on odd sizes.
Grid = Literal["liu", "mfif"]


class Phase(NamedTuple):
    """Phase congruency and its principal moments, each `H x W` float64.

    Attributes:
        congruency: 0..1, whatever the contrast.
        edge: Largest moment (edge strength).
        corner: Least moment (corner strength).
    """

    congruency: Array
    edge: Array
    corner: Array


class Bank(NamedTuple):
    """The log-Gabor filters of one size: filter (s, o) is `radial[s] * angular[o]`.

    They lie as the spectra do, a column of the image in a row of the array.

    Attributes:
        radial: `SCALES x W x H`.
        angular: `ORIENTATIONS x W x H`.
        noise: For each orientation, the noise threshold of an image whose squared finest response has median 1.
    """

    radial: Array
    angular: Array
    noise: tuple[float, ...]


def phase_congruency(plane: NDArray[np.generic], grid: Grid = "liu") -> Phase:
    """Phase congruency of one plane.

    Args:
        plane: `H x W` levels 0..255, any numeric dtype.
        grid: `liu` (also MEFB's) or `mfif`; they differ on odd sizes only.

    Returns:
        The three maps; the moments of a flat plane are NaN.
    """
    bank = filter_bank(*plane.shape, grid)
    spectrum: Complex = np.ascontiguousarray(fft2(np.asarray(plane, dtype=np.float64)).T)
    half_way = np.empty((SCALES, *spectrum.shape), dtype=np.complex128)
    features = np.empty((4, *plane.shape))
    # Full-size arrays are passed over in strips of rows that stay in the cache.
    strips = _strips(*plane.shape)
    energies, amplitudes, sums, differences, products = (np.zeros(plane.shape) for _ in range(5))
    for o in range(ORIENTATIONS):
        angle = 2 * o * math.pi / ORIENTATIONS
        amplitude, energy = _orientation(spectrum, bank, o, half_way, features)
        for at in strips:
            part = energy[at]
            energies[at] += part
            amplitudes[at] += amplitude[at]
            with np.errstate(invalid="ignore"):
                part /= amplitude[at]
            part *= part
            sums[at] += part
            differences[at] += math.cos(angle) * part
            products[at] += math.sin(angle) * part
    for at in strips:
        energies[at] /= amplitudes[at] + EPSILON
        _moments(sums[at], differences[at], products[at])
    return Phase(energies, sums, differences)


def _moments(sums: Array, differences: Array, products: Array) -> None:
    """Turn the sums of P^2, P^2 cos 2a and P^2 sin 2a over the orientations a into the principal moments.

    In place: the largest moment replaces the first, the least one the second argument.
    """
    sums /= ORIENTATIONS
    differences /= ORIENTATIONS / 2
    products /= 2 * ORIENTATIONS  # Kovesi's own code has four times this
    spread = np.sqrt(products * products + differences * differences) + EPSILON
    spread /= 2
    np.subtract(sums, spread, out=differences)
    sums += spread


def _strips(rows: int, columns: int) -> list[slice]:
    """Rows of an array to handle at a time."""
    step = max(1, STRIP // columns)
    return [slice(top, top + step) for top in range(0, rows, step)]


def _orientation(
    spectrum: Complex, bank: Bank, o: int, half_way: Complex, features: Array
) -> tuple[Array, Array]:
    """Summed amplitude and weighted phase energy above the noise, of one orientation's responses.

    Args:
        spectrum: Of the plane, `W x H`.
        bank: Filters of its size.
        o: Number of the orientation.
        half_way: Work array `SCALES x W x H`, for the responses between their two transforms.
        features: Work array `4 x H x W`, part of which is returned.
    """
    width, height = spectrum.shape
    for at in _strips(width, height):
        for radial, columns in zip(bank.radial, half_way, strict=True):
            np.multiply(spectrum[at], radial[at] * bank.angular[o][at], out=columns[at])
            _inverse(columns[at])
    amplitude, energy, weight, finest = features
    strips = _strips(height, width)
    for at in strips:
        responses = [_transposed(columns[:, at]) for columns in half_way]
        for response in responses:
            _inverse(response)
        amplitude[at], energy[at], weight[at], finest[at] = _oriented(responses)
    threshold = bank.noise[o] * math.sqrt(median(finest))
    for at in strips:
        energy[at] -= threshold
        np.maximum(energy[at], 0, out=energy[at])
        energy[at] *= weight[at]
    return amplitude, energy


def median(values: Array) -> float:
    """NumPy's median, in a fifth of its time: a sample says which few values have to be sorted."""
    flat = values.ravel()
    sample = np.sort(flat[::SAMPLED])
    low, high = sample[int(0.47 * sample.size)], sample[int(0.53 * sample.size)]
    near = flat[(flat >= low) & (flat <= high)]
    below = np.count_nonzero(flat < low)
    first, last = (flat.size - 1) // 2 - below, flat.size // 2 - below
    if first < 0 or last >= near.size:  # the sample misled
        return float(np.median(flat))
    near.partition((first, last))
    return float((near[first] + near[last]) / 2)


def _inverse(lines: Complex) -> None:
    """Inverse Fourier transform of each row, in place.

    OpenCV's transform takes half the time of SciPy's, but on lengths with large prime factors it is quadratic.
    """
    length = lines.shape[1]
    if cv2.getOptimalDFTSize(length) == length:
        pairs = _pairs(lines)
        cv2.dft(pairs, pairs, flags=cv2.DFT_INVERSE | cv2.DFT_SCALE | cv2.DFT_ROWS)
    else:
        lines[...] = ifft(lines, axis=1)


def _transposed(lines: Complex) -> Complex:
    """The transpose as an array of its own; NumPy's copy takes three times as long."""
    transposed: Complex = cv2.transpose(_pairs(lines)).view(np.complex128)[..., 0]
    return transposed


def _pairs(lines: Complex) -> Array:
    """Complex rows as OpenCV sees them: two channels."""
    return lines.view(np.float64).reshape(*lines.shape, 2)


def _oriented(responses: list[Complex]) -> tuple[Array, Array, Array, Array]:
    """What one orientation's responses at all scales say at each pixel.

    Args:
        responses: For each scale `H x W`; real part even, imaginary part odd filter.

    Returns:
        Summed amplitude; phase energy before the noise threshold; weight of the frequency spread; squared
        amplitude at the finest scale.
    """
    amplitudes = [np.abs(response) for response in responses]
    amplitude = amplitudes[0] + amplitudes[1]
    most = np.maximum(amplitudes[0], amplitudes[1])
    total = responses[0] + responses[1]
    for size, response in zip(amplitudes[2:], responses[2:], strict=True):
        amplitude += size
        np.maximum(most, size, out=most)
        total += response
    length = np.abs(total)
    energy = length * length
    length += EPSILON
    energy /= length
    # Turned back by the mean phase, a response's real part lies along it and its imaginary part deviates.
    np.reciprocal(length, out=length)
    total.real *= length
    total.imag *= np.negative(length, out=length)
    for response in responses:
        response *= total
        energy -= np.abs(response.imag)
    spread = amplitude / (most + EPSILON)
    # 1 / (1 + exp(gain * (cut-off - width))), width = spread / SCALES; OpenCV's exponential is the fast one.
    spread *= -GAIN / SCALES
    spread += GAIN * CUT_OFF
    weight = cv2.exp(spread)
    weight += 1
    return amplitude, energy, np.reciprocal(weight, out=weight), np.square(amplitudes[0], out=amplitudes[0])


@lru_cache(maxsize=2)
def filter_bank(height: int, width: int, grid: Grid) -> Bank:
    """The filters of a size."""
    y, x = np.meshgrid(np.fft.ifftshift(_axis(height)), np.fft.ifftshift(_axis(width)), indexing="ij")
    radius, theta = np.hypot(x, y), np.arctan2(-y, x)
    radius[0, 0] = 1
    low_pass = 1 / (1 + (_low_pass_radius(height, width, grid) / PASS) ** (2 * ORDER))
    radial = np.empty((SCALES, height, width))
    for s in range(SCALES):
        centre = 1 / (WAVELENGTH * FACTOR**s)
        radial[s] = np.exp(-(np.log(radius / centre) ** 2) / (2 * math.log(BANDWIDTH) ** 2)) * low_pass
        radial[s, 0, 0] = 0
    sine, cosine = np.sin(theta), np.cos(theta)
    angular = np.empty((ORIENTATIONS, height, width))
    for o in range(ORIENTATIONS):
        angle = o * math.pi / ORIENTATIONS
        across = sine * math.cos(angle) - cosine * math.sin(angle)
        along = cosine * math.cos(angle) + sine * math.sin(angle)
        angular[o] = np.exp(-(np.arctan2(across, along) ** 2) / (2 * ANGULAR_SIGMA**2))
    noise = tuple(_noise(radial * angular[o]) for o in range(ORIENTATIONS))
    radial, angular = (np.ascontiguousarray(part.transpose(0, 2, 1)) for part in (radial, angular))
    return Bank(radial, angular, noise)


def _axis(n: int) -> Array:
    """Frequencies of the main grid; on odd sizes the references divide by n - 1."""
    return np.arange(-(n // 2), n - n // 2) / (n - n % 2)


def _low_pass_radius(height: int, width: int, grid: Grid) -> Array:
    if grid == "mfif":
        y, x = (np.fft.ifftshift(_axis(n)) for n in (height, width))
    else:
        # fftshift, where ifftshift is meant, misplaces the zero frequency of odd sizes.
        y, x = (np.fft.fftshift(np.arange(-(n // 2), n - n // 2) / n) for n in (height, width))
    return np.hypot(y[:, None], x[None])


def _noise(filters: Array) -> float:
    """Threshold on one orientation's energy for noise whose squared finest response has median 1.

    The energy of noise is Rayleigh distributed; its mean square follows from the filters' even parts (Parseval),
    its power from the finest response, whose square is exponentially distributed.
    """
    power = -1 / math.log(0.5) / float((filters[0] ** 2).sum())
    even = (filters + np.roll(filters[:, ::-1, ::-1], 1, axis=(1, 2))) / 2
    squares = float((even**2).sum())
    cross = (float((even.sum(axis=0) ** 2).sum()) - squares) / 2
    tau = math.sqrt((2 * power * squares + 4 * power * cross) / 2)
    return tau * (math.sqrt(math.pi / 2) + NOISE_SIGMAS * math.sqrt(2 - math.pi / 2)) / NOISE_DIVISOR
