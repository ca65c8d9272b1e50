"""Masked pre-training from the command line: resumable, on the sources of all three tasks."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import torch

from tcmoa_bench.devices import open_device
from tcmoa_bench.tcmoa.checkpoint import save_weights
from tcmoa_bench.tcmoa.model import TCMoA
from tcmoa_bench.tcmoa.train.config import TrainRecipe
from tcmoa_bench.tcmoa.train.data import BatchSource, PairSet
from tcmoa_bench.tcmoa.train.files import append_csv, read_state, write_state
from tcmoa_bench.tcmoa.train.mae import MaskedAutoencoder, pretrain_step
from tcmoa_bench.tcmoa.train.pictures import Pictures
from tcmoa_bench.tcmoa.train.sources import PairsOf, split_pairs


class Pretrainer:
    """Trains a recipe's backbone as a masked autoencoder, by its schedule and on its crops.

    Args:
        recipe: Network, data, batch, learning rate; its `steps` are rounds of `updates` batches.
        sets: Training pairs of the three tasks; each source is a picture of its own.
        folder: Where `pretrain.pt` (to resume), `pretrain.csv` and `backbone.safetensors` go.
        device: Torch device.
        say: Takes the progress lines.
    """

    def __init__(
        self,
        recipe: TrainRecipe,
        sets: list[PairSet],
        folder: Path,
        device: str = "cpu",
        say: Callable[[str], None] = print,
    ) -> None:
        self.recipe, self.sets, self.folder, self.say = recipe, sets, folder, say
        self.device = torch.device(device)
        torch.manual_seed(recipe.seed)
        self.model = MaskedAutoencoder(TCMoA(recipe.model)).to(self.device).train()
        self.optimizer = torch.optim.AdamW(
            self.model.parameters(), lr=recipe.lr, betas=(0.9, 0.95), weight_decay=recipe.weight_decay
        )
        self.round = 0

    def run(self, until: int | None = None) -> None:
        """Train to round `until` (default: the recipe's last); a state is saved on the way and at the end."""
        recipe, began, saved = self.recipe, time.monotonic(), time.monotonic()
        first, stop = self.round, min(until or recipe.steps, recipe.steps)
        with closing(BatchSource(self.sets, range(recipe.batch), recipe)) as source:
            for step, batch in source.rounds(first, stop):
                turn = recipe.turns.index((batch.task, batch.turn))
                for group in self.optimizer.param_groups:
                    group["lr"] = recipe.learning_rate(step)
                # The hidden patches follow from the seed and the update, as the crops do.
                choice = torch.Generator().manual_seed((recipe.seed * 1_000_003 + step) * 64 + turn)
                images = torch.from_numpy(batch.images).flatten(0, 1).to(self.device).float() / 255
                loss = pretrain_step(self.model, images, self.optimizer, choice)
                if turn + 1 < len(recipe.turns):
                    continue
                self.round = step + 1
                if self.round % recipe.log_steps == 0 or self.round == stop:
                    append_csv(self.folder / "pretrain.csv", {"round": self.round, "loss": loss})
                    left = (time.monotonic() - began) / (self.round - first) * (recipe.steps - self.round)
                    self.say(f"round {self.round}/{recipe.steps} loss {loss:.4f} | {left / 60:.0f} min left")
                if time.monotonic() - saved > 60 * recipe.save_minutes:
                    self.save()
                    saved = time.monotonic()
        self.save()

    def save(self) -> None:
        """Write `pretrain.pt` (to resume) and `backbone.safetensors` (for `train --init`)."""
        state = {
            "round": self.round,
            "recipe": self.recipe.to_json(),
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        write_state(self.folder / "pretrain.pt", state)
        note = {"recipe": f"{self.recipe.name}: masked pre-training", "rounds": str(self.round)}
        save_weights(self.model.backbone, self.folder / "backbone.safetensors", note)

    def resume(self) -> bool:
        """Go on from `pretrain.pt`, to the bit as if never stopped; False where there is none.

        Raises:
            BenchError: The state is of another recipe.
        """
        state = read_state(self.folder / "pretrain.pt", self.recipe, self.device)
        if state is None:
            return False
        self.model.load_state_dict(state["model"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.round = state["round"]
        return True


def pretrain_here(
    recipe: TrainRecipe,
    data: Path,
    folder: Path,
    device: str,
    rounds: int,
    threads: int,
    say: Callable[[str], None],
    pairs_of: PairsOf,
) -> None:
    """Pre-train the recipe's backbone for `rounds`, resuming from `folder` where it holds a state."""
    if threads:
        torch.set_num_threads(threads)
    open_device(device)
    split = split_pairs(data, recipe.data, recipe.tasks, pairs_of, say)
    recipe = replace(recipe.settled(len(split.training[recipe.tasks[0]]), 1), steps=rounds)
    pictures = Pictures(recipe.data.cache_mib * 2**20)
    sets = [PairSet(pairs, task, recipe.data, pictures) for task, pairs in enumerate(split.training)]
    trainer = Pretrainer(recipe, sets, folder, device, say)
    if trainer.resume():
        say(f"resumed at round {trainer.round}")
    trainer.run()
