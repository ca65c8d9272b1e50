"""Beginning or resuming a training from the command line, in one process or under torchrun."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import torch
import torch.distributed as dist

from tcmoa_bench.tcmoa.train.config import TrainRecipe
from tcmoa_bench.tcmoa.train.data import open_sets
from tcmoa_bench.tcmoa.train.loop import Trainer
from tcmoa_bench.tcmoa.train.watch import Scorer, Validation


def join_processes(device: str) -> str:
    """Join the group that torchrun announces; returns this process's device."""
    if "WORLD_SIZE" not in os.environ:
        return device
    cuda = device.startswith("cuda")
    dist.init_process_group("nccl" if cuda else "gloo")
    return f"cuda:{os.environ['LOCAL_RANK']}" if cuda else device


def train_here(
    recipe: TrainRecipe,
    data: Path,
    folder: Path,
    device: str,
    until: int | None,
    threads: int,
    say: Callable[[str], None],
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
        scorer: Scores held-out pairs at each validation.
    """
    if threads:
        torch.set_num_threads(threads)
    device = join_processes(device)
    try:
        sets, held = open_sets(data, recipe.data)
        validate = Validation(held, folder, scorer) if any(held) else None
        trainer = Trainer(recipe, sets, folder, device, say, validate)
        if trainer.resume():
            say(f"resumed at round {trainer.step}")
        trainer.run(until)
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()
