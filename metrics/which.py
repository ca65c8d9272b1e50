"""Which definition made a number: every convention's reading of a metric's name beside a printed value."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.gray import gray_opencv, gray_pillow, gray_uint8
from tcmoa_bench.metrics.core import Metric
from tcmoa_bench.metrics.describe import side_by_side
from tcmoa_bench.types import BenchError

Image = NDArray[np.uint8]
Verdict = Literal["one", "several", "none"]

#: How near the conventions come to their references: a printed value of more digits is matched within this.
RELATIVE = 1e-9
#: How many further definitions an answer names.
NEAREST = 5


@dataclass(frozen=True)
class Printed:
    """A number as a paper prints it.

    Attributes:
        text: Its digits.
        value: The number.
        half: Half a unit of its last digit.
    """

    text: str
    value: float
    half: float

    @classmethod
    def of(cls, text: str) -> Printed:
        """Read printed digits, such as `0.9926` or `1.2e-3`; BenchError for what is no number."""
        try:
            number = Decimal(text.strip())
            exponent = number.as_tuple().exponent
        except InvalidOperation:
            raise BenchError(
                f"{text!r} is no number; give the value with the digits that are printed"
            ) from None
        if not isinstance(exponent, int):
            raise BenchError(f"{text!r} is no finite number; nothing can be compared with it")
        return cls(text.strip(), float(number), 0.5 * 10.0**exponent)

    def fits(self, value: float) -> bool:
        """Whether a value rounds to the printed digits, whichever way ties are rounded."""
        return abs(value - self.value) <= self.half + RELATIVE * abs(value)


@dataclass(frozen=True)
class Reading:
    """A value that one definition gives, perhaps on another gray image or in another unit.

    Attributes:
        metric: The definition.
        value: Its value, after the change.
        change: What was done to the definition's own value; empty for nothing.
    """

    metric: Metric
    value: float
    change: str = ""


@dataclass(frozen=True)
class Answer:
    """Which definitions give a printed value.

    Attributes:
        printed: The value.
        matches: Definitions whose value rounds to the printed digits, nearest first.
        variants: Definitions that do so after a change that papers make, nearest first.
        nearest: Other definitions, nearest first.
        undefined: Definitions without a value here, with the reason.
    """

    printed: Printed
    matches: tuple[Reading, ...]
    variants: tuple[Reading, ...]
    nearest: tuple[Reading, ...]
    undefined: Mapping[str, str]

    @property
    def verdict(self) -> Verdict:
        """`one` definition, `several` that these digits cannot tell apart, or `none`."""
        return "none" if not self.matches else "one" if len(self.matches) == 1 else "several"

    def facts(self) -> dict[str, object]:
        """The answer as plain data for JSON."""
        return {
            "value": self.printed.text,
            "verdict": self.verdict,
            "matches": [reading.metric.qualified for reading in self.matches],
            "variants": [_facts(reading) for reading in self.variants],
            "nearest": [_facts(reading, self.printed) for reading in self.nearest],
            "signatures": {
                reading.metric.qualified: reading.metric.signature()
                for reading in (*self.matches, *self.variants, *self.nearest)
            },
            "undefined": dict(self.undefined),
        }


def _facts(reading: Reading, printed: Printed | None = None) -> dict[str, object]:
    facts: dict[str, object] = {"metric": reading.metric.qualified, "value": reading.value}
    if reading.change:
        facts["change"] = reading.change
    if printed is not None:
        facts["distance"] = reading.value - printed.value
    return facts


def which(
    a: Image, b: Image, fused: Image, name: str, value: str, *, reference: Image | None = None
) -> Answer:
    """Which definitions of a metric give a printed value for one triple.

    Beside every convention's own value, what papers change on the way is tried: the sum over both sources for their
    mean, another base of the logarithm, another range of the levels, another conversion of colour to gray.

    Args:
        a: Source A, `uint8`, `H x W` or `H x W x 3` RGB.
        b: Source B, same height and width.
        fused: Fused image, same height and width.
        name: The metric's name as printed, in any convention's spelling (`SSIM`, `VIFF`, `MS_SSIM`).
        value: The value with the digits as printed (`0.9926`).
        reference: Ground truth, for metrics that need one.

    Raises:
        BenchError: No convention has such a metric, or the value is no number.
        ValueError: An image has another dtype, shape or size than expected.
    """
    printed = Printed.of(value)
    scores = side_by_side(a, b, fused, name, reference=reference)
    readings = [Reading(score.metric, score.value) for score in scores if score.value is not None]
    undefined = {s.metric.qualified: s.reason or "" for s in scores if s.value is None}
    further = [variant for reading in readings for variant in changed(reading)]
    for label, gray in GRAYS.items():
        images = [None if image is None else gray(image) for image in (a, b, fused, reference)]
        if images[0] is None or images[1] is None or images[2] is None or not _colour(a, b, fused):
            continue
        others = side_by_side(images[0], images[1], images[2], name, reference=images[3])
        own = {reading.metric.qualified: reading.value for reading in readings}
        further += [
            Reading(score.metric, score.value, label)
            for score in others
            if score.value is not None and score.value != own.get(score.metric.qualified)
        ]
    return answer(printed, readings, further, undefined)


def answer(
    printed: Printed, readings: Iterable[Reading], further: Iterable[Reading], undefined: Mapping[str, str]
) -> Answer:
    """Sort readings by what they say of a printed value."""

    def near(reading: Reading) -> float:
        return abs(reading.value - printed.value)

    plain = sorted(readings, key=near)
    fitting = [reading for reading in plain if printed.fits(reading.value)]
    # One of the changes that lead a definition to the same value is enough.
    once = {(reading.metric.qualified, reading.value): reading for reading in reversed(list(further))}
    variants = sorted((reading for reading in once.values() if printed.fits(reading.value)), key=near)
    others = [reading for reading in plain if not printed.fits(reading.value)]
    return Answer(printed, tuple(fitting), tuple(variants), tuple(others[:NEAREST]), undefined)


def _colour(*images: Image) -> bool:
    return any(image.ndim == 3 for image in images)


#: Conversions of colour images before anything else.
GRAYS: Mapping[str, Callable[[Image], Image]] = {
    "all images through MATLAB's rgb2gray first": gray_uint8,
    "all images through OpenCV's BGR2GRAY first": gray_opencv,
    "all images through Pillow's convert('L') first": gray_pillow,
}

_BOTH = ("SSIM", "MS-SSIM", "VIF", "VIFF", "MI", "NMI", "CC", "SCD", "CE", "MSE", "RMSE")
_LOGARITHM = ("EN", "MI", "CE", "TE")
_LEVELS = ("SD", "SF", "AG", "EI", "RMSE")
_LN2 = math.log(2)
_DECIBEL = 20 * math.log10(255)

#: Names that a change applies to (`FMI`: all of that family), what it is, and what it does.
_CHANGES: tuple[tuple[tuple[str, ...], str, Callable[[float], float]], ...] = (
    ((*_BOTH, "FMI"), "times 2: the sum over both sources", lambda value: 2 * value),
    ((*_BOTH, "FMI"), "half: the mean over both sources", lambda value: value / 2),
    (_LOGARITHM, "times ln 2: natural logarithms", lambda value: value * _LN2),
    (_LOGARITHM, "over ln 2: logarithms to base 2", lambda value: value / _LN2),
    (_LEVELS, "over 255: levels on 0..1", lambda value: value / 255),
    (_LEVELS, "times 255: levels on 0..255", lambda value: value * 255),
    (("MSE",), "over 255^2: levels on 0..1", lambda value: value / 255**2),
    (("MSE",), "times 255^2: levels on 0..255", lambda value: value * 255**2),
    (("PSNR",), "plus 48.13 dB: error on 0..1, peak 255", lambda value: value + _DECIBEL),
    (("PSNR",), "minus 48.13 dB: peak in the error's range", lambda value: value - _DECIBEL),
)


def changed(reading: Reading) -> list[Reading]:
    """What a definition's own value becomes by each change that papers make."""
    name = reading.metric.name
    family = "FMI" if name.startswith("FMI") else name
    return [
        Reading(reading.metric, function(reading.value), label)
        for names, label, function in _CHANGES
        if family in names
    ]
