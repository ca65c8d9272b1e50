"""The scene context: one pair of sources and a fused image, with everything computed at most once.

What depends on the sources alone lives in `Sources` and serves every fused image of the pair; what depends
on one picture lives in its `Picture`; what joins sources and fused image lives in the `Scene`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.gray import gray_double, gray_uint8
from tcmoa_bench.metrics.memo import Ledger, Memo
from tcmoa_bench.metrics.primitives import LEVELS, histogram, joint_histogram

#: Bytes of intermediate arrays that the sources of a pair may keep, and those that each fused image may: this much, or
#: eight float64 planes where they are larger.
SOURCE_BYTES = 224 << 20
FUSED_BYTES = 128 << 20
KEEP_PLANES = 8


class Plane(Memo):
    """One channel of one image: what most formulas work on, with everything derived from it alone.

    Args:
        levels: `uint8`, `H x W`.
        ledger: As in `Memo`.
    """

    def __init__(self, levels: NDArray[np.uint8], ledger: Ledger | None = None) -> None:
        super().__init__(ledger)
        self.levels = levels

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.levels.shape[0], self.levels.shape[1]

    @property
    def double(self) -> NDArray[np.float64]:
        """The levels as float64, 0..255."""
        return self.once("double", lambda: self.levels.astype(np.float64))

    @property
    def unit(self) -> NDArray[np.float64]:
        """The levels as float64 in [0, 1] (MATLAB's im2double)."""
        return self.once("unit", lambda: self.levels / 255.0)

    def on(self, scale: str) -> NDArray[np.float64]:
        """The plane on a scale, as conventions name it in signatures: `0..1` or `0..255`."""
        if scale not in ("0..1", "0..255"):
            raise ValueError(f"unknown scale {scale!r}; 0..1 or 0..255 is expected")
        return self.unit if scale == "0..1" else self.double

    @property
    def counts(self) -> NDArray[np.float64]:
        """Histogram: 256 counts."""
        return self.once("counts", lambda: histogram(self.levels))

    @property
    def total(self) -> int:
        """Sum of the levels."""
        return self.once("total", lambda: int((self.counts * LEVELS).sum()))

    def joint_counts(self, other: Plane) -> NDArray[np.float64]:
        """Joint histogram `256 x 256`: rows are this plane's levels, columns the other's."""
        return self.once(("joint", other), lambda: joint_histogram(self.levels, other.levels))


class Picture(Memo):
    """One image with its planes.

    Args:
        pixels: `uint8`, `H x W` or `H x W x 3` RGB.
        ledger: As in `Memo`.
    """

    def __init__(self, pixels: NDArray[np.uint8], ledger: Ledger | None = None) -> None:
        super().__init__(ledger)
        self.pixels = pixels

    @property
    def is_colour(self) -> bool:
        """Whether the file has three channels (they may still be equal)."""
        return self.pixels.ndim == 3

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def gray(self) -> NDArray[np.uint8]:
        """MATLAB's rgb2gray of the uint8 image: rounded, `uint8`, 0..255."""
        return self.once("gray", lambda: gray_uint8(self.pixels))

    @property
    def luma(self) -> Plane:
        """The rounded gray levels as a plane."""
        return (
            self.channel_plane(0)
            if not self.is_colour
            else self.once("luma", lambda: Plane(self.gray, self.ledger))
        )

    def channel_plane(self, index: int) -> Plane:
        """Channel 0..2 of a colour image as a plane; a gray image has one plane, whatever the index."""
        index = index if self.is_colour else 0
        return self.once(("plane", index), lambda: Plane(self.channel(index), self.ledger))

    @property
    def gray_double(self) -> NDArray[np.float64]:
        """MATLAB's rgb2gray of the image as double on 0..255: not rounded."""
        return self.once("gray_double", lambda: gray_double(self.pixels))

    def channel(self, index: int) -> NDArray[np.uint8]:
        """Channel 0..2 of a colour image, contiguous; the plane itself of a gray one."""
        if not self.is_colour:
            return self.pixels
        return self.once(("channel", index), lambda: np.ascontiguousarray(self.pixels[..., index]))

    @property
    def planes(self) -> int:
        """Number of channels in the file: 1 or 3."""
        return 3 if self.is_colour else 1


class Sources(Memo):
    """The two source images of a pair (and its ground truth): shared by all fused images of the pair."""

    def __init__(
        self, a: NDArray[np.uint8], b: NDArray[np.uint8], reference: NDArray[np.uint8] | None = None
    ) -> None:
        a, b = _checked(a, "a"), _checked(b, "b")
        ledger = Ledger(max(SOURCE_BYTES, KEEP_PLANES * 8 * a.shape[0] * a.shape[1]), first_stays=True)
        super().__init__(ledger)
        self.a, self.b = Picture(a, ledger), Picture(b, ledger)
        self.reference = None if reference is None else Picture(_checked(reference, "reference"), ledger)
        for name, picture in (("b", self.b), ("reference", self.reference)):
            if picture is not None:
                _same_size(picture, name, self.a)


class Scene(Memo):
    """Sources and one fused image.

    Args:
        sources: The pair.
        fused: `uint8`, `H x W` or `H x W x 3` RGB, of the sources' height and width.
    """

    def __init__(self, sources: Sources, fused: NDArray[np.uint8]) -> None:
        fused = _checked(fused, "fused")
        ledger = Ledger(max(FUSED_BYTES, KEEP_PLANES * 8 * fused.shape[0] * fused.shape[1]))
        super().__init__(ledger)
        self.sources = sources
        self.fused = Picture(fused, ledger)
        _same_size(self.fused, "fused", sources.a)

    @property
    def a(self) -> Picture:
        """Source A."""
        return self.sources.a

    @property
    def b(self) -> Picture:
        """Source B."""
        return self.sources.b

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.fused.shape

    def gray(self, how: str) -> tuple[Plane, Plane, Plane]:
        """A, B and fused image as one plane each; `how` is the convention's way, so far `bt601-round`."""
        plane: Callable[[Picture], Plane] = {"bt601-round": lambda picture: picture.luma}[how]
        return plane(self.a), plane(self.b), plane(self.fused)


def _checked(image: NDArray[np.uint8], name: str) -> NDArray[np.uint8]:
    found = (
        f"{name} is {getattr(image, 'dtype', type(image).__name__)} of shape {getattr(image, 'shape', '?')}"
    )
    expected = "a uint8 array HxW or HxWx3 (RGB, levels 0..255) is expected"
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8:
        raise ValueError(f"{found}; {expected}")
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise ValueError(f"{found}; {expected}")
    if min(image.shape[:2]) < 2:
        raise ValueError(f"{found}; at least 2x2 pixels are needed")
    return np.ascontiguousarray(image)


def _same_size(picture: Picture, name: str, first: Picture) -> None:
    if picture.shape != first.shape:
        (h, w), (height, width) = picture.shape, first.shape
        raise ValueError(
            f"sizes differ (height x width): {name} is {h}x{w}, a is {height}x{width}; nothing is resized"
        )
