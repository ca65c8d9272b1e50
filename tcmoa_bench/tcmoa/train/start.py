"""Beginning or resuming a training from the command line, in one process or under torchrun."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import torch
import torch.distributed as dist

from tcmoa_bench.devices import open_device
from tcmoa_bench.tcmoa.train.config import TASKS, TrainRecipe
from tcmoa_bench.tcmoa.train.data import PairSet
from tcmoa_bench.tcmoa.train.loop import Processes, Trainer
from tcmoa_bench.tcmoa.train.pictures import Pictures
from tcmoa_bench.tcmoa.train.sources import PairsOf, split_pairs
from tcmoa_bench.tcmoa.train.watch import Scorer, Validation
from tcmoa_bench.types import BenchError


def join_processes(device: str) -> str:
    """Join the group that torchrun announces; returns this process's device.

    Raises:
        BenchError: The device cannot be used.
    """
    if "WORLD_SIZE" not in os.environ:
        open_device(device)
        return device
    if device.startswith("cuda"):
        device = f"cuda:{os.environ['LOCAL_RANK']}"
        torch.cuda.set_device(open_device(device))
    dist.init_process_group("nccl" if device.startswith("cuda") else "gloo")
    return device


def train_here(
    recipe: TrainRecipe,
    data: Path,
    folder: Path,
    device: str,
    until: int | None,
    threads: int,
    say: Callable[[str], None],
    pairs_of: PairsOf,
    scorer: Scorer | None = None,
) -> None:
    """Train, resuming from `folder` where it holds a state.

    Args:
        recipe: What to do.
        data: Data root.
        folder: States, weights, logs, sheets.
        device: Torch device; under torchrun each process takes its own GPU.
        until: Round to stop at, or None.
        threads: CPU threads, or 0.
        say: Takes progress lines.
        pairs_of: Gives a dataset's pairs by its name.
        scorer: Scores held-out pairs at each validation.

    Raises:
        BenchError: The recipe, the data or the device cannot be used; the text says which, and the remedy.
    """
    if threads:
        torch.set_num_threads(threads)
    if recipe.freeze and not recipe.init:
        raise BenchError(
            f"recipe {recipe.name} trains adapters on a frozen backbone, and there is none: give --init FILE, "
            "such as mae_visualize_vit_base.pth or mae_visualize_vit_large_ganloss.pth (masked autoencoders of "
            "facebookresearch/mae, folder demo), or one made with `tcmoa-bench pretrain`"
        )
    device = join_processes(device)
    processes = Processes.current()
    if processes.rank:
        say = _silent
    try:
        split = split_pairs(data, recipe.data, recipe.tasks, pairs_of, say)
        recipe = recipe.settled(len(split.training[recipe.tasks[0]]), processes.world)
        several = f" over {processes.world} processes" if processes.world > 1 else ""
        say(f"{recipe.steps} rounds, batches of {recipe.batch}{several}")
        pictures = Pictures(recipe.data.cache_mib * 2**20)
        sets = [PairSet(split.training[t], t, recipe.data, pictures) for t in range(len(TASKS))]
        validate = Validation(split.held, folder, scorer) if any(split.held) and not processes.rank else None
        trainer = Trainer(recipe, sets, folder, device, say, validate)
        if trainer.resume():
            say(f"resumed at round {trainer.step}")
        trainer.run(until)
    except ValueError as error:
        raise BenchError(str(error)) from error
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


def _silent(text: str) -> None:
    """Says nothing: of several processes the first one talks."""
