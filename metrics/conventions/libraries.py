"""`piq` and `skimage`: independent full-reference readings by two public libraries.

The fused image against each source (`SSIM_A`, `SSIM_B`), their mean (`SSIM`), and against the ground truth where
the pair has one (`SSIM_ref`). Libraries are called with their own defaults on levels 0..255 in float64; gray is
MATLAB's rounded one, as everywhere here. Torch is imported at the first value of `piq`, and held to one thread,
since its sums depend on the number of threads in the last bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.core import Convention, View
from tcmoa_bench.metrics.errors import Undefined
from tcmoa_bench.metrics.memo import Memo, once
from tcmoa_bench.metrics.scene import Picture, Scene
from tcmoa_bench.metrics.settings import Gray, Scale

PIQ = Convention(
    "piq",
    "PyTorch Image Quality 0.8: full-reference measures against each source and the ground truth",
    settings={"in_": "0..255"},
)
SKIMAGE = Convention(
    "skimage",
    "scikit-image: full-reference measures against each source and the ground truth",
    settings={"in_": "0..255"},
)

#: Their values are the library's, so that its version is part of every signature.
DISTRIBUTIONS = {"piq": "piq", "skimage": "scikit-image"}

Array = NDArray[np.float64]
Against = Literal["both", "A", "B", "ref"]


class Stack(Memo):
    """Three planes of one picture, as a library for colour images takes them.

    Args:
        picture: The picture; a gray one stands for all three.
        colour: Its `rgb` channels, or its gray levels three times.
        scale: Of the levels.
    """

    def __init__(self, picture: Picture, colour: Literal["rgb", "gray"], scale: Scale) -> None:
        super().__init__(picture.ledger)
        planes = [picture.channel_plane(k) if colour == "rgb" else picture.luma for k in range(3)]
        self.values: Array = np.stack([plane.at(scale).values for plane in planes])


def _view(against: Against, see: Callable[..., Memo], scene: Scene, *how: object) -> list[tuple[Memo, ...]]:
    """The fused image with what it is compared with in the place of both sources."""
    truth = scene.sources.reference
    if against == "ref" and truth is None:
        raise Undefined("the pair has no ground truth")
    pictures = {"both": (scene.a, scene.b), "A": (scene.a,) * 2, "B": (scene.b,) * 2, "ref": (truth, truth)}[
        against
    ]
    return [tuple(see(picture, *how) for picture in (*pictures, scene.fused))]


def on_gray(against: Against) -> View:
    """View of gray planes."""

    def view(scene: Scene, *, gray: Gray, in_: Scale) -> Sequence[tuple[Memo, ...]]:
        return _view(against, lambda picture: picture.plane(gray).at(in_), scene)

    return view


def on_colour(against: Against) -> View:
    """View of stacks of three planes."""

    def view(scene: Scene, *, colour: Literal["rgb", "gray"], in_: Scale) -> Sequence[tuple[Memo, ...]]:
        return _view(against, _stack, scene, colour, in_)

    return view


@once
def _stack(picture: Picture, colour: Literal["rgb", "gray"], scale: Scale) -> Stack:
    return Stack(picture, colour, scale)


def _mean(
    a: Any, b: Any, fused: Any, reading: Callable[[Any, Any], float], convention: str, library: str
) -> float:
    """The mean of a library's readings against A and against B, if it is the library that the signature names."""
    installed = version(DISTRIBUTIONS[convention])
    if library != installed:
        raise Undefined(f"{DISTRIBUTIONS[convention]} {library} is wanted, and {installed} is installed")
    return (reading(a, fused) + reading(b, fused)) / 2


@contextmanager
def _one_thread() -> Iterator[None]:
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with torch.inference_mode():
            yield
    finally:
        torch.set_num_threads(threads)


@once
def _by_piq(other: Any, fused: Any, measure: str, options: tuple[tuple[str, object], ...] = ()) -> float:
    try:
        import piq
        import torch
    except Exception as error:  # a broken installation raises anything
        raise Undefined(
            f"the piq convention needs torch and torchvision of one release pair, and here they fail "
            f"({type(error).__name__}: {error}); see docs/installation.md"
        ) from error

    def tensor(x: Array) -> torch.Tensor:
        return torch.from_numpy(x)[None, None] if x.ndim == 2 else torch.from_numpy(x)[None]

    with _one_thread():
        value = getattr(piq, measure)(
            tensor(fused.values), tensor(other.values), data_range=255.0, **dict(options)
        )
    return float(value)


