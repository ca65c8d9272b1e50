"""Haghighat's FMI with each of its five features, on the rounded gray image."""

from __future__ import annotations

from tcmoa_bench.metrics.core import Convention
from tcmoa_bench.metrics.formulas.fmi import plane_fmi

FMI = Convention(
    "fmi",
    "Mohammad Haghighat, FMI (github.com/mhaghighat/fmi), MATLAB: gray, 0..255, windows of 3x3",
    settings={"gray": "bt601-round", "in_": "0..255"},
)
for name, feature, spelled, differs in (
    ("FMI_pixel", "none", "FMI_none", "the gray levels themselves; Tang's FMI_pixel is FMI_edge"),
    ("FMI_gradient", "gradient", None, "the horizontal gradient only"),
    ("FMI_edge", "edge", None, "the default of fmi.m, though its help says raw levels"),
    ("FMI_dct", "dct", None, "one DCT of the whole image"),
    ("FMI_wavelet", "wavelet", None, "one level of the discrete Meyer wavelet, its four bands side by side"),
):
    FMI.define(name, plane_fmi, {"feature": feature}, spelled=spelled, code="fmi.m", differs=differs)
