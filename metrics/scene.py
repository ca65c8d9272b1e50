"""The scene context: a pair of sources (or more) and a fused image, with everything computed at most once.

What depends on the sources alone lives in `Sources` and serves every fused image of the pair; what depends
on one picture lives in its `Picture`; what joins sources and fused image lives in the `Scene`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.errors import BenchError
from tcmoa_bench.gray import gray_double, gray_opencv, gray_pillow, gray_uint8
from tcmoa_bench.labels import Labels
from tcmoa_bench.metrics.area import Area
from tcmoa_bench.metrics.errors import Undefined
from tcmoa_bench.metrics.memo import Ledger, Memo, once
from tcmoa_bench.metrics.primitives import LEVELS, histogram, joint_histogram
from tcmoa_bench.metrics.settings import Gray, Scale
from tcmoa_bench.types import Pair

#: Bytes of intermediate arrays that the sources of a pair may keep, and those that each fused image may: this much, or
#: eight float64 planes where they are larger.
SOURCE_BYTES = 224 << 20
FUSED_BYTES = 128 << 20
KEEP_PLANES = 8

#: What a level is divided by to come to a scale.
FULL: dict[Scale, float] = {"uint8": 1.0, "0..255": 1.0, "0..1": 255.0}


class Plane(Memo):
    """One channel of one image: what most formulas work on, with everything derived from it alone.

    Args:
        levels: `uint8`, `H x W`.
        ledger: As in `Memo`.
        full: What a level is divided by to come to the plane's scale: 1 for 0..255, 255 for 0..1.
    """

    def __init__(self, levels: NDArray[np.uint8], ledger: Ledger | None = None, full: float = 1.0) -> None:
        super().__init__(ledger)
        self._levels, self.full = levels, full

    @property
    def levels(self) -> NDArray[np.uint8]:
        """The levels, whatever the scale."""
        return self._levels

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self._levels.shape[0], self._levels.shape[1]

    def at(self, scale: Scale) -> Plane:
        """The same plane on another scale, as signatures name it."""
        full = FULL[scale]
        return self if full == self.full else self._at(full)

    @once
    def _at(self, full: float) -> Plane:
        return Plane(self.levels, self.ledger, full)

    @property
    @once
    def double(self) -> NDArray[np.float64]:
        """The levels as float64, 0..255 whatever the scale."""
        return self.levels.astype(np.float64)

    @property
    def values(self) -> NDArray[np.float64]:
        """The plane on its scale, float64."""
        return self.double if self.full == 1 else self._scaled()

    @once
    def _scaled(self) -> NDArray[np.float64]:
        return self.levels / self.full

    @property
    @once
    def counts(self) -> NDArray[np.float64]:
        """Histogram of the levels: 256 counts."""
        return histogram(self.levels)

    @property
    def bins(self) -> NDArray[np.float64]:
        """Histogram of the whole parts of the values, which toolboxes index their bins with: 256 counts."""
        return self.counts if self.full == 1 else histogram(self.values.astype(np.uint8))

    @property
    @once
    def total(self) -> int:
        """Sum of the levels."""
        return int((self.counts * LEVELS).sum())

    def joint_counts(self, other: Plane) -> NDArray[np.float64]:
        """Joint histogram `256 x 256`: rows are this plane's levels, columns the other's."""
        return _joint_counts(other, self)


@once
def _joint_counts(columns: Plane, rows: Plane) -> NDArray[np.float64]:
    return joint_histogram(rows.levels, columns.levels)


class Unrounded(Plane):
    """A plane whose values are no whole levels: rgb2gray of doubles.

    Args:
        values: float64, `H x W`, 0..255.
        ledger: As in `Memo`.
        full: As in `Plane`.
    """

    def __init__(self, values: NDArray[np.float64], ledger: Ledger | None = None, full: float = 1.0) -> None:
        Memo.__init__(self, ledger)
        self._double, self.full = values, full

    @property
    def levels(self) -> NDArray[np.uint8]:
        """There are none."""
        raise Undefined("this formula counts whole levels, and gray:bt601 has fractions of them")

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self._double.shape[0], self._double.shape[1]

    @once
    def _at(self, full: float) -> Plane:
        return Unrounded(self._double, self.ledger, full)

    @property
    def double(self) -> NDArray[np.float64]:
        """The values on 0..255."""
        return self._double

    @once
    def _scaled(self) -> NDArray[np.float64]:
        return self._double / self.full


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
    @once
    def gray(self) -> NDArray[np.uint8]:
        """MATLAB's rgb2gray of the uint8 image: rounded, `uint8`, 0..255."""
        return gray_uint8(self.pixels)

    @property
    def luma(self) -> Plane:
        """MATLAB's rounded gray levels as a plane."""
        return self.plane("bt601-round")

    @once
    def plane(self, gray: Gray) -> Plane:
        """The picture as one plane, by a conversion as signatures name it; a gray one is what it is."""
        if gray == "bt601":
            return Unrounded(gray_double(self.pixels), self.ledger)
        if not self.is_colour:
            return self.channel_plane(0)
        if gray == "bt601-round":
            return Plane(self.gray, self.ledger)
        convert = {"opencv": gray_opencv, "pillow": gray_pillow}[gray]
        return Plane(convert(self.pixels), self.ledger)

    @once
    def channel_plane(self, index: int) -> Plane:
        """Channel 0..2 of a colour image as a plane; channels that are equal, as of a gray image, are one plane."""
        if not self.is_colour:
            return self.channel_plane(0) if index else Plane(self.pixels, self.ledger)
        levels = np.ascontiguousarray(self.pixels[..., index])
        if index and np.array_equal(levels, self.channel_plane(0).levels):
            return self.channel_plane(0)
        return Plane(levels, self.ledger)

    @property
    def planes(self) -> int:
        """Number of channels in the file: 1 or 3."""
        return 3 if self.is_colour else 1


