"""Training losses of TC-MoA: the terms, and their weighted sums for each task and recipe.

Images are `(B, 3, H, W)` floats in [0, 1]; `p` is the fused image, `a` the first source, `b` the second.
The arithmetic of the terms is the official code's, which is not always what the paper prints.
"""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

GRAY = (0.2989, 0.587, 0.114)
SSIM_C1, SSIM_C2 = 0.01**2, 0.03**2


def gaussian_window(size: int = 11, sigma: float = 1.5) -> Tensor:
    """1-D Gaussian that sums to one, float64."""
    offset = torch.arange(size, dtype=torch.float64) - size // 2
    window = torch.exp(-(offset**2) / (2 * sigma**2))
    return window / window.sum()


@lru_cache(maxsize=32)
def _band(length: int, sigma: float, dtype: torch.dtype, device: torch.device) -> Tensor:
    """Matrix that filters a vector of `length` with the 11-tap Gaussian, zeros outside."""
    window = gaussian_window(sigma=sigma)
    offset = torch.arange(length)[:, None] - torch.arange(length)
    band = torch.where(offset.abs() <= 5, window[offset.clamp(-5, 5) + 5], 0.0)
    return band.to(dtype).to(device)


def gaussian_filter(images: Tensor, sigma: float = 1.5) -> Tensor:
    """11x11 Gaussian with zero padding over the last two axes.

    Two banded matrix products: on training crops several times faster, forward and backward, than a
    depthwise convolution, and equal to it up to rounding.
    """
    rows = _band(images.shape[-2], sigma, images.dtype, images.device)
    columns = _band(images.shape[-1], sigma, images.dtype, images.device)
    return rows @ images @ columns


def ssim(p: Tensor, a: Tensor) -> Tensor:
    """Mean SSIM over all pixels and channels (11x11 Gaussian, sigma 1.5, zero padding); 1 is best."""
    return ssim_each(p, (a,))[0]


def ssim_each(p: Tensor, sources: tuple[Tensor, ...]) -> list[Tensor]:
    """`ssim` of `p` with each source; the statistics of `p` are computed once."""
    stack = [p, p * p]
    for a in sources:
        stack += [a, a * a, p * a]
    filtered = gaussian_filter(torch.stack(stack))
    mean_p = filtered[0]
    variance_p = filtered[1] - mean_p * mean_p
    values = []
    for i in range(len(sources)):
        mean_a, square_a, product = filtered[2 + 3 * i : 5 + 3 * i]
        variance_a, covariance = square_a - mean_a * mean_a, product - mean_p * mean_a
        quality = (2 * mean_p * mean_a + SSIM_C1) * (2 * covariance + SSIM_C2)
        quality = quality / (
            (mean_p * mean_p + mean_a * mean_a + SSIM_C1) * (variance_p + variance_a + SSIM_C2)
        )
        values.append(quality.mean())
    return values


def diagonal_gradient(images: Tensor) -> Tensor:
    """The official gradient `(B, 1, H, W)`: two signed kernels and all channels summed, zero padding."""
    horizontal = images.new_tensor([[-0.2, 0, 0.2], [-1, 0, 1], [-0.2, 0, 0.2]])
    vertical = images.new_tensor([[0.2, 1, 0.2], [0, 0, 0], [-0.2, -1, -0.2]])
    # Two convolutions, summed after: the order of additions decides ties of |a| and |b|.
    weight = torch.stack([horizontal, vertical])[:, None].repeat(1, images.shape[1], 1, 1)
    both = F.conv2d(images, weight, padding=1)
    return both[:, :1] + both[:, 1:]


def max_gradient(p: Tensor, a: Tensor, b: Tensor | None = None, weight: float = 3.0) -> Tensor:
    """Mean distance of p's diagonal gradient to the stronger one of the sources (to a's, where b is None)."""
    target = diagonal_gradient(a)
    if b is not None:
        other = diagonal_gradient(b)
        target = torch.where(target.abs() >= other.abs(), target, other)
    return weight * F.l1_loss(diagonal_gradient(p), target)


def luma(images: Tensor) -> Tensor:
    """Gray `(B, 1, H, W)` with the official weights .2989, .587, .114."""
    red, green, blue = images.split(1, 1)
    return GRAY[0] * red + GRAY[1] * green + GRAY[2] * blue


