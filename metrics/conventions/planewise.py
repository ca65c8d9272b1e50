"""Formulas on one plane of each image that several conventions share, with what they differ in as settings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np

from tcmoa_bench.metrics.errors import Undefined
from tcmoa_bench.metrics.formulas import entropy as information
from tcmoa_bench.metrics.formulas import error as errors
from tcmoa_bench.metrics.formulas import gradient, mef_ssim, xydeas
from tcmoa_bench.metrics.formulas import nabf as artefacts
from tcmoa_bench.metrics.formulas import ssim as similarity
from tcmoa_bench.metrics.formulas.correlation import pearson
from tcmoa_bench.metrics.formulas.vifp import vifp
from tcmoa_bench.metrics.memo import once
from tcmoa_bench.metrics.primitives import LEVELS
from tcmoa_bench.metrics.scene import Plane, Scene
from tcmoa_bench.metrics.settings import Border, checked
from tcmoa_bench.metrics.stacks import extends


@extends("alone")
def entropy(a: Plane, b: Plane, fused: Plane) -> float:
    r"""-sum p log2 p over the 256 levels of F, in bits.

    $$-\sum_{k=0}^{255} p_F(k)\log_2 p_F(k)$$
    """
    return information.entropy(fused.bins)


@extends("mean")
def cross_entropy(a: Plane, b: Plane, fused: Plane) -> float:
    r"""(CE(A, F) + CE(B, F)) / 2 with CE = sum p log2(p / p_F) over the levels that both images have.

    $$\frac{1}{2}\sum_{S\in\{A,B\}}\sum_{k} p_S(k)\log_2\frac{p_S(k)}{p_F(k)}$$
    """
    return (information.cross_entropy(a.bins, fused.bins) + information.cross_entropy(b.bins, fused.bins)) / 2


@checked
@extends("sum")
def mutual_information(
    a: Plane,
    b: Plane,
    fused: Plane,
    *,
    log: Literal["2", "e"] = "2",
    merge: Literal["254+255", "none"] = "none",
) -> float:
    r"""H(A) + H(F) - H(A, F) + H(B) + H(F) - H(B, F).

    Args:
        a: Source A.
        b: Source B.
        fused: Fused image.
        log: Base of the logarithm: bits or nats.
        merge: Levels that share a bin in the joint histograms only, where a uint8 index plus one saturates.

    $$I(A,F)+I(B,F)$$
    $$I(S,F)=H(S)+H(F)-H(S,F)$$
    """
    base = {"2": 2.0, "e": math.e}[log]

    def of(source: Plane) -> float:
        joint = fused.joint_counts(source)
        apart = information.entropy(source.counts, base) + information.entropy(fused.counts, base)
        return apart - information.entropy(
            information.merge_top_levels(joint) if merge == "254+255" else joint, base
        )

    return sum(of(source) for source in (a, b))


@extends("mean")
def mse(a: Plane, b: Plane, fused: Plane) -> float:
    r"""Mean over A and B of the mean squared difference to F.

    $$\frac{1}{2hw}\sum_{S\in\{A,B\}}\sum_{x,y}(F-S)^2$$
    """
    return (errors.mean_squared_error(a, fused) + errors.mean_squared_error(b, fused)) / 2 / fused.full**2


@extends("psnr")
def psnr(a: Plane, b: Plane, fused: Plane, *, peak: float) -> float:
    r"""20 log10(peak / sqrt(MSE)) in dB, the MSE being the mean over A and B; infinite if F equals both.

    $$20\log_{10}\frac{P}{\sqrt{\mathrm{MSE}}}$$
    """
    return errors.psnr(mse(a, b, fused), peak)


#: What VIFB and MEFB put in the place of a mean squared error, and what is meant.
SquaredError = Literal["sqrt(sse)/n", "sse/n"]


@checked
@extends("mean")
def rmse_benchmark(a: Plane, b: Plane, fused: Plane, *, error: SquaredError) -> float:
    r"""Mean over the sources of sqrt(sum (F - S)^2) / (h w): the true RMSE over sqrt(h w).

    $$\frac{1}{2hw}\sum_{S\in\{A,B\}}\sqrt{\sum_{x,y}(F-S)^2}$$
    """
    root: Callable[[float], float] = math.sqrt if error == "sqrt(sse)/n" else float
    scale = fused.full if error == "sqrt(sse)/n" else fused.full**2
    of_a, of_b = (root(errors.squared_error(source, fused)) / scale / fused.levels.size for source in (a, b))
    return (of_a + of_b) / 2


@checked
@extends("psnr")
def psnr_benchmark(a: Plane, b: Plane, fused: Plane, *, error: SquaredError) -> float:
    r"""20 log10(255 / sqrt(e)) with e = mean over the sources of sqrt(sum (F - S)^2) / (h w), not an MSE.

    $$20\log_{10}\frac{255}{\sqrt{e}}$$
    $$e=\frac{1}{2hw}\sum_{S\in\{A,B\}}\sqrt{\sum_{x,y}(F-S)^2}$$
    """
    return errors.psnr(rmse_benchmark(a, b, fused, error=error), 255.0)


@checked
@extends("alone")
def average_gradient(
    a: Plane, b: Plane, fused: Plane, *, difference: Literal["central", "forward"] = "central"
) -> float:
    r"""Sum of sqrt((gx^2 + gy^2) / 2) of F over (h - 1)(w - 1), with central differences, one-sided at the borders.

    With `forward` differences, 0 at the far border, it is the mean over h w.

    $$\frac{1}{(h-1)(w-1)}\sum_{x,y}\sqrt{\frac{1}{2}\left(g_x^2+g_y^2\right)}$$
    """
    image = fused.values
    if difference == "central":
        return gradient.average_gradient(image)
    across, down = np.zeros_like(image), np.zeros_like(image)
    across[:, :-1] = image[:, 1:] - image[:, :-1]
    down[:-1] = image[1:] - image[:-1]
    return float(np.sqrt((across * across + down * down) / 2).mean())


@checked
@extends("alone")
def edge_intensity(a: Plane, b: Plane, fused: Plane, *, border: Border = "replicate") -> float:
    r"""Mean Sobel gradient magnitude of F, no divisor.

    $$\frac{1}{hw}\sum_{x,y}\sqrt{s_x^2+s_y^2}$$
    """
    return _edge_intensity(fused, border) / fused.full


@once
def _edge_intensity(plane: Plane, border: Border) -> float:
    return gradient.edge_intensity(plane.levels, border)


@extends("alone")
def standard_deviation(a: Plane, b: Plane, fused: Plane, *, sat: bool = False) -> float:
    r"""sqrt(mean((F - mean F)^2)), the population standard deviation.

    Args:
        a: Source A.
        b: Source B.
        fused: Fused image.
        sat: What uint8 arithmetic makes of it: deviations below 0 count 0, squares above 255 count 255.

    $$\sqrt{\frac{1}{hw}\sum_{x,y}\left(F-\overline{F}\right)^2}$$
    """
    size = fused.levels.size
    deviation = LEVELS - float((fused.counts * LEVELS).sum()) / size
    square = np.minimum(np.maximum(np.floor(deviation + 0.5), 0.0) ** 2, 255.0) if sat else deviation**2
    return math.sqrt(float((fused.counts * square).sum()) / size) / fused.full


@checked
@extends("alone")
def spatial_frequency(
    a: Plane, b: Plane, fused: Plane, *, divisor: gradient.Divisor = "differences"
) -> float:
    r"""sqrt(mean squared row difference + mean squared column difference) of F.

    $$\sqrt{\overline{(\Delta_x F)^2}+\overline{(\Delta_y F)^2}}$$
    """
    return gradient.spatial_frequency(fused.levels, divisor) / fused.full


@extends("mean")
def correlation(a: Plane, b: Plane, fused: Plane) -> float:
    r"""Mean of the Pearson correlations of F with A and with B; 0/0 if one is constant.

    $$\frac{1}{2}\left(r(A,F)+r(B,F)\right)$$
    """
    return (pearson(a, fused) + pearson(b, fused)) / 2


@extends("sum")
def vif(a: Plane, b: Plane, fused: Plane, *, sat: bool = False) -> float:
    r"""VIFp(A, F) + VIFp(B, F); 0/0 if a source is constant.

    $$\mathrm{VIFp}(A,F)+\mathrm{VIFp}(B,F)$$
    $$\mathrm{VIFp}(S,F)=\frac{\sum\log_2\left(1+\frac{g^2\sigma_S^2}{\sigma_v^2+\sigma_n^2}\right)}{\sum\log_2\left(1+\frac{\sigma_S^2}{\sigma_n^2}\right)}$$
    """
    return vifp(a, fused, sat) + vifp(b, fused, sat)


@checked
@extends("joint")
def qabf(*planes: Plane, equal: xydeas.Equal = "gradient", border: Border = "zero") -> float:
    r"""Edge preservation, sum(Q_AF g_A + Q_BF g_B) / sum(g_A + g_B), Sobel.

    Args:
        planes: The sources, then the fused image.
        equal: What stands for the ratio of two equal gradients: the gradient itself (Tang's error), 1, or so much that
            the pixel counts in full (VIFB, MEFB).
        border: What Sobel sees beyond the border.

    $$\frac{\sum_{x,y}\left(Q_{AF}\,g_A+Q_{BF}\,g_B\right)}{\sum_{x,y}\left(g_A+g_B\right)}$$
    """
    *sources, fused = (xydeas.plane_edges(plane, border) for plane in planes)
    return xydeas.qabf(sources, fused, equal)


@checked
def nabf(a: Plane, b: Plane, fused: Plane, *, order: Literal["F,A,B", "A,B,F"] = "F,A,B") -> float:
    """Share of edge weight lost where the fused image's gradient exceeds both sources'.

    Args:
        a: Source A.
        b: Source B.
        fused: Fused image.
        order: Which images are taken for the fused one and for the sources.
    """
    planes = {"A": a, "B": b, "F": fused}
    return artefacts.nabf(*(planes[letter] for letter in order.split(",")))


@checked
@extends("mean")
def ssim(a: Plane, b: Plane, fused: Plane, *, peak: float, border: similarity.ValidOrReplicate) -> float:
    r"""Mean of SSIM(A, F) and SSIM(B, F), 11x11 Gaussian window of sigma 1.5, K = 0.01 and 0.03.

    $$\frac{1}{2}\left(\mathrm{SSIM}(A,F)+\mathrm{SSIM}(B,F)\right)$$
    $$\mathrm{SSIM}(S,F)=\overline{\frac{(2\mu_S\mu_F+c_1)(2\sigma_{SF}+c_2)}{(\mu_S^2+\mu_F^2+c_1)(\sigma_S^2+\sigma_F^2+c_2)}}$$
    """
    return sum(similarity.ssim(source, fused, peak=peak, border=border) for source in (a, b)) / 2


@checked
@extends("joint")
def exposure_fusion_similarity(*planes: Plane, scales: Literal[1, 3]) -> float:
    """Structural similarity of F to the patches that an ideal exposure fusion would show."""
    return {1: mef_ssim.mef_ssim, 3: mef_ssim.mef_ms_ssim}[scales](*planes)


def no_view(scene: Scene) -> Sequence[tuple[None, None, None]]:
    """What a formula without a value looks at."""
    return [(None, None, None)]


def unavailable(reason: str) -> Callable[..., float]:
    """A formula that has no value, for the reason given."""

    def none(a: None, b: None, fused: None) -> float:
        raise Undefined(reason)

    return none
