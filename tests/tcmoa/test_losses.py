"""Each loss term beside a transcription of its formula in NumPy, values and gradients; and the recipes' sums.

The transcriptions know nothing of `losses`: plain loops and SciPy's correlation in double precision. Gradients of the
torch terms (in double precision too) are held against central differences of the transcription.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.signal import correlate2d

from tcmoa_bench.tcmoa import losses
from tcmoa_bench.tcmoa.model import Prompts
from tcmoa_bench.tcmoa.train.config import load_recipe
from tcmoa_bench.tcmoa.train.objective import task_loss

Floats = NDArray[np.float64]
SHAPE = (2, 3, 32, 48)


def filtered(image: Floats, kernel: Floats) -> Floats:
    """Correlation with zeros outside; the size stays."""
    return correlate2d(image, kernel, mode="same", boundary="fill", fillvalue=0)


def gaussian_kernel(sigma: float) -> Floats:
    line = np.array([np.exp(-(k**2) / (2 * sigma**2)) for k in range(-5, 6)])
    return np.outer(line, line) / line.sum() ** 2


def ssim(p: Floats, a: Floats) -> float:
    """11x11 Gaussian of deviation 1.5, C1 = .01^2, C2 = .03^2, mean over pixels, channels and samples."""
    kernel, values = gaussian_kernel(1.5), []
    for sample in range(p.shape[0]):
        for channel in range(3):
            x, y = p[sample, channel], a[sample, channel]
            mx, my = filtered(x, kernel), filtered(y, kernel)
            vx, vy = filtered(x * x, kernel) - mx**2, filtered(y * y, kernel) - my**2
            cov = filtered(x * y, kernel) - mx * my
            top = (2 * mx * my + 0.01**2) * (2 * cov + 0.03**2)
            values.append(top / ((mx**2 + my**2 + 0.01**2) * (vx + vy + 0.03**2)))
    return float(np.mean(values))


def pixel(p: Floats, a: Floats, b: Floats) -> float:
    return 3 * float(np.mean(np.abs(p - (a + b) / 2)))


def max_pixel(p: Floats, a: Floats, b: Floats | None = None) -> float:
    return float(np.mean(np.abs(p - (a if b is None else np.maximum(a, b)))))


HORIZONTAL = np.array([[-0.2, 0, 0.2], [-1, 0, 1], [-0.2, 0, 0.2]])
VERTICAL = np.array([[0.2, 1, 0.2], [0, 0, 0], [-0.2, -1, -0.2]])


def signed_gradient(images: Floats) -> Floats:
    """One map a sample: both kernels, all channels, summed with their signs."""
    return np.array(
        [sum(filtered(channel, HORIZONTAL) + filtered(channel, VERTICAL) for channel in s) for s in images]
    )


def max_gradient(p: Floats, a: Floats, b: Floats | None = None) -> float:
    target = signed_gradient(a)
    if b is not None:
        other = signed_gradient(b)
        target = np.where(np.abs(target) >= np.abs(other), target, other)
    return 3 * float(np.mean(np.abs(signed_gradient(p) - target)))


def gray(image: Floats) -> Floats:
    return 0.2989 * image[0] + 0.587 * image[1] + 0.114 * image[2]


SOBEL = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]], float)


def selected(a: Floats, b: Floats) -> Floats:
    """Each patch of 16 pixels whole from the source with the stronger |Sobel x| + |Sobel y| in it; ties take a."""
    out = np.empty_like(a)
    for sample in range(a.shape[0]):
        strong = [
            np.abs(filtered(gray(i[sample]), SOBEL)) + np.abs(filtered(gray(i[sample]), SOBEL.T))
            for i in (a, b)
        ]
        for y in range(0, a.shape[2], 16):
            for x in range(0, a.shape[3], 16):
                cell = (slice(y, y + 16), slice(x, x + 16))
                source = a if strong[0][cell].max() >= strong[1][cell].max() else b
                out[sample][:, cell[0], cell[1]] = source[sample][:, cell[0], cell[1]]
    return out


def vector_gradient(p: Floats, a: Floats, b: Floats | None = None) -> float:
    """Both Sobel derivatives of gray over 4 to those of the source where they are longer, border left out."""
    total, count = 0.0, 0
    for sample in range(p.shape[0]):
        maps = [
            np.stack([filtered(gray(i[sample]), kernel)[1:-1, 1:-1] / 4 for kernel in (SOBEL, SOBEL.T)])
            for i in (p, a, a if b is None else b)
        ]
        target = np.where((maps[1] ** 2).sum(0) >= (maps[2] ** 2).sum(0), maps[1], maps[2])
        total += np.abs(maps[0] - target).sum()
        count += target.size
    return total / count


def mef_ssim(p: Floats, a: Floats, b: Floats) -> float:
    """One level of MEF-SSIM over the batch stacked along the height: mean of l times mean of cs (sigmas .2)."""
    tall = [np.concatenate(list(images), axis=1) for images in (p, a, b)]
    kernel = gaussian_kernel(11 / 6)

    def mean(images: Floats) -> Floats:
        return np.mean([filtered(channel, kernel) for channel in images], axis=0)

    mp = mean(tall[0])
    vp = mean(tall[0] ** 2) - mp**2
    sources = []
    for y in tall[1:]:
        my = mean(y)
        sources.append((y, my, mean(y * y) - my**2))
    weights = [
        np.exp(-((my - 0.5) ** 2) / (2 * 0.2**2)) * np.exp(-((my.mean() - 0.5) ** 2) / (2 * 0.2**2))
        for _, my, _ in sources
    ]
    wanted = sum(w * my for w, (_, my, _) in zip(weights, sources, strict=True)) / sum(weights)
    light = (2 * mp * wanted + 0.01**2) / (mp**2 + wanted**2 + 0.01**2)
    contrast = [(2 * (mean(tall[0] * y) - mp * my) + 0.03**2) / (vp + vy + 0.03**2) for y, my, vy in sources]
    structure = np.where(sources[0][2] >= sources[1][2], *contrast)
    return float(light.mean() * structure.mean())


def mir(prompts: Prompts) -> float:
    def part(xs: tuple[torch.Tensor, ...], ts: tuple[torch.Tensor, ...]) -> float:
        return float(np.mean([(x.numpy() + t.numpy() - 1) ** 2 for x, t in zip(xs, ts, strict=True)]))

    encoder = part(prompts.encoder_x, prompts.encoder_t)
    return 0.75 * encoder + 0.25 * part(prompts.decoder_x, prompts.decoder_t)


def pictures(seed: int = 0) -> tuple[Floats, Floats, Floats]:
    rng = np.random.default_rng(seed)
    return tuple(rng.uniform(0.05, 0.95, SHAPE) for _ in range(3))


def prompts(seed: int = 0) -> Prompts:
    generator = torch.Generator().manual_seed(seed)
    parts = [
        tuple(torch.rand(2, 6, 1, generator=generator, dtype=torch.double) for _ in range(3))
        for _ in range(4)
    ]
    return Prompts(*parts, grid=(2, 3))


Term = Callable[..., torch.Tensor]
TERMS: dict[str, tuple[Term, Callable[[Floats, Floats, Floats], float]]] = {
    "ssim": (lambda p, a, b: losses.ssim(p, a), lambda p, a, b: ssim(p, a)),
    "ssim of both": (
        lambda p, a, b: torch.stack(losses.ssim_each(p, (a, b))).mean(),
        lambda p, a, b: (ssim(p, a) + ssim(p, b)) / 2,
    ),
    "pixel": (losses.mean_pixel, pixel),
    "max pixel": (losses.max_pixel, max_pixel),
    "max pixel of one": (lambda p, a, b: losses.max_pixel(p, a), lambda p, a, b: max_pixel(p, a)),
    "max gradient": (losses.max_gradient, max_gradient),
    "max gradient of one": (lambda p, a, b: losses.max_gradient(p, a), lambda p, a, b: max_gradient(p, a)),
    "vector gradient": (losses.vector_gradient, vector_gradient),
    "vector gradient of one": (
        lambda p, a, b: losses.vector_gradient(p, a),
        lambda p, a, b: vector_gradient(p, a),
    ),
    "selected patches": (
        lambda p, a, b: losses.max_pixel(p, losses.select_patches(a, b)),
        lambda p, a, b: max_pixel(p, selected(a, b)),
    ),
    "mef ssim": (lambda p, a, b: losses.mef_ssim(*map(losses.stacked, (p, a, b))), mef_ssim),
}


@pytest.mark.parametrize("name", TERMS)
def test_a_term_is_its_formula(name: str) -> None:
    term, formula = TERMS[name]
    p, a, b = pictures()
    assert float(term(*map(torch.from_numpy, (p, a, b)))) == pytest.approx(formula(p, a, b), rel=1e-10)


@pytest.mark.parametrize("name", TERMS)
def test_a_terms_gradient_is_that_of_its_formula(name: str) -> None:
    term, formula = TERMS[name]
    p, a, b = pictures(1)
    tensor = torch.from_numpy(p).requires_grad_()
    term(tensor, *map(torch.from_numpy, (a, b))).backward()
    assert tensor.grad is not None
    rng, step = np.random.default_rng(2), 1e-7
    for _ in range(3):
        way = rng.normal(size=SHAPE)
        difference = formula(p + step * way, a, b) - formula(p - step * way, a, b)
        assert float((tensor.grad.numpy() * way).sum()) == pytest.approx(
            difference / (2 * step), rel=1e-3, abs=1e-6
        )


def test_prompts_are_asked_to_sum_to_one() -> None:
    given = prompts()
    value = losses.prompt_loss((given.encoder_x, given.encoder_t), (given.decoder_x, given.decoder_t))
    assert float(value) == pytest.approx(mir(given), rel=1e-12)


def camera_ready(task: int, epoch: int, p: Floats, a: Floats, b: Floats, prompt: float, aux: float) -> float:
    """The sums of the camera-ready code, which made the paper's tables."""
    o = selected(a, b)
    both = 1 - (ssim(p, a) + ssim(p, b)) / 2
    if epoch < 2:
        first = max_pixel(p, o) if task == 2 else pixel(p, a, b)
        return first + 20 * prompt + (1 - ssim(p, o) if task == 2 else both) + aux
    if task == 0:
        return max_gradient(p, a, b) + max_pixel(p, a, b) + 20 * prompt + 0.5 * both + aux
    if task == 1:
        return 1.2 * (max_gradient(p, a, b) + 20 * prompt + 1 - mef_ssim(p, a, b) + aux + pixel(p, a, b))
    return 5 * (max_gradient(p, o) + max_pixel(p, o)) + 20 * prompt + 1 - ssim(p, o) + aux


