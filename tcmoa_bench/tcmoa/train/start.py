"""Beginning or resuming a training from the command line, in one process or under torchrun."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import torch
import torch.distributed as dist

from tcmoa_bench.tcmoa.checkpoint import save_weights
from tcmoa_bench.tcmoa.model import TCMoA
from tcmoa_bench.tcmoa.train.config import TrainRecipe
from tcmoa_bench.tcmoa.train.data import BatchSource, open_sets
from tcmoa_bench.tcmoa.train.loop import Trainer, append_csv
from tcmoa_bench.tcmoa.train.mae import MaskedAutoencoder, pretrain_step
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


def pretrain_here(
    recipe: TrainRecipe,
    data: Path,
    folder: Path,
    device: str,
    steps: int,
    threads: int,
    say: Callable[[str], None],
) -> None:
    """Pre-train the recipe's backbone on the sources of all tasks; writes `backbone.safetensors`."""
    if threads:
        torch.set_num_threads(threads)
    torch.manual_seed(recipe.seed)
    sets, _ = open_sets(data, recipe.data)
    model = MaskedAutoencoder(TCMoA(recipe.model)).to(device).train()
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=recipe.lr, betas=(0.9, 0.95), weight_decay=recipe.weight_decay
    )
    with closing(BatchSource(sets, range(recipe.batch), recipe)) as source:
        for step, batch in source.rounds(0, -(-steps // len(recipe.turns))):
            update = step * len(recipe.turns) + recipe.turns.index((batch.task, batch.turn))
            for group in optimizer.param_groups:
                group["lr"] = recipe.learning_rate(min(step, recipe.steps))
            images = torch.from_numpy(batch.images).flatten(0, 1).to(device).float() / 255
            loss = pretrain_step(model, images, optimizer)
            if update % 50 == 0:
                append_csv(folder / "pretrain.csv", {"update": update, "loss": loss})
                say(f"update {update}/{steps} loss {loss:.4f}")
    note = {"recipe": f"{recipe.name}: masked pre-training"}
    save_weights(model.backbone, folder / "backbone.safetensors", note)
