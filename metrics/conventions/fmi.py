"""Haghighat's FMI with each of its five features, on the rounded gray image."""

from __future__ import annotations

from tcmoa_bench.metrics.core import Convention
from tcmoa_bench.metrics.formulas import fmi
from tcmoa_bench.metrics.scene import Scene

FMI = Convention(
    "fmi", "Mohammad Haghighat, FMI (github.com/mhaghighat/fmi), MATLAB: gray, 0..255, windows of 3x3"
)


def feature_mutual_information(scene: Scene, *, gray: str, in_: str, feature: fmi.Feature) -> float:
    """Mean over 3x3 windows of 2 MI / (H + H_F) between a feature of A and F, and of B and F, halved."""
    return fmi.plane_fmi(*scene.gray(gray), in_, feature)


def _register(name: str, feature: fmi.Feature, difference: str, reference_name: str | None = None) -> None:
    FMI.metric(
        name,
        reference_name=reference_name,
        higher_is_better=True,
        arguments={"gray": "bt601-round", "in_": "0..255", "feature": feature},
        source="Haghighat, Aghagolzadeh and Seyedarabi 2011, Haghighat and Razian 2014; fmi.m",
        ideal=1.0,
        min_size=3,
        difference=difference,
    )(feature_mutual_information)


_register("FMI_pixel", "none", "the gray levels themselves; Tang's FMI_pixel is FMI_edge", "FMI_none")
_register("FMI_gradient", "gradient", "the horizontal gradient only")
_register("FMI_edge", "edge", "the default of fmi.m, though its help says raw levels")
_register("FMI_dct", "dct", "one DCT of the whole image")
_register("FMI_wavelet", "wavelet", "one level of the discrete Meyer wavelet, its four bands side by side")
