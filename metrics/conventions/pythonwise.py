"""What the Python evaluators compute on one gray plane of each image, with what they differ in as settings."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Literal

from tcmoa_bench.metrics.formulas.evaluators import information, similarity, single
from tcmoa_bench.metrics.formulas.evaluators import vif as fidelity
from tcmoa_bench.metrics.formulas.evaluators.single import DTYPES, image
from tcmoa_bench.metrics.scene import Plane
from tcmoa_bench.metrics.settings import Arithmetic, checked
from tcmoa_bench.metrics.stacks import extends

#: Over both sources.
Over = Literal["sum", "mean"]


def _over(of: Callable[[Plane], float], a: Plane, b: Plane, over: Over) -> float:
    total = of(a) + of(b)
    return total if over == "sum" else total / 2


@checked
@extends("alone")
def entropy(a: Plane, b: Plane, fused: Plane, *, guard: float, arithmetic: Arithmetic) -> float:
    r"""-sum p log2(p + guard) over the 256 levels of F, in bits.

    $$-\sum_{k=0}^{255} p_F(k)\log_2\left(p_F(k)+\varepsilon\right)$$
    """
    return information.entropy(fused.counts, guard, DTYPES[arithmetic])


@checked
@extends("alone")
def standard_deviation(a: Plane, b: Plane, fused: Plane, *, arithmetic: Arithmetic) -> float:
    r"""Population standard deviation of F.

    $$\sqrt{\frac{1}{hw}\sum_{x,y}\left(F-\overline{F}\right)^2}$$
    """
    return single.standard_deviation(image(fused, arithmetic))


@checked
@extends("alone")
def spatial_frequency(a: Plane, b: Plane, fused: Plane, *, arithmetic: Arithmetic) -> float:
    r"""sqrt(mean dx^2 + mean dy^2) of F.

    $$\sqrt{\overline{(\Delta_x F)^2}+\overline{(\Delta_y F)^2}}$$
    """
    return single.spatial_frequency(image(fused, arithmetic), rooted=False)


@checked
@extends("alone")
def rooted_spatial_frequency(a: Plane, b: Plane, fused: Plane, *, arithmetic: Arithmetic) -> float:
    r"""sqrt(R^2 + C^2) of F with R = sqrt(mean dy^2), C = sqrt(mean dx^2): the last bit of float32 may differ.

    $$\sqrt{R^2+C^2}$$
    $$R=\sqrt{\overline{(\Delta_y F)^2}},\quad C=\sqrt{\overline{(\Delta_x F)^2}}$$
    """
    return single.spatial_frequency(image(fused, arithmetic), rooted=True)


@checked
@extends("alone")
def average_gradient(
    a: Plane, b: Plane, fused: Plane, *, arithmetic: Arithmetic, divisor: Literal["hw", "(h-1)(w-1)"]
) -> float:
    r"""Sum of sqrt((gx^2 + gy^2) / 2) of F over the divisor, central differences, one-sided at the borders.

    $$\frac{1}{d}\sum_{x,y}\sqrt{\frac{1}{2}\left(g_x^2+g_y^2\right)}$$
    """
    return single.average_gradient(image(fused, arithmetic), over_all=divisor == "hw")


@checked
@extends("alone")
def edge_intensity(a: Plane, b: Plane, fused: Plane, *, arithmetic: Arithmetic) -> float:
    """Mean Sobel magnitude of F without divisor, zero border: the image's frame counts as an edge."""
    return single.edge_intensity(image(fused, arithmetic))


@checked
@extends("sum")
def mutual_information(a: Plane, b: Plane, fused: Plane, *, log: Literal["2", "e"]) -> float:
    r"""I(F, A) + I(F, B) of the 256 levels, neither of them negative.

    $$I(A,F)+I(B,F)$$
    """
    base = {"2": 2.0, "e": math.e}[log]
    return sum(information.mutual_information(fused.joint_counts(source), base) for source in (a, b))


@checked
@extends("mean")
def mse(a: Plane, b: Plane, fused: Plane, *, arithmetic: Arithmetic) -> float:
    r"""Half the mean squared difference of F to A, plus half that to B.

    $$\frac{1}{2hw}\sum_{S\in\{A,B\}}\sum_{x,y}(F-S)^2$$
    """
    f = image(fused, arithmetic)
    half = f.dtype.type(0.5)
    return float(sum(half * single.mean_squared_error(image(source, arithmetic), f) for source in (a, b)))