def sobel(gray: Tensor) -> Tensor:
    """Sobel derivatives (1, 2, 1) along x and y: `(B, 2, H, W)` from `(B, 1, H, W)`, zero padding."""
    kernel = gray.new_tensor([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
    return F.conv2d(gray, torch.stack([kernel, kernel.T])[:, None], padding=1)


def vector_gradient(p: Tensor, a: Tensor, b: Tensor | None = None) -> Tensor:
    """Mean distance of p's luma gradient to the longer gradient vector of the sources.

    Our own term (`gradient = "vector"` in a recipe): the official one sees a single diagonal direction.
    The border is left out: zero padding makes edges there that no source has.
    """

    def gradient(images: Tensor) -> Tensor:
        return sobel(luma(images))[..., 1:-1, 1:-1] / 4

    target = gradient(a)
    if b is not None:
        other = gradient(b)
        longer = target.square().sum(1, keepdim=True) >= other.square().sum(1, keepdim=True)
        target = torch.where(longer, target, other)
    return F.l1_loss(gradient(p), target)


def mean_pixel(p: Tensor, a: Tensor, b: Tensor, weight: float = 3.0) -> Tensor:
    """Weighted mean distance to the average of the sources."""
    return weight * F.l1_loss(p, (a + b) / 2)


def max_pixel(p: Tensor, a: Tensor, b: Tensor | None = None) -> Tensor:
    """Mean distance to the larger source value (to a, where b is None)."""
    return F.l1_loss(p, a if b is None else torch.maximum(a, b))


def choose_patches(a: Tensor, b: Tensor, patch: int = 16) -> Tensor:
    """Which source is in focus: for each patch, whether a's largest gradient is at least b's.

    Returns:
        Bool `(B, H/patch * W/patch)`, row by row; True takes a.
    """

    def strength(images: Tensor) -> Tensor:
        return F.max_pool2d(sobel(luma(images)).abs().sum(1, keepdim=True), patch)

    return (strength(a) >= strength(b)).flatten(1)


def select_patches(a: Tensor, b: Tensor, patch: int = 16) -> Tensor:
    """The image put together from the patches in focus (`choose_patches`)."""
    grid = (a.shape[-2] // patch, a.shape[-1] // patch)
    choice = choose_patches(a, b, patch).view(-1, 1, *grid)
    choice = choice.repeat_interleave(patch, 2).repeat_interleave(patch, 3)
    return torch.where(choice, a, b)


def mef_ssim(p: Tensor, a: Tensor, b: Tensor, use_luminance: bool = True, whole: bool = False) -> Tensor:
    """Single-scale MEF-SSIM of one fused image with two exposures (after Ma et al., TIP 2015); 1 is best.

    Args:
        p: Fused images `(B, 3, H, W)`.
        a: One exposure.
        b: The other.
        use_luminance: Include the luminance term.
        whole: Mean of the products by pixel (MEF-SSIM) instead of the product of the means (the one-level
            multi-scale form, which the training uses).
    """

    def local_mean(images: Tensor) -> Tensor:
        return gaussian_filter(images, 11 / 6).mean(1)

    sources = torch.stack([a, b])
    means = torch.stack([local_mean(y) for y in (a, b)])
    variances = torch.stack([local_mean(y * y) for y in (a, b)]) - means**2
    mean_p = local_mean(p)
    variance_p = local_mean(p * p) - mean_p**2
    covariances = torch.stack([local_mean(p * y) for y in (a, b)]) - mean_p * means
    structure = (2 * covariances + SSIM_C2) / (variance_p + variances + SSIM_C2)
    chosen = variances.argmax(0, keepdim=True)
    structure = structure.gather(0, chosen)[0]
    if not use_luminance:
        return structure.mean()
    spread = 2 * 0.2**2
    overall = means.flatten(1).mean(1).view(-1, *[1] * (sources.ndim - 2))
    weight = torch.exp(-((means - 0.5) ** 2) / spread) * torch.exp(-((overall - 0.5) ** 2) / spread)
    mean_y = (weight * means).sum(0) / weight.sum(0)
    light = (2 * mean_p * mean_y + SSIM_C1) / (mean_p**2 + mean_y**2 + SSIM_C1)
    return (light * structure).mean() if whole else light.mean() * structure.mean()


def stacked(images: Tensor) -> Tensor:
    """A batch put into one tall image `(1, 3, B * H, W)`, as the official MEF loss does."""
    return images.transpose(0, 1).flatten(1, 2).unsqueeze(0)


def prompt_loss(
    encoder: tuple[tuple[Tensor, ...], tuple[Tensor, ...]],
    decoder: tuple[tuple[Tensor, ...], tuple[Tensor, ...]],
) -> Tensor:
    """Mutual-information regularisation as the code has it: prompts of both streams should sum to one."""

    def distance(x: tuple[Tensor, ...], t: tuple[Tensor, ...]) -> Tensor:
        total = torch.stack(x) + torch.stack(t)
        return F.mse_loss(total, torch.ones_like(total))

    return 0.75 * distance(*encoder) + 0.25 * distance(*decoder)
