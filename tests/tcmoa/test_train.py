"""Training: the losses fall, resuming is exact, what is frozen stays, processes agree."""

from __future__ import annotations

import csv
import dataclasses
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tcmoa_bench.images import write_image
from tcmoa_bench.tcmoa.adapters import PromptControl
from tcmoa_bench.tcmoa.checkpoint import load_model
from tcmoa_bench.tcmoa.config import TINY
from tcmoa_bench.tcmoa.model import TCMoA
from tcmoa_bench.tcmoa.params import LEARNABLE, freeze_backbone
from tcmoa_bench.tcmoa.train.config import (
    DataRecipe,
    LossRecipe,
    TermWeights,
    TrainRecipe,
    load_recipe,
    parse_recipe,
    shipped_recipes,
)
from tcmoa_bench.tcmoa.train.data import Batch, BatchSource, PairSet, defocus
from tcmoa_bench.tcmoa.train.files import read_state, write_state
from tcmoa_bench.tcmoa.train.loop import NotFinite, Trainer
from tcmoa_bench.tcmoa.train.mae import MaskedAutoencoder, pretrain_step
from tcmoa_bench.tcmoa.train.pretrain import Pretrainer, pretrain_here
from tcmoa_bench.tcmoa.train.sources import Split, TrainPair, split_pairs
from tcmoa_bench.tcmoa.train.start import train_here
from tcmoa_bench.tcmoa.train.watch import Validation
from tcmoa_bench.types import BenchError, Pair, Unavailable
from tests.commands import call
from tests.tcmoa.conftest import REPOSITORY, SMALL, SMALL_OFFICIAL, picture

