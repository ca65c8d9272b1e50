"""Commands of the model: grids of prompt controls, prompt maps, training. Torch is imported when one runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcmoa_bench.cli.options import TASKS, Command, device_option, labelled, weights_option

if TYPE_CHECKING:
    from tcmoa_bench.tcmoa.fuser import TCMoAFuser
    from tcmoa_bench.tcmoa.train.config import TrainRecipe
    from tcmoa_bench.tcmoa.train.sources import PairsOf
    from tcmoa_bench.types import Image

_FILE = click.Path(path_type=Path)
_TASK = click.option(
    "--task",
    type=TASKS,
    required=True,
    help="What the sources are.",
)
_FUSER = click.option(
    "--fuser", default="tcmoa-tiny", show_default=True, help="tcmoa-tiny, tcmoa-base or tcmoa-large."
)
_OPTION = click.option(
    "--option", multiple=True, metavar="KEY=VALUE", callback=labelled, help="As for `fuse`."
)


def _open(fuser: str, device: str, weights: Path | None, option: tuple[tuple[str, str], ...]) -> TCMoAFuser:
    from tcmoa_bench.run.fusers import registry
    from tcmoa_bench.tcmoa.fuser import TCMoAFuser
    from tcmoa_bench.types import BenchError, FuserOptions

    model = registry()[fuser].create(FuserOptions(device, weights, dict(option)))
    if not isinstance(model, TCMoAFuser):
        raise BenchError(f"{fuser} is no TC-MoA: it has no prompts")
    return model


def _levels(text: str, name: str) -> list[float]:
    from tcmoa_bench.types import BenchError

    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise BenchError(f"{name} takes numbers with commas between them, not {text!r}") from None


def _pairs_of(data: Path, recipe: TrainRecipe) -> PairsOf:
    from tcmoa_bench.datasets import load
    from tcmoa_bench.datasets.exposure import narrowed

    return lambda name: narrowed(load(name, data), recipe.data.exposures)


def _recipe(name: str) -> TrainRecipe:
    from tcmoa_bench.tcmoa.train.config import load_recipe
    from tcmoa_bench.types import BenchError

    try:
        return load_recipe(name)
    except (OSError, ValueError) as error:
        raise BenchError(str(error)) from error


def _score(a: Image, b: Image, fused: Image) -> dict[str, float]:
    from tcmoa_bench.metrics import score

    scores = score(a, b, fused, ["Qabf@textbook", "EN@tang2023", "SD@tang2023"])
    return {name: float("nan") if s.value is None else s.value for name, s in scores.items()}


@click.command(
    cls=Command,
    epilog="\b\nExample:\n"
    "  tcmoa-bench grid under.jpg over.jpg -o grid.png --task mef --alpha 0,1,3 --beta -0.3,0,0.3",
)
@click.argument("a", type=_FILE)
@click.argument("b", type=_FILE)
@click.option("-o", "--output", required=True, type=_FILE, help="The sheet: .png, .bmp or .tif.")
@click.option("--alpha", default="0,1,3", show_default=True, help="Rows: region-level control.")
@click.option("--beta", default="-0.3,0,0.3", show_default=True, help="Columns: image-level control.")
@_TASK
@_FUSER
@_OPTION
@device_option
@weights_option
def grid(
    a: Path,
    b: Path,
    output: Path,
    alpha: str,
    beta: str,
    task: str,
    fuser: str,
    option: tuple[tuple[str, str], ...],
    device: str,
    weights: Path | None,
) -> None:
    """Fuse A with B under every alpha and beta, on one sheet (the paper's Figure 6)."""
    from tcmoa_bench.images import show, write_image
    from tcmoa_bench.tcmoa.prompts import fusion_grid
    from tcmoa_bench.types import ALONE, BenchError, Pair, Task

    alphas, betas = _levels(alpha, "--alpha"), _levels(beta, "--beta")
    model = _open(fuser, device, weights, option)
    pair = Pair(ALONE, a.stem, Task(task), a, b)
    try:
        write_image(output, fusion_grid(model.pipeline, *pair.load(), pair.task, alphas, betas))
    except ValueError as error:
        raise BenchError(str(error)) from error
    click.echo(f"{show(output)}: {len(alphas)} x {len(betas)} pictures")


@click.command(cls=Command, epilog="\b\nExample:\n  tcmoa-bench prompts near.png far.png -o maps/ --task mff")
@click.argument("a", type=_FILE)
@click.argument("b", type=_FILE)
@click.option("-o", "--output", required=True, type=_FILE, help="Folder for the maps.")
@_TASK
@_FUSER
@_OPTION
@device_option
@weights_option
def prompts(
    a: Path,
    b: Path,
    output: Path,
    task: str,
    fuser: str,
    option: tuple[tuple[str, str], ...],
    device: str,
    weights: Path | None,
) -> None:
    """Write every layer's prompt maps for both sources, and print their statistics (Figure 1)."""
    from tcmoa_bench.tcmoa.prompts import export_prompts
    from tcmoa_bench.types import ALONE, Pair, Task

    model = _open(fuser, device, weights, option)
    pair = Pair(ALONE, a.stem, Task(task), a, b)
    statistics = export_prompts(model.pipeline, *pair.load(), pair.task, output)
    names = list(next(iter(statistics.values())))
    click.echo(f"{'layer':10}" + "".join(f"{name:>14}" for name in names))
    for layer, row in statistics.items():
        click.echo(f"{layer:10}" + "".join(f"{row[name]:14.4f}" for name in names))


@click.command(
    cls=Command,
    epilog="\b\nRecipes:\n"
    "  paper, head                     the camera-ready code's and the later code's\n"
    "  tiny, tiny-finish, tiny-detail, tiny-choice\n"
    "                                  the shipped weights, in four stages\n"
    "  frozen, frozen-gains            the paper's protocol at the small size; with a gains head\n"
    "  full-gains                      as frozen-gains, everything trained\n"
    "  ablation-single-task, ablation-one-adapter, ablation-own-adapters,\n"
    "  ablation-no-mir, ablation-partial, ablation-full\n\n"
    "\b\nExamples:\n"
    "  tcmoa-bench train tiny --data DIR -o runs/tiny        the first recipe of the shipped weights\n"
    "  tcmoa-bench train paper --data DIR -o runs/paper --init mae_visualize_vit_large_ganloss.pth --device cuda\n"
    "  torchrun --no-python --nproc-per-node 3 tcmoa-bench train paper ... (as above: three GPUs, as the paper)",
)
@click.argument("recipe")
@click.option(
    "-o",
    "--output",
    required=True,
    type=_FILE,
    help="Folder of states, weights and logs; resumed if it has one.",
)
@click.option(
    "--data", type=_FILE, envvar="TCMOA_BENCH_DATA", show_envvar=True, required=True, help="Data root."
)
@click.option("--init", help="Start from these weights: an MAE backbone, a TC-MoA, or hf:REPOSITORY.")
@click.option("--until", type=int, help="Stop after this round, to be resumed later.")
@click.option("--threads", type=int, default=0, help="CPU threads; 0 leaves it to torch.")
@device_option
def train(
    recipe: str, output: Path, data: Path, init: str | None, until: int | None, threads: int, device: str
) -> None:
    """Train by RECIPE: a TOML file, or a shipped one (below)."""
    import dataclasses

    from tcmoa_bench.tcmoa.train.start import train_here

    plan = _recipe(recipe)
    if init is not None:
        plan = dataclasses.replace(plan, init=init)
    train_here(plan, data, output, device, until, threads, click.echo, _pairs_of(data, plan), _score)


@click.command(
    cls=Command, epilog="\b\nExample:\n  tcmoa-bench pretrain frozen --data DIR -o runs/mae --rounds 1000"
)
@click.argument("recipe")
@click.option(
    "-o", "--output", required=True, type=_FILE, help="Folder; the backbone becomes backbone.safetensors."
)
@click.option(
    "--data", type=_FILE, envvar="TCMOA_BENCH_DATA", show_envvar=True, required=True, help="Data root."
)
@click.option("--rounds", default=1000, show_default=True, help="Rounds of the recipe's `updates` batches.")
@click.option("--threads", type=int, default=0, help="CPU threads; 0 leaves it to torch.")
@device_option
def pretrain(recipe: str, output: Path, data: Path, rounds: int, threads: int, device: str) -> None:
    """Train RECIPE's backbone as a masked autoencoder on single training photographs.

    A run that was stopped goes on where its folder's last state was saved.
    """
    from tcmoa_bench.tcmoa.train.pretrain import pretrain_here

    plan = _recipe(recipe)
    pretrain_here(plan, data, output, device, rounds, threads, click.echo, _pairs_of(data, plan))