def later(task: int, epoch: int, p: Floats, a: Floats, b: Floats, prompt: float, aux: float) -> float:
    """The sums of the later official code (48e4a54)."""
    o, aux = selected(a, b), aux / (epoch + 1)
    both = 1 - (ssim(p, a) + ssim(p, b)) / 2
    if epoch < 2:
        first = max_pixel(p, o) if task == 2 else pixel(p, a, b)
        return first + prompt + (1 - ssim(p, o) if task == 2 else both) + aux
    if task == 0:
        return 1.5 * max_gradient(p, a, b) + 1.5 * max_pixel(p, a, b) + prompt + 2 * both + aux
    if task == 1:
        quality = 1 - mef_ssim(p, a, b)
        return 1.8 * (max_gradient(p, a, b) + prompt + 2 * quality + pixel(p, a, b)) + aux
    return 20 * (max_gradient(p, o) + max_pixel(p, o)) + prompt + 3 * (1 - ssim(p, o)) + aux


@pytest.mark.parametrize("epoch", [0, 1, 2, 7])
@pytest.mark.parametrize("task", [0, 1, 2])
@pytest.mark.parametrize(("recipe", "formula"), [("paper", camera_ready), ("head", later)])
def test_a_recipes_loss_is_the_codes_sum(recipe: str, formula: Callable, task: int, epoch: int) -> None:
    p, a, b = pictures(3)
    given, aux = prompts(), torch.tensor(0.37, dtype=torch.double)
    terms = task_loss(*map(torch.from_numpy, (p, a, b)), given, aux, task, load_recipe(recipe).loss, epoch)
    assert float(terms["loss"]) == pytest.approx(formula(task, epoch, p, a, b, mir(given), 0.37), rel=1e-9)