class Sources(Memo):
    """The two source images of a pair (and its ground truth): shared by all fused images of the pair.

    Args:
        a: Source A, `uint8`, `H x W` or `H x W x 3` RGB.
        b: Source B.
        reference: Ground truth, if there is one.
        labels: Reads the labels for a picture of (height, width) when a metric first asks; none: there are none.
        mask: Reads the mask (`Area`) when a metric first asks, `bool`, `H x W`; none: there is none.
        further: Sources after B, of a stack of more than two.
    """

    def __init__(
        self,
        a: NDArray[np.uint8],
        b: NDArray[np.uint8],
        reference: NDArray[np.uint8] | None = None,
        labels: Callable[[tuple[int, int]], Labels | None] | None = None,
        mask: Callable[[], NDArray[np.bool_] | None] | None = None,
        further: Sequence[NDArray[np.uint8]] = (),
    ) -> None:
        a, b = _checked(a, "a"), _checked(b, "b")
        ledger = Ledger(max(SOURCE_BYTES, KEEP_PLANES * 8 * a.shape[0] * a.shape[1]), first_stays=True)
        super().__init__(ledger)
        self.a, self.b = Picture(a, ledger), Picture(b, ledger)
        self.reference = None if reference is None else Picture(_checked(reference, "reference"), ledger)
        self.further = tuple(
            Picture(_checked(image, f"source {i}"), ledger) for i, image in enumerate(further, 3)
        )
        more = ((f"source {i}", picture) for i, picture in enumerate(self.further, 3))
        for name, picture in (("b", self.b), ("reference", self.reference), *more):
            if picture is not None:
                _same_size(picture, name, self.a)
        self._load_labels, self._load_mask = labels, mask

    @classmethod
    def of_pair(cls, pair: Pair) -> Sources:
        """The sources of a pair or a stack, decoded; PairError where a file cannot be read or sizes differ."""
        a, b, *further = pair.load_all()
        return cls(a, b, pair.load_reference(), pair.load_labels, pair.load_mask, further)

    @property
    @once
    def labels(self) -> Labels:
        """The pair's labels; `Undefined` where there are none, or none that can be right of these pictures."""
        try:
            labels = None if self._load_labels is None else self._load_labels(self.a.shape)
        except BenchError as error:
            raise Undefined(str(error)) from error
        if labels is None:
            raise Undefined("the pair has no labels")
        if problems := labels.problems(self.a.shape):
            raise Undefined(f"labels: {problems[0]}")
        return labels

    @once
    def window(self, area: Area) -> tuple[slice, slice]:
        """Rows and columns of an area; `Undefined` where the mask cannot be had or leaves nothing."""
        try:
            mask = self._load_mask() if area.masked and self._load_mask else None
        except BenchError as error:
            raise Undefined(str(error)) from error
        return area.window(self.a.shape, mask)

    @property
    def all(self) -> tuple[Picture, ...]:
        """Every source, in order."""
        return (self.a, self.b, *self.further)

    @once
    def within(self, area: Area) -> Sources:
        """The part of the sources, of the ground truth and of the labels that lies within an area."""
        window = self.window(area)
        reference = None if self.reference is None else self.reference.pixels[window]
        return Sources(
            self.a.pixels[window],
            self.b.pixels[window],
            reference,
            lambda size: self.labels.within(*window),
            further=[picture.pixels[window] for picture in self.further],
        )


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

    @once
    def within(self, area: Area) -> Scene:
        """The scene as it is within an area; `Undefined` where there is no such part."""
        return Scene(self.sources.within(area), self.fused.pixels[self.sources.window(area)])

    @once
    def of_one(self, index: int) -> Scene:
        """The fused image with one source of a stack in the place of both."""
        pixels = self.sources.all[index].pixels
        return Scene(Sources(pixels, pixels), self.fused.pixels)

    def gray(self, how: Gray, scale: Scale = "0..255") -> tuple[Plane, Plane, Plane]:
        """A, B and fused image as one plane each, on a scale."""
        a, b, fused = (picture.plane(how).at(scale) for picture in (self.a, self.b, self.fused))
        return a, b, fused


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
