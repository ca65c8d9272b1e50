"""Graded, seeded damage of images: what trials do to fused images (`trust --probe`) and to sources (`stress`).

Level 0 of every damage is the image itself. Noise has one pattern for a pair, scaled by the level, so that a curve over
levels is of the damage and not of the draw.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

from tcmoa_bench.images import to_pixels

Pixels: TypeAlias = NDArray[np.uint8]
Change: TypeAlias = Callable[["Triple", float, np.random.Generator], NDArray[np.float64]]

#: Between a fuser's label and the damage: `lp | noise 10`.
SEPARATOR = " | "

#: Raised when the pixels of a damage change.
VERSION = 1


@dataclass(frozen=True)
class Triple:
    """What a change sees: the picture to damage as float64 on 0..255, and the pair's sources of the same shape."""

    image: NDArray[np.float64]
    a: NDArray[np.float64]
    b: NDArray[np.float64]


@dataclass(frozen=True)
class Damage:
    """One kind of damage.

    Attributes:
        name: Its name.
        unit: What the levels count.
        levels: From the least to the worst; 0 is the image itself and not among them.
        change: The damage on float64 levels.
        source: For damage of sources: which of them it befalls.
    """

    name: str
    unit: str
    levels: tuple[float, ...]
    change: Change
    source: Literal["a", "b", "both"] = "both"

    def __call__(self, image: Pixels, a: Pixels, b: Pixels, level: float, seed: str) -> Pixels:
        """The damaged image.

        Args:
            image: `uint8`, `H x W` or `H x W x 3`.
            a: The pair's source A, of the same height and width.
            b: Source B.
            level: Severity; 0 gives the image back to the bit.
            seed: Text that names the pair (and source): equal texts give equal noise.

        Returns:
            `uint8` of the image's shape, rounded half to even and clipped.
        """
        if level == 0:
            return image
        triple = Triple(image.astype(np.float64), _like(a, image), _like(b, image))
        return np.clip(np.rint(self.change(triple, level, _generator(f"{self.name}/{seed}"))), 0, 255).astype(
            np.uint8
        )


def _generator(seed: str) -> np.random.Generator:
    return np.random.default_rng(
        int.from_bytes(hashlib.sha256(seed.encode("utf-8", "surrogateescape")).digest()[:8])
    )


def _like(source: Pixels, image: Pixels) -> NDArray[np.float64]:
    """A source with the image's channels: gray levels repeated, colours as their mean."""
    levels = source.astype(np.float64)
    if levels.ndim == image.ndim:
        return levels
    return levels.mean(axis=2) if image.ndim == 2 else np.repeat(levels[..., None], 3, axis=2)


def _noise(t: Triple, sigma: float, rng: np.random.Generator) -> NDArray[np.float64]:
    return t.image + sigma * rng.standard_normal(t.image.shape)


def _blur(t: Triple, sigma: float, _: np.random.Generator) -> NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(t.image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101), np.float64)


def _gain(t: Triple, percent: float, _: np.random.Generator) -> NDArray[np.float64]:
    return t.image * (1 + percent / 100)


def _gamma(t: Triple, exponent: float, _: np.random.Generator) -> NDArray[np.float64]:
    return 255 * np.power(t.image / 255, 1 / exponent)


def _halo(t: Triple, amount: float, rng: np.random.Generator) -> NDArray[np.float64]:
    return t.image + amount * (t.image - _blur(t, 2.0, rng))


def _jpeg(t: Triple, lost: float, _: np.random.Generator) -> NDArray[np.float64]:
    buffer = io.BytesIO()
    PilImage.fromarray(t.image.astype(np.uint8)).save(buffer, "JPEG", quality=int(100 - lost), subsampling=2)
    with PilImage.open(buffer) as picture:
        return to_pixels(picture, "a JPEG in memory").astype(np.float64)


def _moved(t: Triple, pixels: float, degrees: float = 0.0) -> NDArray[np.float64]:
    height, width = t.image.shape[:2]
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2, (height - 1) / 2), degrees, 1.0)
    matrix[0, 2] += pixels
    moved = cv2.warpAffine(
        t.image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, np.float64)


def _shift(t: Triple, pixels: float, _: np.random.Generator) -> NDArray[np.float64]:
    return _moved(t, pixels)