LOSS = LossRecipe(
    vif=TermWeights(gradient=10, max_pixel=1, ssim=0.5),
    mef=TermWeights(gradient=10, mef_ssim=1, pixel=0.3),
    mff=TermWeights(gradient=10, pixel=1, ssim=1),
    warmup_epochs=0,
    balance_decays=False,
    gradient="vector",
    stack_mef=False,
)
RECIPE = TrainRecipe(
    name="test",
    model=SMALL,
    data=DataRecipe(
        vif=("vif/a|vif/b",),
        mef=("mef/a|mef/b",),
        mff=("mff/a|mff/b",),
        crop=64,
        zoom=(1.0, 1.3),
        rotate=True,
    ),
    loss=LOSS,
    freeze=False,
    steps=6,
    batch=2,
    lr=1e-3,
    clip=1.0,
    ema=0.9,
    log_steps=2,
    eval_steps=3,
)
STEERED = replace(RECIPE, loss=replace(LOSS, steer=20.0), model=replace(SMALL, head="pixels"))
#: Adam turns a rounding error of a gradient near nothing into a whole step: small ones tell it from a fault.
GENTLE = replace(STEERED, lr=1e-4)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A data root with three pairs for each task."""
    for task in ("vif", "mef", "mff"):
        for i in range(3):
            write_image(tmp_path / "data" / task / "a" / f"{i}.png", picture(80, 90, seed=i))
            write_image(tmp_path / "data" / task / "b" / f"{i}.png", picture(80, 90, seed=10 + i))
    return tmp_path / "data"


def no_datasets(name: str) -> list[Pair]:
    raise Unavailable(f"dataset {name} is not there")


def split(root: Path, data: DataRecipe) -> Split:
    return split_pairs(root, data, range(3), no_datasets, lambda _: None)


def open_sets(root: Path, data: DataRecipe) -> list[PairSet]:
    return [PairSet(pairs, task, data) for task, pairs in enumerate(split(root, data).training)]


def trainer(root: Path, folder: Path, recipe: TrainRecipe = RECIPE) -> Trainer:
    return Trainer(recipe, open_sets(root, recipe.data), folder, say=lambda _: None)


def weights(model: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {k: v.clone() for k, v in model.state_dict().items()}


def equal(first: dict[str, torch.Tensor], second: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(first[key], second[key]) for key in first)


def test_each_tasks_loss_falls_by_a_quarter_on_one_batch(root: Path, tmp_path: Path) -> None:
    # Smoothed gains cannot follow a crop's every pixel: their loss has a floor well above zero.
    free = replace(SMALL, gain_sigma=0.0, choice_tasks=())
    run = trainer(root, tmp_path / "run", replace(RECIPE, model=free, steps=100, ema=0.0))
    source = BatchSource(run.sets, range(2), RECIPE)
    batches = [source.batch(0, task) for task in range(3)]
    first = [run.update(0, batch)["loss"] for batch in batches]
    for _ in range(35):
        last = [run.update(1, batch)["loss"] for batch in batches]
    assert all(after < 0.75 * before for before, after in zip(first, last, strict=True))


def test_steering_ties_beta_to_the_sources(root: Path, tmp_path: Path) -> None:
    """After a few updates a positive beta leans to the first source, a negative one to the second."""
    recipe = replace(STEERED, lr=3e-3, steps=100, loss=replace(LOSS, steer=100.0))
    run = trainer(root, tmp_path / "run", recipe)
    batch = BatchSource(run.sets, range(2), recipe).batch(0, 0)
    for step in range(1, 60):
        run.update(step, batch)
    a, b = torch.from_numpy(batch.images).float() / 255

    def lean(beta: float) -> float:
        with torch.no_grad():
            out = run.averaged(run.model.normalise(a), run.model.normalise(b), 0, PromptControl(beta=beta))
        return float((out.fused - b).abs().mean() - (out.fused - a).abs().mean())

    assert lean(-0.3) < lean(0.0) - 0.01 < lean(0.3) - 0.02


@pytest.mark.parametrize("recipe", [RECIPE, STEERED], ids=["plain", "steered"])
def test_resuming_equals_an_uninterrupted_run_to_the_bit(
    root: Path, tmp_path: Path, recipe: TrainRecipe
) -> None:
    whole = trainer(root, tmp_path / "whole", recipe)
    whole.run()
    trainer(root, tmp_path / "parts", recipe).run(until=2)
    resumed = trainer(root, tmp_path / "parts", recipe)
    assert resumed.resume()
    assert resumed.step == 2
    resumed.run()
    assert equal(weights(whole.model), weights(resumed.model))
    assert equal(weights(whole.averaged), weights(resumed.averaged))


def test_resuming_with_another_recipe_is_refused(root: Path, tmp_path: Path) -> None:
    trainer(root, tmp_path / "run").run(until=1)
    with pytest.raises(BenchError, match="another lr"):
        trainer(root, tmp_path / "run", replace(RECIPE, lr=5e-4)).resume()


def test_a_state_from_before_an_option_goes_on_with_its_default(root: Path, tmp_path: Path) -> None:
    trainer(root, tmp_path / "run").run(until=1)
    path = tmp_path / "run" / "state.pt"
    state = torch.load(path, weights_only=True)
    recipe = json.loads(state["recipe"])
    del (
        recipe["data"]["swap_mff"],
        recipe["model"]["choice_tasks"],
        recipe["model"]["rim"],
        recipe["loss"]["mff"]["mef_ssim"],
    )
    torch.save({**state, "recipe": json.dumps(recipe)}, path)
    plain = replace(RECIPE, model=replace(SMALL, choice_tasks=(), rim=0))
    assert trainer(root, tmp_path / "run", plain).resume()
    swapped = replace(plain, data=replace(plain.data, swap_mff=True))
    with pytest.raises(BenchError, match="another data"):
        trainer(root, tmp_path / "run", swapped).resume()


def test_a_state_of_a_named_size_goes_on_with_that_sizes_defaults(root: Path, tmp_path: Path) -> None:
    recipe = replace(RECIPE, model=TINY)
    path = tmp_path / "state.pt"
    values = json.loads(recipe.to_json())
    del values["model"]["rim"]
    write_state(path, {"recipe": json.dumps(values)})
    assert read_state(path, recipe, torch.device("cpu"))
    with pytest.raises(BenchError, match="another model"):
        read_state(path, replace(recipe, model=replace(TINY, rim=0)), torch.device("cpu"))


def test_a_folder_without_a_state_starts_afresh(root: Path, tmp_path: Path) -> None:
    assert not trainer(root, tmp_path / "run").resume()


def test_what_is_saved_is_the_average_and_has_its_source_encodings(root: Path, tmp_path: Path) -> None:
    run = trainer(root, tmp_path / "run")
    before = weights(run.model)
    run.run(until=3)
    saved = load_model(tmp_path / "run" / "weights.safetensors")
    assert equal(weights(run.averaged), weights(saved))
    assert not equal(weights(run.model), weights(saved))
    shift = "blocks_MoA.0.modal_shifts"
    assert not torch.equal(before[shift], weights(saved)[shift])


def test_frozen_parameters_do_not_move(root: Path, tmp_path: Path) -> None:
    run = trainer(root, tmp_path / "run", replace(RECIPE, freeze=True))
    before = weights(run.model)
    run.run(until=2)
    moved = {key for key, value in weights(run.model).items() if not torch.equal(value, before[key])}
    assert moved
    assert all(key.startswith(LEARNABLE) for key in moved)


def test_only_the_sampled_tasks_router_gets_gradients(root: Path, tmp_path: Path) -> None:
    run = trainer(root, tmp_path / "run")
    batch = BatchSource(run.sets, range(2), RECIPE).batch(0, 1)
    run.update(0, batch)
    for name in ("w_gate", "w_noise"):
        gradient = run.model.get_parameter(f"blocks_MoA.0.MoA.{name}").grad
        assert gradient is not None
        assert gradient[1].abs().sum() > 0
        assert gradient[[0, 2]].abs().sum() == 0
    shifts = run.model.get_parameter("blocks_MoA.0.modal_shifts").grad
    assert shifts is not None
    assert (shifts.abs().sum(1) > 0).tolist() == [False, False, True, True, False, False]


def test_nan_stops_with_the_batch_named(root: Path, tmp_path: Path) -> None:
    run = trainer(root, tmp_path / "run")
    with torch.no_grad():
        run.model.decoder_pred.bias.fill_(float("nan"))
    before = weights(run.model)
    batch = Batch(2, ("first", "second"), np.zeros((2, 2, 3, 64, 64), np.uint8))
    with pytest.raises(NotFinite, match=r"round 7, task mff: loss nan.*first, second"):
        run.update(7, batch)
    assert all(torch.equal(v, before[k]) or v.isnan().any() for k, v in weights(run.model).items())


def test_gradients_are_clipped(root: Path, tmp_path: Path) -> None:
    run = trainer(root, tmp_path / "run", replace(RECIPE, clip=1e-3))
    norm = run.update(0, BatchSource(run.sets, range(2), RECIPE).batch(0, 0))["grad_norm"]
    clipped = torch.sqrt(
        sum((p.grad.square().sum() for p in run.model.parameters() if p.grad is not None), torch.zeros(()))
    )
    assert norm > 1e-3
    assert float(clipped) <= 1.001e-3


def test_accumulation_gives_the_gradients_of_the_whole_batch(root: Path, tmp_path: Path) -> None:
    # Without gating noise and load balancing, whose loss is not a mean over the batch.
    loss = replace(LOSS, vif=replace(LOSS.vif, balance=0))
    gradients = []
    for parts in (1, 2):
        run = trainer(root, tmp_path / "run", replace(RECIPE, accumulate=parts, loss=loss, clip=0.0))
        run.model.eval()
        run.update(0, BatchSource(run.sets, range(2), RECIPE).batch(0, 0))
        gradients.append(run.model.patch_embed.proj.weight.grad)
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("options", [{"precision": "bfloat16"}, {"checkpointing": True}])
def test_other_precisions_and_checkpointing_train(root: Path, tmp_path: Path, options: dict) -> None:
    run = trainer(root, tmp_path / "run", replace(RECIPE, **options))
    reference = trainer(root, tmp_path / "reference")
    batch = BatchSource(run.sets, range(2), RECIPE).batch(0, 0)
    assert run.update(0, batch)["loss"] == pytest.approx(reference.update(0, batch)["loss"], rel=5e-3)


def test_crops_follow_from_the_seed_and_keep_both_sources_registered(root: Path) -> None:
    pairs = [TrainPair("same", root / "vif" / "a" / "0.png", root / "vif" / "a" / "0.png")]
    recipe = replace(RECIPE.data, swap_mff=True)
    for task, data in ((0, recipe), (2, recipe), (1, replace(recipe, zoom=()))):
        cut = PairSet(pairs, task, data)
        for number in range(4):
            _, crop = cut.crop(seed=1, number=number)
            assert crop.shape == (2, 3, 64, 64)
            assert np.array_equal(crop[0], crop[1])
        assert np.array_equal(cut.crop(1, 2)[1], PairSet(pairs, task, data).crop(1, 2)[1])
        assert not np.array_equal(cut.crop(1, 2)[1], cut.crop(1, 3)[1])


def test_an_epoch_sees_every_pair_once(root: Path) -> None:
    cut = open_sets(root, RECIPE.data)[0]
    epochs = [[cut.crop(7, number)[0] for number in range(3 * e, 3 * e + 3)] for e in range(6)]
    assert all(sorted(epoch) == ["0", "1", "2"] for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1


def test_sharp_photographs_are_defocused_in_complementary_parts() -> None:
    sharp = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    far, near = defocus(np.random.default_rng(1), sharp)
    error = [np.abs(image.astype(int) - sharp).mean(2) for image in (far, near)]
    assert min(e.mean() for e in error) > 5
    assert np.minimum(*error).mean() < 3


def test_a_round_can_update_one_task_more_often(root: Path, tmp_path: Path) -> None:
    recipe = replace(RECIPE, updates=(1, 1, 2))
    sets = open_sets(root, recipe.data)
    batches = [batch for _, batch in BatchSource(sets, range(2), recipe).rounds(0, 1)]
    assert [(batch.task, batch.turn) for batch in batches] == [(0, 0), (1, 0), (2, 0), (2, 1)]
    assert not np.array_equal(batches[2].images, batches[3].images)
    run = trainer(root, tmp_path / "run", recipe)
    run.run(until=1)
    assert run.step == 1


def test_a_task_can_be_left_out(root: Path, tmp_path: Path) -> None:
    recipe = replace(RECIPE, updates=(0, 2, 0), steps=2)
    assert recipe.tasks == (1,)
    lines: list[str] = []
    train_here(recipe, root, tmp_path / "run", "cpu", None, 1, lines.append, no_datasets)
    assert [line for line in lines if "pairs of" in line] == ["mef: 3 pairs of mef/a|mef/b"]
    assert any("loss mef" in line and "vif" not in line for line in lines)


def test_command_trains_watches_and_resumes(root: Path, tmp_path: Path) -> None:
    lines: list[str] = []
    recipe = replace(RECIPE, data=replace(RECIPE.data, validation=1), steps=3)
    for until in (2, None):
        train_here(
            recipe,
            root,
            tmp_path / "run",
            "cpu",
            until,
            1,
            lines.append,
            no_datasets,
            lambda a, b, f: {"Qabf@textbook": 0.5},
        )
    assert any("resumed at round 2" in line for line in lines)
    assert lines[0] == "vif: 3 pairs of vif/a|vif/b"
    assert any(line.startswith("round 1/3") and "waiting for data" in line for line in lines)
    assert any("saved at 3: best.safetensors" in line and "state.pt" in line for line in lines)
    assert (tmp_path / "run" / "sheet-3.png").is_file()
    with (tmp_path / "run" / "validation.csv").open() as file:
        row = next(csv.DictReader(file))
    assert {"step", "vif_Qabf@textbook", "vif_polarisation", "mef_polarisation", "mff_polarisation"} <= set(
        row
    )
    assert (tmp_path / "run" / "log.csv").is_file()


def test_the_best_weights_are_kept_and_the_last(root: Path, tmp_path: Path) -> None:
    figures = iter([0.3, 0.6, 0.5])
    run = trainer(root, tmp_path / "run", replace(RECIPE, eval_steps=2))
    run.validate = lambda model, step: {"vif_Qabf@textbook": next(figures), "vif_EN": 100.0}
    run.run(until=4)
    assert run.best == 0.6
    best = weights(load_model(tmp_path / "run" / "best.safetensors"))
    assert equal(best, weights(load_model(tmp_path / "run" / "weights.safetensors")))
    resumed = trainer(root, tmp_path / "run", replace(RECIPE, eval_steps=2))
    resumed.validate = run.validate
    assert resumed.resume()
    resumed.run()
    assert equal(best, weights(load_model(tmp_path / "run" / "best.safetensors")))
    assert not equal(best, weights(load_model(tmp_path / "run" / "weights.safetensors")))


def test_validation_scores_held_out_pairs(root: Path, tmp_path: Path) -> None:
    pairs = [
        [TrainPair("p", root / t / "a" / "0.png", root / t / "b" / "0.png")] for t in ("vif", "mef", "mff")
    ]
    figures = Validation(pairs, tmp_path, lambda a, b, f: {"level": float(f.mean())})(TCMoA(SMALL), 1)
    assert 0 < figures["mef_level"] < 255


@pytest.mark.parametrize("name", shipped_recipes())
def test_shipped_recipes_are_valid(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.model.trained_encodings
    with torch.device("meta"):
        model = TCMoA(recipe.model)
    freeze_backbone(model, recipe.thaw)


def test_the_help_names_every_shipped_recipe() -> None:
    text = call("train", "--help").out
    assert [name for name in shipped_recipes() if name not in text] == []


def test_official_recipes_say_what_the_codes_do() -> None:
    head, paper = load_recipe("head"), load_recipe("paper")
    assert (head.lr, head.loss) == (3e-4, LossRecipe())
    assert (paper.lr, paper.loss.vif.prompt, paper.loss.vif.ssim, paper.model.decoder_renorm) == (
        1.5e-4,
        20,
        0.5,
        False,
    )


def test_ablations_change_the_paper_in_what_they_say_only() -> None:
    paper = load_recipe("paper")

    def changed(name: str) -> dict[str, object]:
        old, new = (dataclasses.asdict(recipe) for recipe in (paper, load_recipe(f"ablation-{name}")))
        model = {k: v for k, v in new["model"].items() if v != old["model"][k]}
        return model | {k: v for k, v in new.items() if k not in ("model", "name") and v != old[k]}

    assert changed("single-task") == {"updates": (1, 0, 0), "num_experts": 1, "top_k": 1}
    assert changed("one-adapter") == {"num_experts": 1, "top_k": 1}
    assert changed("own-adapters") == {"shared_experts": False}
    assert changed("full") == {"freeze": False}
    assert changed("partial") == {"thaw": ("decoder_norm.", "decoder_pred.")}
    without = load_recipe("ablation-no-mir").loss
    assert [w.prompt for w in (without.warmup, without.vif, without.mef, without.mff)] == [0, 0, 0, 0]
    assert replace(without.vif, prompt=20.0) == paper.loss.vif


@pytest.mark.parametrize(
    "model",
    [{"num_experts": 1, "top_k": 1}, {"shared_experts": False}],
    ids=["one-adapter", "own-adapters"],
)
def test_ablated_networks_train_and_are_read_again(root: Path, tmp_path: Path, model: dict) -> None:
    recipe = replace(RECIPE, model=replace(SMALL, **model))
    run = trainer(root, tmp_path / "run", recipe)
    run.update(1, BatchSource(run.sets, range(2), recipe).batch(0, 1))
    taught = [n for n, p in run.model.named_parameters() if ".experts." in n and p.grad.abs().sum() > 0]
    banks = {int(name.split(".experts.")[1].split(".")[0]) // recipe.model.num_experts for name in taught}
    assert banks == ({0} if recipe.model.shared_experts else {1})
    run.save()
    assert load_model(tmp_path / "run" / "weights.safetensors").config == recipe.model


def test_a_recipe_can_be_another_with_changes(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('base = "tiny"\nbatch = 2\n[data]\ncrop = 192\n')
    (tmp_path / "more.toml").write_text('base = "own.toml"\n[loss.vif]\nssim = 2.0\n')
    tiny, more = load_recipe("tiny"), load_recipe(tmp_path / "more.toml")
    vif = replace(tiny.loss.vif, ssim=2.0)
    assert more == replace(tiny, batch=2, data=replace(tiny.data, crop=192), loss=replace(tiny.loss, vif=vif))
    (tmp_path / "own.toml").write_text('base = "more.toml"\n')
    with pytest.raises(ValueError, match="each other's base"):
        load_recipe(tmp_path / "more.toml")


def test_rounds_follow_from_epochs_pairs_and_processes() -> None:
    paper = load_recipe("paper")
    alone, three = paper.settled(12_025, 1), paper.settled(12_025, 3)
    assert (alone.batch, alone.epoch_steps, alone.steps, alone.warmup_steps) == (3, 4009, 80_180, 8018)
    assert (three.batch, three.epoch_steps, three.steps) == (9, 1337, 26_740)
    assert three.settled(5, 3) != three
    assert replace(RECIPE, batch=4).settled(10, 2).batch == 4
    with pytest.raises(ValueError, match=r"batch 3 is for all processes.*batch_per_process"):
        replace(RECIPE, batch=3).settled(10, 2)


def test_learning_rate_warms_up_and_falls_to_its_floor() -> None:
    recipe = replace(RECIPE, steps=100, warmup_steps=10, lr=1.0, min_lr=0.1)
    rates = [recipe.learning_rate(step) for step in (0, 5, 10, 55, 100)]
    assert rates == pytest.approx([0.0, 0.5, 1.0, 0.55, 0.1])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"speed": 1}, "unknown fields in the recipe: speed"),
        ({"loss": {"vif": {"colour": 1}}}, "loss.vif: colour"),
        ({"data": {"crop": 100}, "model": {"size": "tiny"}}, "multiple of the model's 64"),
        ({"precision": "int4"}, "float16"),
        ({"model": {"size": "huge"}}, "base, large, tiny"),
        ({"batch": -3}, "batch -3 must be at least 1"),
        ({"updates": [0, 0, 0]}, "not all 0"),
        ({"loss": {"steer": 1.0}, "model": {"size": "tiny"}, "data": {"crop": 64}}, "by construction"),
        ({"data": {"workers": 0}}, "workers 0"),
    ],
)
def test_wrong_recipes_are_refused(values: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_recipe(values)


def test_masked_pretraining_learns_and_its_backbone_can_be_trained_on(root: Path, tmp_path: Path) -> None:
    config = replace(SMALL, head="pixels", absolute_position=True, pos_grid=8)
    torch.manual_seed(0)
    model = MaskedAutoencoder(TCMoA(config))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    images = (
        torch.from_numpy(np.stack([picture(64, 64, seed=i) for i in range(4)])).permute(0, 3, 1, 2).float()
        / 255
    )
    losses = [pretrain_step(model, images, optimizer) for _ in range(30)]
    assert np.mean(losses[-5:]) < 0.7 * losses[0]
    recipe = replace(RECIPE, model=config, freeze=True)
    pretrain_here(recipe, root, tmp_path / "mae", "cpu", 3, 1, lambda _: None, no_datasets)
    run = trainer(
        root, tmp_path / "run", replace(recipe, init=str(tmp_path / "mae" / "backbone.safetensors"))
    )
    run.run(until=1)


def test_resumed_pretraining_equals_an_uninterrupted_one(root: Path, tmp_path: Path) -> None:
    config = replace(SMALL, head="pixels", absolute_position=True, pos_grid=8)
    recipe = replace(RECIPE, model=config, steps=4)
    sets = open_sets(root, recipe.data)

    def pretrainer(name: str, recipe: TrainRecipe = recipe) -> Pretrainer:
        return Pretrainer(recipe, sets, tmp_path / name, say=lambda _: None)

    whole = pretrainer("whole")
    assert not whole.resume()
    whole.run()
    pretrainer("parts").run(until=2)
    rest = pretrainer("parts")
    assert rest.resume()
    assert rest.round == 2
    rest.run()
    assert equal(whole.model.state_dict(), rest.model.state_dict())
    with pytest.raises(BenchError, match="another lr"):
        pretrainer("parts", replace(recipe, lr=1.0)).resume()


def test_masked_pretraining_refuses_networks_without_positions() -> None:
    with pytest.raises(ValueError, match="absolute_position"):
        MaskedAutoencoder(TCMoA(SMALL))


def test_official_size_trains_with_the_official_recipe(root: Path, tmp_path: Path) -> None:
    recipe = replace(
        RECIPE, model=SMALL_OFFICIAL, loss=LossRecipe(), freeze=True, data=replace(RECIPE.data, crop=112)
    )
    run = trainer(root, tmp_path / "run", recipe)
    terms = run.update(0, BatchSource(run.sets, range(2), RECIPE).batch(0, 0))
    assert {"loss", "pixel_loss", "prompt_loss", "aux_loss", "ssim_loss"} <= set(terms)


@pytest.mark.slow
def test_two_processes_train_as_one_does_on_the_same_batches(root: Path, tmp_path: Path) -> None:
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--standalone"]
    program = ["-m", "tests.tcmoa.two_processes", str(root), str(tmp_path / "two")]
    done = subprocess.run([*launch, *program], check=False, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    trainer(root, tmp_path / "one", GENTLE).run(until=2)
    one, two = (load_model(tmp_path / name / "weights.safetensors") for name in ("one", "two"))
    for key, value in one.state_dict().items():
        torch.testing.assert_close(two.state_dict()[key], value, rtol=1e-4, atol=1e-5)
