"""`piq` and `skimage`: independent full-reference readings by two public libraries.

The fused image against each source (`SSIM_A`, `SSIM_B`), their mean (`SSIM`), and against the ground truth where
the pair has one (`SSIM_ref`). Libraries are called with their own defaults on levels 0..255 in float64; gray is
MATLAB's rounded one, as everywhere here. Torch is imported at the first value of `piq`, and held to one thread,
since its sums depend on the number of threads in the last bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.core import Convention, Undefined
from tcmoa_bench.metrics.scene import Picture, Scene

PIQ = Convention(
    "piq", "PyTorch Image Quality 0.8: full-reference measures against each source and the ground truth"
)
SKIMAGE = Convention(
    "skimage", "scikit-image: full-reference measures against each source and the ground truth"
)

#: Their values are the library's, so that its version is part of every signature.
DISTRIBUTIONS = {"piq": "piq", "skimage": "scikit-image"}

Array = NDArray[np.float64]
Measure = Callable[[Array, Array], float]


def as_levels(picture: Picture, colour: str) -> Array:
    """A picture's levels 0..255 for a library: `bt601-round` (`H x W`) or `rgb` (`3 x H x W`)."""
    if colour == "rgb":
        return np.stack([picture.channel_plane(k).double for k in range(3)])
    return {"bt601-round": picture.luma.double}[colour]


def _register(
    convention: Convention,
    name: str,
    measure: Callable[..., float],
    *,
    colour: str = "bt601-round",
    options: Mapping[str, object] | None = None,
    higher_is_better: bool = True,
    source: str,
    **facts,
) -> None:
    """Register the mean over the sources, the two readings it is made of, and the one against the truth."""
    options = dict(options or {})
    one = partial(measure, **options)

    def reading(scene: Scene, against: str) -> float:
        other = {"a": scene.a, "b": scene.b, "reference": scene.sources.reference}[against]
        if other is None:
            raise Undefined("the pair has no ground truth")
        key = (convention.name, name, other)
        return scene.once(key, lambda: one(as_levels(scene.fused, colour), as_levels(other, colour)))

    def mean(scene: Scene) -> float:
        return (reading(scene, "a") + reading(scene, "b")) / 2

    forms: dict[str, tuple[Callable[[Scene], float], str]] = {
        name: (mean, "mean of the readings against A and B"),
        f"{name}_A": (partial(reading, against="a"), "reading against A"),
        f"{name}_B": (partial(reading, against="b"), "reading against B"),
        f"{name}_ref": (partial(reading, against="reference"), "reading against the ground truth"),
    }
    for form, (function, what) in forms.items():
        convention.metric(
            form,
            higher_is_better=higher_is_better,
            reference_name=source if form == name else None,
            setting={
                "colour" if colour == "rgb" else "gray": colour,
                "in": "0..255",
                **options,
                "library": version(DISTRIBUTIONS[convention.name]),
            },
            formula=f"{source}: {what}",
            source=source,
            needs_reference=form.endswith("_ref"),
            **facts,
        )(function)


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


def _by_piq(fused: Array, other: Array, *, measure: str, **options: object) -> float:
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
        return float(getattr(piq, measure)(tensor(fused), tensor(other), data_range=255.0, **options))


def _piq(name: str, measure: str, **facts) -> None:
    options = facts.pop("options", {})
    _register(PIQ, name, partial(_by_piq, measure=measure), options=options, source=f"piq.{measure}", **facts)


_piq(
    "SSIM",
    "ssim",
    ideal=1.0,
    bounds=(-1.0, 1.0),
    min_size=11,
    difference="halves large images first (downsample)",
)
_piq("MS-SSIM", "multi_scale_ssim", ideal=1.0, bounds=(0.0, 1.0), min_size=161)
_piq("VIFp", "vif_p", ideal=1.0, min_size=41, difference="one reference: Tang's VIF is the sum of two")
_piq("FSIM", "fsim", options={"chromatic": False}, ideal=1.0, bounds=(0.0, 1.0))
_piq("VSI", "vsi", colour="rgb", ideal=1.0, bounds=(0.0, 1.0))
_piq("GMSD", "gmsd", higher_is_better=False, ideal=0.0, bounds=(0.0, 1.0))
_piq("MDSI", "mdsi", colour="rgb", higher_is_better=False, ideal=0.0, bounds=(0.0, 1.0))
_piq("HaarPSI", "haarpsi", ideal=1.0, bounds=(0.0, 1.0), min_size=16)


def _ssim(fused: Array, other: Array) -> float:
    from skimage.metrics import structural_similarity

    return float(structural_similarity(fused, other, data_range=255.0))


def _nmi(fused: Array, other: Array) -> float:
    from skimage.metrics import normalized_mutual_information

    with np.errstate(invalid="ignore", divide="ignore"):
        return float(normalized_mutual_information(fused, other))


_register(
    SKIMAGE,
    "SSIM",
    _ssim,
    ideal=1.0,
    bounds=(-1.0, 1.0),
    min_size=7,
    source="skimage.metrics.structural_similarity",
    difference="7x7 box window and sample covariance, the library's defaults",
)
_register(
    SKIMAGE,
    "NMI",
    _nmi,
    ideal=2.0,
    bounds=(1.0, 2.0),
    source="skimage.metrics.normalized_mutual_information",
    difference="(H(A) + H(F)) / H(A, F) with 100 bins, 1..2; Hossny's is twice the information over the sum",
)
