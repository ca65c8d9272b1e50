"""The gains head: smoothing, and equation 8 on the gains."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter, map_coordinates

from tcmoa_bench.tcmoa.config import TCMoAConfig
from tcmoa_bench.tcmoa.gains import Gains, gaussian, guided
from tcmoa_bench.tcmoa.losses import luma
from tests.tcmoa.conftest import SMALL, make_model

FLOATS = st.floats(-1, 2, width=32)


def gains(x: float, t: float, offset: float = 0.0) -> Gains:
    return Gains(*(torch.full((1, 1, 2, 2), v) for v in (x, t, offset)))


def test_gaussian_is_scipys_inside_and_keeps_constants_to_the_border() -> None:
    maps = torch.randn(2, 3, 90, 70, generator=torch.Generator().manual_seed(0))
    expected = gaussian_filter(maps.numpy().astype(float), (0, 0, 3, 3), truncate=8)
    inside = (..., slice(25, -25), slice(25, -25))
    np.testing.assert_allclose(gaussian(maps, 3.0).numpy()[inside], expected[inside], atol=1e-5)
    assert torch.allclose(gaussian(torch.full((1, 3, 40, 50), 0.7), 6.0), torch.tensor(0.7), atol=1e-6)


def test_gaussian_can_be_trained_through_after_inference() -> None:
    with torch.inference_mode():
        gaussian(torch.zeros(1, 3, 31, 33), 2.0)
    maps = torch.zeros(1, 3, 31, 33, requires_grad=True)
    gaussian(maps, 2.0).sum().backward()
    assert maps.grad is not None


def test_gaussian_is_float32_under_autocast() -> None:
    maps = torch.rand(1, 3, 64, 64)
    with torch.autocast("cpu", torch.bfloat16):
        inside = gaussian(maps, 4.0)
    assert torch.equal(inside, gaussian(maps, 4.0))


def test_guided_filter_is_its_definition_written_out() -> None:
    """The linear model a I + b of each window, at every fourth pixel, its coefficients averaged and enlarged."""
    generator = torch.Generator().manual_seed(0)
    maps, guide = (torch.rand(1, n, 48, 64, generator=generator) for n in (2, 1))

    def coarse(values: np.ndarray) -> np.ndarray:
        return values.reshape(12, 4, 16, 4).mean((1, 3))

    def blur(values: np.ndarray) -> np.ndarray:
        out = np.zeros_like(values)
        for y in range(12):
            for x in range(16):
                rows, columns = np.mgrid[:12, :16]
                weight = np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / 2)
                out[y, x] = (weight * values).sum() / weight.sum()
        return out

    def enlarge(values: np.ndarray) -> np.ndarray:
        places = [np.clip((np.arange(4 * n) + 0.5) / 4 - 0.5, 0, n - 1) for n in values.shape]
        return map_coordinates(values, np.meshgrid(*places, indexing="ij"), order=1)

    light = guide[0, 0].double().numpy()
    for map_, result in zip(maps[0].double().numpy(), guided(maps, guide, 4.0)[0].numpy(), strict=True):
        i, p = coarse(light), coarse(map_)
        slope = (blur(i * p) - blur(i) * blur(p)) / (blur(i * i) - blur(i) ** 2 + 1e-2)
        level = blur(p) - slope * blur(i)
        expected = enlarge(blur(slope)) * light + enlarge(blur(level))
        np.testing.assert_allclose(result, expected, atol=1e-5)


def test_guided_filter_hides_patch_borders_and_keeps_the_guides() -> None:
    blocks = torch.rand(1, 1, 8, 16, generator=torch.Generator().manual_seed(0))
    blocks = blocks.repeat_interleave(8, 2).repeat_interleave(8, 3)
    flat = guided(blocks, torch.zeros_like(blocks), 4.0).diff(dim=-1).abs().mean((0, 1, 2))
    assert flat[7::8].mean() < 1.1 * flat.mean()
    edge = (torch.arange(128) >= 60).float().expand(1, 1, 64, 128)
    kept = guided(edge, edge, 4.0)
    assert float((kept[..., 60] - kept[..., 59]).min()) > 0.8
    assert float(gaussian(edge, 4.0).diff(dim=-1).max()) < 0.2


@given(x=FLOATS, t=FLOATS, beta=st.floats(-0.5, 0.5))
def test_beta_shifts_the_shares_by_beta_of_their_sum_and_alpha_0_makes_them_equal(
    x: float, t: float, beta: float
) -> None:
    even = gains(x, t).steered(0.0, 0.0)
    assert torch.allclose(even.x, even.t)
    assert torch.allclose(even.x + even.t, torch.tensor(x) + torch.tensor(t), atol=1e-5)
    moved = gains(x, t).steered(0.0, beta)
    # From the middle no beta up to a half reaches the end of the shares: exact.
    assert float((moved.x - even.x)[0, 0, 0, 0]) == pytest.approx(beta * (x + t), abs=1e-4)
    assert float((moved.t - even.t)[0, 0, 0, 0]) == pytest.approx(-beta * (x + t), abs=1e-4)


@given(x=st.floats(0, 1.5), t=st.floats(0, 1.5), alphas=st.tuples(st.floats(0, 4), st.floats(0, 4)))
def test_a_greater_alpha_never_chooses_less_and_never_subtracts(
    x: float, t: float, alphas: tuple[float, float]
) -> None:
    low, high = (gains(x, t).steered(alpha, 0.0) for alpha in sorted(alphas))
    assert float((high.x - high.t).abs().max()) >= float((low.x - low.t).abs().max()) - 1e-5
    assert float(high.x.min()) >= -1e-6
    assert float(high.t.min()) >= -1e-6


@given(x=FLOATS, t=FLOATS)
def test_steering_starts_from_the_trained_gains(x: float, t: float) -> None:
    trained = gains(x, t)
    assert trained.steered(1.0, 0.0) is trained
    near = trained.steered(1.0, 1e-6)
    assert torch.allclose(near.x, trained.x, atol=1e-5)


def test_the_picture_is_made_of_the_gains_that_are_told() -> None:
    model = make_model(replace(SMALL, gain_sigma=4.0))
    first, second = (torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(i)) for i in range(2))
    with torch.no_grad():
        out = model(model.normalise(first), model.normalise(second), want_raw=True)
    told = out.prompts.gains
    assert told is not None
    assert out.raw is not None
    raw_x, raw_t, _ = out.raw.split(1, 1)
    lean = guided((raw_x - raw_t) / 2, luma(first) - luma(second), 4.0)
    assert torch.allclose((told.x - told.t) / 2, lean, atol=1e-5)
    even = gaussian(torch.nn.functional.avg_pool2d(out.raw.sum(1, keepdim=True), 4), 1.0)
    sums = torch.nn.functional.avg_pool2d(told.x + told.t + told.offset, 4)
    assert torch.allclose(sums[..., 2:-2, 2:-2], even[..., 2:-2, 2:-2], atol=0.02)
    expected = (told.x * first + told.t * second + told.offset).clamp(0, 1)
    assert torch.allclose(out.fused, expected, atol=1e-5)


@given(x=FLOATS, t=FLOATS, offset=FLOATS, share=st.floats(0, 1))
def test_a_choice_sums_to_one_without_an_offset(x: float, t: float, offset: float, share: float) -> None:
    free = gains(x, t, offset)
    assert torch.allclose(free.chosen(0.0).x, free.x, atol=1e-6)
    choice = free.chosen(1.0)
    assert torch.allclose(choice.x + choice.t, torch.tensor(1.0), atol=1e-6)
    assert float(torch.minimum(choice.x, choice.t).min()) >= 0
    assert float(choice.offset.abs().max()) == 0
    # Inside the ends the network's lean stays.
    if abs(x - t) <= 1:
        assert torch.allclose((choice.x - choice.t) / 2, torch.tensor((x - t) / 2), atol=1e-6)
    part = free.chosen(share)
    assert torch.allclose(part.x + part.t, torch.tensor(x + t + share * (1 - x - t)), atol=1e-5)


def test_pictures_of_choice_tasks_lie_between_the_sources_in_training_too() -> None:
    model = make_model(replace(SMALL, gain_sigma=4.0, choice_tasks=(2,)))
    first, second = (torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(i)) for i in range(2))
    lowest, highest = torch.minimum(first, second) - 1e-5, torch.maximum(first, second) + 1e-5

    def inside(router: int | torch.Tensor) -> bool:
        with torch.no_grad():
            fused = model(model.normalise(first), model.normalise(second), router).fused
        return bool(((fused >= lowest) & (fused <= highest)).all())

    for mode in (True, False):
        model.train(mode)
        assert inside(2)
        assert inside(torch.tensor([0.0, 0.0, 3.0]))
        assert not inside(0)
        assert not inside(torch.tensor([1.0, 0.0, 1.0]))


def test_choice_tasks_come_back_from_json_and_are_checked() -> None:
    config = replace(SMALL, choice_tasks=(2,))
    assert TCMoAConfig.from_mapping(json.loads(config.to_json())) == config
    with pytest.raises(ValueError, match="choice_tasks"):
        replace(SMALL, choice_tasks=(3,))


@pytest.mark.parametrize("sigma", [-1.0, float("nan")])
def test_a_width_that_is_none_is_refused(sigma: float) -> None:
    with pytest.raises(ValueError, match="gain_sigma"):
        replace(SMALL, gain_sigma=sigma)