def piq_measure(measure: str) -> Callable[..., float]:
    """The formula of one of piq's measures."""

    def formula(a: Any, b: Any, fused: Any, *, library: str) -> float:
        return _mean(a, b, fused, partial(_by_piq, measure=measure), "piq", library)

    return formula


def fsim(a: Any, b: Any, fused: Any, *, chromatic: bool, library: str) -> float:
    """Piq's FSIM, with or without the chroma of colour images."""
    reading = partial(_by_piq, measure="fsim", options=(("chromatic", chromatic),))
    return _mean(a, b, fused, reading, "piq", library)


@once
def _ssim(other: Any, fused: Any) -> float:
    from skimage.metrics import structural_similarity

    return float(structural_similarity(fused.values, other.values, data_range=255.0))


@once
def _nmi(other: Any, fused: Any) -> float:
    from skimage.metrics import normalized_mutual_information

    with np.errstate(invalid="ignore", divide="ignore"):
        return float(normalized_mutual_information(fused.values, other.values))


def skimage_measure(reading: Callable[[Any, Any], float]) -> Callable[..., float]:
    """The formula of one of scikit-image's measures."""

    def formula(a: Any, b: Any, fused: Any, *, library: str) -> float:
        return _mean(a, b, fused, reading, "skimage", library)

    return formula


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:  # its metrics say so when they are asked for
        return "none"


def forms(
    convention: Convention,
    name: str,
    call: str,
    formula: Callable[..., float],
    settings: Mapping[str, object] | None = None,
    *,
    in_colour: bool = False,
    **facts: Any,
) -> None:
    """Define the mean over the sources, the two readings it is made of, and the one against the truth."""
    seen = {"colour": "rgb"} if in_colour else {"gray": "bt601-round"}
    readings: dict[str, tuple[Against, str]] = {
        name: ("both", "mean of the readings against A and B"),
        f"{name}_A": ("A", "reading against A"),
        f"{name}_B": ("B", "reading against B"),
        f"{name}_ref": ("ref", "reading against the ground truth"),
    }
    for form, (against, what) in readings.items():
        convention.define(
            form,
            formula,
            {**seen, **(settings or {}), "library": _version(DISTRIBUTIONS[convention.name])},
            view=(on_colour if in_colour else on_gray)(against),
            spelled=call if form == name else None,
            formula=f"{call}: {what}",
            code=call,
            needs_reference=against == "ref",
            **facts,
        )


for name, measure, facts in (
    ("SSIM", "ssim", {"min_size": 11, "differs": "halves large images first (downsample)"}),
    ("MS-SSIM", "multi_scale_ssim", {"min_size": 161}),
    ("VIFp", "vif_p", {"min_size": 41, "differs": "one reference: Tang's VIF is the sum of two"}),
):
    forms(PIQ, name, f"piq.{measure}", piq_measure(measure), **facts)
forms(PIQ, "FSIM", "piq.fsim", fsim, {"chromatic": False})
forms(PIQ, "VSI", "piq.vsi", piq_measure("vsi"), in_colour=True)
forms(PIQ, "GMSD", "piq.gmsd", piq_measure("gmsd"))
forms(PIQ, "MDSI", "piq.mdsi", piq_measure("mdsi"), in_colour=True)
forms(PIQ, "HaarPSI", "piq.haarpsi", piq_measure("haarpsi"), min_size=16)
forms(
    SKIMAGE,
    "SSIM",
    "skimage.metrics.structural_similarity",
    skimage_measure(_ssim),
    min_size=7,
    differs="7x7 box window and sample covariance, the library's defaults",
)
forms(
    SKIMAGE,
    "NMI",
    "skimage.metrics.normalized_mutual_information",
    skimage_measure(_nmi),
    paper="Studholme, Hill and Hawkes 1999",
    ideal=2.0,
    bounds=(1.0, 2.0),
    differs="(H(A) + H(F)) / H(A, F) with 100 bins, 1..2; Hossny's is twice the information over the sum",
)