def _misregister(t: Triple, pixels: float, _: np.random.Generator) -> NDArray[np.float64]:
    return _moved(t, pixels, degrees=pixels / 2)


def _toward(target: Callable[[Triple], NDArray[np.float64]]) -> Change:
    def blend(t: Triple, percent: float, _: np.random.Generator) -> NDArray[np.float64]:
        return t.image + percent / 100 * (target(t) - t.image)

    return blend


def _stripes(t: Triple, sigma: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Column offsets of an uncooled infrared sensor, and dead pixels: one in 2000 for each gray level of sigma."""
    columns: NDArray[np.float64] = sigma * rng.standard_normal((1, t.image.shape[1]))
    striped = t.image + (columns if t.image.ndim == 2 else columns[..., np.newaxis])
    chance = rng.random(t.image.shape[:2])
    striped[chance < sigma / 2000] = 0
    return striped


def _dark(t: Triple, percent: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Less light: the signal falls, and the sensor's noise of two gray levels stays."""
    return t.image * (1 - percent / 100) + 2 * rng.standard_normal(t.image.shape)


def _missing(t: Triple, percent: float, _: np.random.Generator) -> NDArray[np.float64]:
    """The source fades to its own mean: nothing is left of it at 100."""
    return t.image + percent / 100 * (float(t.image.mean()) - t.image)


_PERCENT = (25.0, 50.0, 75.0, 100.0)

#: Damage of fused images.
PROBE: Mapping[str, Damage] = {
    d.name: d
    for d in (
        Damage("noise", "gray levels (standard deviation)", (2, 5, 10, 20), _noise),
        Damage("blur", "pixels (standard deviation)", (0.5, 1, 2, 4), _blur),
        Damage("gain", "percent brighter", (10, 20, 40, 70), _gain),
        Damage("gamma", "exponent", (1.25, 1.5, 2, 3), _gamma),
        Damage("halo", "amount of sharpening, radius 2", (0.5, 1, 2, 4), _halo),
        Damage("jpeg", "100 - quality", (25, 50, 75, 90), _jpeg),
        Damage("shift", "pixels", (1, 2, 3, 4), _shift),
        Damage("only-a", "percent of A", _PERCENT, _toward(lambda t: t.a)),
        Damage("only-b", "percent of B", _PERCENT, _toward(lambda t: t.b)),
        Damage("average", "percent of the mean of A and B", _PERCENT, _toward(lambda t: (t.a + t.b) / 2)),
        Damage("swapped", "percent of A + B - F (each pixel from the other source)", _PERCENT,
               _toward(lambda t: t.a + t.b - t.image)),
    )
}  # fmt: skip

#: Damage of sources.
STRESS: Mapping[str, Damage] = {
    d.name: d
    for d in (
        Damage("noise", "gray levels (standard deviation), both sources", (5, 10, 20, 40), _noise),
        Damage(
            "stripes", "gray levels (standard deviation) and dead pixels, B", (2, 5, 10, 20), _stripes, "b"
        ),
        Damage("blur", "pixels (standard deviation), both sources", (0.5, 1, 2, 4), _blur),
        Damage("dark", "percent less light, A", (25, 50, 75, 90), _dark, "a"),
        Damage("jpeg", "100 - quality, both sources", (25, 50, 75, 90), _jpeg),
        Damage("misregistered", "pixels and half as many degrees, B", (1, 2, 3, 4), _misregister, "b"),
        Damage("missing-a", "percent of A gone", _PERCENT, _missing, "a"),
        Damage("missing-b", "percent of B gone", _PERCENT, _missing, "b"),
    )
}


@dataclass(frozen=True)
class Trial:
    """One damaged row of a run: the fuser's own label, the damage and its level."""

    fuser: str
    damage: str
    level: float

    @property
    def label(self) -> str:
        """`lp | noise 10`; the fuser's own label at level 0."""
        return f"{self.fuser}{SEPARATOR}{self.damage} {self.level:g}" if self.level else self.fuser

    @classmethod
    def parse(cls, label: str) -> Trial | None:
        """The trial of a label; None for a label of no trial."""
        fuser, separator, rest = label.rpartition(SEPARATOR)
        damage, _, level = rest.rpartition(" ")
        if not separator or damage not in PROBE.keys() | STRESS.keys():
            return None
        try:
            return cls(fuser, damage, float(level))
        except ValueError:
            return None
