"""The network by itself: names, shapes, options, memory."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from tcmoa_bench.tcmoa.adapters import PromptControl
from tcmoa_bench.tcmoa.config import BASE, TINY, TCMoAConfig
from tcmoa_bench.tcmoa.layers import resize_position, sincos_position, unpatchify
from tcmoa_bench.tcmoa.model import TCMoA
from tcmoa_bench.tcmoa.params import count_parameters, freeze_backbone, report
from tcmoa_bench.tcmoa.train.mae import patchify
from tcmoa_bench.tcmoa.windows import merge_windows, rolled_window_mask, split_windows
from tests.tcmoa.conftest import SMALL, SMALL_OFFICIAL, make_model


def sources(
    config: TCMoAConfig, batch: int = 1, windows: tuple[int, int] = (1, 1), seed: int = 1
) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    shape = (batch, 3, windows[0] * config.multiple, windows[1] * config.multiple)
    return [torch.randn(shape, generator=generator) for _ in range(2)]


def test_base_has_the_learnable_parameters_that_the_paper_prints() -> None:
    assert sum(part.parameters for part in count_parameters(BASE) if part.learnable) == 3_865_197


def test_freezing_leaves_the_counted_parameters_learnable() -> None:
    model = TCMoA(SMALL_OFFICIAL)
    expected = sum(part.parameters for part in count_parameters(SMALL_OFFICIAL) if part.learnable)
    assert freeze_backbone(model) == expected
    assert not model.patch_embed.proj.weight.requires_grad
    assert model.blocks_MoA[0].MoA.w_gate.requires_grad


def test_names_follow_the_official_pattern() -> None:
    state = TCMoA(SMALL_OFFICIAL).state_dict()
    for key, shape in {
        "cls_token": (1, 1, 32),
        "pos_embed": (1, 197, 32),
        "patch_embed.proj.weight": (32, 3, 16, 16),
        "blocks.3.attn.qkv.weight": (96, 32),
        "blocks.3.mlp.fc1.bias": (128,),
        "en_relative_position.1.relative_position_bias_table": (729, 2),
        "blocks_MoA.0.dimReduction.weight": (8, 64),
        "blocks_MoA.0.MoA.w_gate": (3, 8, 4),
        "blocks_MoA.0.MoA.experts.3.fc2.weight": (8, 1),
        "FusionLayer.0.conv2.weight": (8, 8, 3, 3),
        "Alpha_encoder": (1,),
        "de_relative_position.1.relative_position_index": (196, 196),
        "decoder_pred.weight": (768, 32),
    }.items():
        assert tuple(state[key].shape) == shape
    assert not [key for key in state if "modal_shifts" in key]
    assert "blocks_MoA.0.modal_shifts" in TCMoA(SMALL).state_dict()


def test_drawn_source_encodings_follow_from_their_seed() -> None:
    first, again, other = (TCMoA(replace(SMALL_OFFICIAL, encoding_seed=seed)) for seed in (3, 3, 4))
    shift = "blocks_MoA.0.modal_shifts"
    assert torch.equal(first.get_buffer(shift), again.get_buffer(shift))
    assert not torch.equal(first.get_buffer(shift), other.get_buffer(shift))


def test_untrained_gains_give_nearly_the_average() -> None:
    model = TCMoA(SMALL).eval()
    a, b = (torch.rand(1, 3, 64, 64) for _ in range(2))
    with torch.no_grad():
        fused = model(model.normalise(a), model.normalise(b)).fused
    assert (fused - (a + b) / 2).abs().mean() < 0.02


def test_windows_split_and_merge_are_inverse() -> None:
    tokens = torch.randn(2, 8, 12, 5)
    windows = split_windows(tokens, 4)
    assert windows.shape == (12, 16, 5)
    assert torch.equal(windows[1].view(4, 4, 5), tokens[0, :4, 4:8])
    assert torch.equal(merge_windows(windows, 4, (8, 12)), tokens)


def test_patches_and_pictures_are_inverse() -> None:
    images = torch.randn(2, 3, 16, 24)
    assert torch.equal(unpatchify(patchify(images, 8).view(2, 2, 3, -1), 8), images)


def test_rolled_windows_do_not_look_across_the_border() -> None:
    mask = rolled_window_mask((8, 8), 4, 2)
    assert mask.shape == (4, 1, 16, 16)
    assert torch.isfinite(mask[0]).all()
    corner = torch.isfinite(mask[3, 0])
    # The last window of a rolled grid holds four corners of the image: a token sees its own quarter only.
    assert corner.sum(1).tolist() == [4] * 16


def test_shift_mask_changes_only_border_windows() -> None:
    config = replace(SMALL, depth=2, tau=4, tau_shift=2)
    plain, masked = make_model(replace(config, shift_mask=False)), make_model(config)
    tokens = torch.randn(1, 16, 16, 32)
    bias = plain.en_relative_position[0]()
    arguments = {"size": 8, "shift": 4, "chunk": None}
    without = plain.blocks[1].on_grid(tokens, bias, mask=None, **arguments)
    within = masked.blocks[1].on_grid(tokens, bias, mask=rolled_window_mask((16, 16), 8, 4), **arguments)
    same = (without - within).abs().amax(-1)[0] < 1e-6
    assert same[4:12, 4:12].all()
    assert not same.all()


def test_position_swap_is_the_identity_on_square_grids_only() -> None:
    embedding = sincos_position(8, 4)
    assert torch.equal(resize_position(embedding, (6, 6), True), resize_position(embedding, (6, 6), False))
    assert not torch.equal(
        resize_position(embedding, (4, 8), True), resize_position(embedding, (4, 8), False)
    )


def test_dead_stream_changes_nothing() -> None:
    lean, full = make_model(SMALL_OFFICIAL), make_model(replace(SMALL_OFFICIAL, drop_dead_stream=False))
    x, t = sources(SMALL_OFFICIAL)
    with torch.no_grad():
        assert torch.allclose(lean(x, t).fused, full(x, t).fused, atol=1e-6)


def test_steering_by_one_and_zero_is_the_identity_to_the_bit(small: TCMoA) -> None:
    x, t = sources(SMALL)
    with torch.no_grad():
        plain, steered = small(x, t), small(x, t, control=PromptControl(1.0, 0.0))
    assert torch.equal(plain.fused, steered.fused)


def test_steering_follows_equation_8() -> None:
    prompts = torch.tensor([0.2, 0.8]), torch.tensor([0.7, 0.4])
    x, t = PromptControl().apply(prompts, 2.0, 0.1)
    assert torch.allclose(x, torch.tensor([0.0, 1.2]), atol=1e-6)
    assert torch.allclose(t, torch.tensor([0.8, 0.2]))


def test_steering_by_layer_touches_that_layer_and_later_ones(small: TCMoA) -> None:
    x, t = sources(SMALL)
    with torch.no_grad():
        plain = small(x, t).prompts
        steered = small(x, t, control=PromptControl((1.0, 3.0, 1.0), (0.0, 0.1, 0.0))).prompts
    assert torch.equal(plain.encoder_x[0], steered.encoder_x[0])
    assert not torch.equal(plain.decoder_x[0], steered.decoder_x[0])


def test_a_number_steers_the_gains_and_without_gains_every_layer(small: TCMoA, small_official: TCMoA) -> None:
    control = PromptControl(2.0, 0.1)
    assert control.levels(2, gains=True) == [(1.0, 0.0), (1.0, 0.0), (2.0, 0.1)]
    assert control.levels(2, gains=False) == [(2.0, 0.1), (2.0, 0.1)]
    for model, config in ((small, SMALL), (small_official, SMALL_OFFICIAL)):
        x, t = sources(config)
        with torch.no_grad():
            plain, steered = model(x, t), model(x, t, control=control)
        same = torch.equal(plain.prompts.decoder_x[0], steered.prompts.decoder_x[0])
        assert same == (config.head == "gains")
        assert not torch.equal(plain.fused, steered.fused)


def test_steering_refuses_another_number_of_layers(small: TCMoA) -> None:
    with pytest.raises(
        ValueError, match=r"2 values; this network of 2 TC-MoA layers takes 3, the last for its"
    ):
        small(*sources(SMALL), control=PromptControl((1.0, 1.0)))


@pytest.mark.parametrize("values", [{"alpha": math.nan}, {"beta": (0.0, math.inf)}])
def test_steering_refuses_what_is_no_number(values: dict) -> None:
    with pytest.raises(ValueError, match="is not finite"):
        PromptControl(**values)


def test_a_mix_of_one_router_is_that_router(small: TCMoA) -> None:
    x, t = sources(SMALL)
    with torch.no_grad():
        alone, mixed = small(x, t, 2), small(x, t, torch.tensor([0.0, 0.0, 1.0]))
        both = small(x, t, torch.tensor([0.5, 0.0, 0.5]))
    assert torch.equal(alone.fused, mixed.fused)
    assert not torch.equal(alone.fused, both.fused)


@pytest.mark.parametrize("chunk", [1, 3])
def test_window_batches_give_the_same_picture(small: TCMoA, chunk: int) -> None:
    x, t = sources(SMALL, windows=(2, 3))
    with torch.no_grad():
        whole = small(x, t).fused
        small.window_batch = chunk
        assert torch.allclose(small(x, t).fused, whole, atol=1e-5)


def test_window_batches_bound_what_a_block_sees(small: TCMoA, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    block = small.blocks[0]
    forward = type(block).forward

    def recorded(self: torch.nn.Module, windows: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
        sizes.append(windows.shape[0])
        return forward(self, windows, bias)

    monkeypatch.setattr(type(block), "forward", recorded)
    small.window_batch = 2
    with torch.no_grad():
        small(*sources(SMALL, windows=(2, 2)))
    assert max(sizes) == 2


def test_checkpointing_gives_the_same_gradients() -> None:
    model = make_model(SMALL).train()
    x, t = sources(SMALL)
    gradients = []
    for recompute in (False, True):
        model.checkpointing = recompute
        model.zero_grad()
        torch.manual_seed(0)
        model(x, t).fused.mean().backward()
        gradients.append(model.patch_embed.proj.weight.grad.clone())
    assert torch.allclose(*gradients, atol=1e-7)


def test_wrong_shapes_are_refused_with_the_multiple(small: TCMoA) -> None:
    with pytest.raises(ValueError, match="multiples of 64"):
        small(torch.zeros(1, 3, 60, 64), torch.zeros(1, 3, 60, 64))
    with pytest.raises(ValueError, match="differ"):
        small(torch.zeros(1, 3, 64, 64), torch.zeros(1, 3, 64, 128))


def test_impossible_options_are_refused() -> None:
    with pytest.raises(ValueError, match="upsample"):
        replace(TINY, upsample=True)
    with pytest.raises(ValueError, match="number of heads"):
        replace(TINY, num_heads=5)
    with pytest.raises(ValueError, match="unknown fields in the model"):
        TCMoAConfig.from_mapping({"width": 3})


def test_parameter_report_adds_up() -> None:
    first, *parts = report(BASE).splitlines()
    assert first == "base: 115,772,525 parameters, 3,865,197 learnable, 111,907,328 frozen"
    assert sum(int(line[34:].split()[0].replace(",", "")) for line in parts) == 115_772_525
