"""Feature mutual information (FMI): how much of each source's local feature pattern the fused image keeps.

Haghighat, Aghagolzadeh and Seyedarabi, "A non-reference image fusion metric based on mutual information of
image features" (2011) and "Fast-FMI" (2014); equals mhaghighat/fmi's `fmi.m` with windows of 3 x 3.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.metrics.errors import Undefined
from tcmoa_bench.metrics.formulas.fmi.features import FEATURES, Feature, feature_map
from tcmoa_bench.metrics.formulas.fmi.information import mean_information
from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import checked
from tcmoa_bench.metrics.stacks import extends

__all__ = ["FEATURES", "Feature", "feature_map", "fmi", "fmi_of_maps", "plane_feature_map", "plane_fmi"]


def fmi(
    a: NDArray[np.generic], b: NDArray[np.generic], f: NDArray[np.generic], feature: Feature = "edge"
) -> float:
    """Mean over all 3 x 3 windows of the halved normalised mutual informations of (A, F) and (B, F).

    Args:
        a: Plane of source A, `H x W`, any numeric dtype; the scale matters only through rounding.
        b: Plane of source B, same size.
        f: Plane of the fused image, same size.
        feature: What is compared: raw levels (`none`), `gradient`, `edge` (the reference's default), `dct`,
            `wavelet`.

    Returns:
        0 (nothing kept) to about 1 (identical); NaN where the reference gives NaN.

    Raises:
        ValueError: The planes are smaller than 3 x 3.
    """
    return fmi_of_maps(feature_map(a, feature), feature_map(b, feature), feature_map(f, feature))


@once
def plane_feature_map(plane: Plane, feature: Feature) -> NDArray[np.generic]:
    """`feature_map` of a plane, computed once per plane."""
    return feature_map(plane.values, feature)


@checked
@once
@extends("mean")
def plane_fmi(
    a: Plane, b: Plane, fused: Plane, *, feature: Feature, overwrite: bool = True, window: int = 3
) -> float:
    """Mean over 3x3 windows of 2 MI / (H + H_F) between a feature of A and F, and of B and F, halved.

    Computed once.

    Args:
        a: Source A.
        b: Source B.
        fused: Fused image.
        feature: What is compared, as in `fmi`.
        overwrite: As in `fmi_of_maps`.
        window: Height and width of the windows.

    Raises:
        Undefined: The windows are not those of fmi.m.
    """
    if window != 3:
        raise Undefined(f"FMI is worked out for windows of 3x3, not of {window}x{window}")
    of_a, of_b, of_fused = (plane_feature_map(plane, feature) for plane in (a, b, fused))
    return fmi_of_maps(of_a, of_b, of_fused, overwrite)


def fmi_of_maps(
    a: NDArray[np.generic], b: NDArray[np.generic], f: NDArray[np.generic], overwrite: bool = True
) -> float:
    """`fmi` of ready feature maps, so that the sources' maps can serve many fused images.

    Args:
        a: `feature_map` of source A.
        b: `feature_map` of source B, same shape.
        f: `feature_map` of the fused image, same shape.
        overwrite: The reference's bug, see `mean_information`; without it A and B may be swapped.
    """
    if min(f.shape) < 3:
        raise ValueError(f"FMI needs planes of at least 3x3, this one is {f.shape[0]}x{f.shape[1]}")
    return mean_information(a, b, f, overwrite)