@checked
@extends("psnr")
def psnr(
    a: Plane, b: Plane, fused: Plane, *, arithmetic: Arithmetic, peak: Literal["max(F)", "1", "255"]
) -> float:
    r"""10 log10(peak^2 / MSE) in dB; infinite if F equals A and B.

    $$10\log_{10}\frac{P^2}{\mathrm{MSE}}$$
    """
    most = float(fused.levels.max()) / fused.full if peak == "max(F)" else float(peak)
    return single.decibel(mse(a, b, fused, arithmetic=arithmetic), most)


@checked
def correlation(a: Plane, b: Plane, fused: Plane, *, arithmetic: Arithmetic) -> float:
    r"""(r(A, F) + r(B, F)) / 2, Pearson.

    $$\frac{1}{2}\left(r(A,F)+r(B,F)\right)$$
    """
    return single.mean_correlation(*(image(plane, arithmetic) for plane in (a, b, fused)))


@checked
def scd(a: Plane, b: Plane, fused: Plane, *, arithmetic: Arithmetic) -> float:
    r"""r(A, F - B) + r(B, F - A).

    $$r(A,\,F-B)+r(B,\,F-A)$$
    """
    return single.difference_correlation(*(image(plane, arithmetic) for plane in (a, b, fused)))


@checked
@extends("sum")
def vif(a: Plane, b: Plane, fused: Plane, *, flat: Literal["null", "1"]) -> float:
    """vifp(A, F) + vifp(B, F); a constant source has no value, or counts 1."""

    def of(source: Plane) -> float:
        value = fidelity.visual_information(source, fused)
        return 1.0 if flat == "1" and math.isnan(value) else value

    return of(a) + of(b)


@extends("sum")
def off_centre_vif(a: Plane, b: Plane, fused: Plane) -> float:
    """vifp(A, F) + vifp(B, F) in float32 with windows off their centre and a zero border."""
    return sum(fidelity.off_centre_information(source, fused) for source in (a, b))


@checked
@extends("over")
def box_ssim(a: Plane, b: Plane, fused: Plane, *, L: float, arithmetic: Arithmetic, over: Over) -> float:
    r"""SSIM(F, A) + SSIM(F, B) of scikit-image: 7 x 7 box, sample covariance, maps in the arithmetic.

    $$\mathrm{SSIM}(A,F)+\mathrm{SSIM}(B,F)$$
    $$\mathrm{SSIM}(S,F)=\overline{\frac{(2\mu_S\mu_F+c_1)(2\sigma_{SF}+c_2)}{(\mu_S^2+\mu_F^2+c_1)(\sigma_S^2+\sigma_F^2+c_2)}}$$
    """
    return _over(lambda x: similarity.box_ssim(x, fused, L, DTYPES[arithmetic]), a, b, over)


@checked
@extends("over")
def gaussian_ssim(a: Plane, b: Plane, fused: Plane, *, arithmetic: Arithmetic, L: float, over: Over) -> float:
    r"""SSIM(A, F) + SSIM(B, F): 11-tap Gaussian inside the image, the code's float32 window.

    $$\mathrm{SSIM}(A,F)+\mathrm{SSIM}(B,F)$$
    $$\mathrm{SSIM}(S,F)=\overline{\frac{(2\mu_S\mu_F+c_1)(2\sigma_{SF}+c_2)}{(\mu_S^2+\mu_F^2+c_1)(\sigma_S^2+\sigma_F^2+c_2)}}$$
    """
    return _over(lambda x: similarity.gaussian_ssim(x, fused, 255 / L, arithmetic), a, b, over)


@checked
@extends("over")
def gaussian_ms_ssim(
    a: Plane, b: Plane, fused: Plane, *, arithmetic: Arithmetic, L: float, over: Over
) -> float:
    """MS-SSIM(A, F) + MS-SSIM(B, F), five scales; a negative mean counts as 0 (its power is complex)."""
    return _over(lambda x: similarity.gaussian_ms_ssim(x, fused, 255 / L, arithmetic), a, b, over)


def float64_note(name: str) -> str:
    """What stands beside a metric whose own code gives no reproducible number."""
    return (
        f"the {name} of the code is no reproducible number: its float32 variances of images with saturated, flat or smooth "
        "bright areas move it by up to 0.2 with processor and library; this is its value in float64"
    )
