"""The training loop: three tasks in turn, exact resumption, averaged weights, an end at the first NaN."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from timm.utils import ModelEmaV3
from torch import Tensor, nn

from tcmoa_bench.tcmoa.adapters import MixtureOfExperts, PromptControl
from tcmoa_bench.tcmoa.backbones import find_backbone
from tcmoa_bench.tcmoa.checkpoint import load_backbone, save_weights
from tcmoa_bench.tcmoa.model import Output, TCMoA
from tcmoa_bench.tcmoa.params import freeze_backbone
from tcmoa_bench.tcmoa.precision import autocast, short_products
from tcmoa_bench.tcmoa.train.config import TASKS, TrainRecipe
from tcmoa_bench.tcmoa.train.data import Batch, BatchSource, PairSet
from tcmoa_bench.tcmoa.train.files import append_csv, read_state, write_state
from tcmoa_bench.tcmoa.train.objective import steering_loss, task_loss
from tcmoa_bench.types import BenchError

#: Betas of the steering term are drawn from minus to plus this.
STEER_RANGE = 0.3


class NotFinite(BenchError):
    """A loss or gradient is NaN or infinite; the text names the round, task and pairs."""


@dataclass(frozen=True)
class Processes:
    """This process among those of a distributed training (torchrun), or alone.

    Attributes:
        rank: This process.
        world: How many there are.
    """

    rank: int = 0
    world: int = 1

    @classmethod
    def current(cls) -> Processes:
        """Rank and world of the initialised process group, or one process."""
        if dist.is_available() and dist.is_initialized():
            return cls(dist.get_rank(), dist.get_world_size())
        return cls()


class GatingNoise:
    """Standard-normal gating noise that follows from the seed and the update, not from what ran before.

    The noise of the global batch is drawn and this process's rows are taken, so that several processes see
    what one would.
    """

    def __init__(self, processes: Processes, device: torch.device) -> None:
        self.processes = processes
        self.generator = torch.Generator(device)

    def start(self, seed: int, step: int, task: int, part: int) -> None:
        """Begin the forward pass of one update (and accumulation part)."""
        self.generator.manual_seed(((seed * 1_000_003 + step) * 7 + task) * 64 + part)

    def __call__(self, like: Tensor) -> Tensor:
        """This process's rows of the noise for one gating call, `(M, experts)` like the logits."""
        rows = like.shape[0]
        shape = (rows * self.processes.world, like.shape[1])
        noise = torch.randn(shape, generator=self.generator, device=self.generator.device)
        first = self.processes.rank * rows
        return noise[first : first + rows].to(like)


class Trainer:
    """Trains a TC-MoA by a recipe; everything but the folder follows from the recipe.

    Args:
        recipe: What to do, `settled` for these pairs and processes.
        sets: Training pairs of the three tasks.
        folder: Where states, weights and logs go.
        device: Torch device.
        say: Takes the progress lines.
        validate: Called with the averaged model and the round every `eval_steps`; returns named figures.
    """

    def __init__(
        self,
        recipe: TrainRecipe,
        sets: list[PairSet],
        folder: Path,
        device: str = "cpu",
        say: Callable[[str], None] = print,
        validate: Callable[[TCMoA, int], dict[str, float]] | None = None,
    ) -> None:
        self.recipe, self.sets, self.folder = recipe, sets, folder
        self.device, self.say, self.validate = torch.device(device), say, validate
        self.processes = Processes.current()
        torch.manual_seed(recipe.seed)
        self.model = TCMoA(recipe.model)
        if recipe.init:
            load_backbone(self.model, find_backbone(recipe.init))
        if recipe.freeze:
            freeze_backbone(self.model, recipe.thaw)
        self.model.checkpointing = recipe.checkpointing
        self.model.to(self.device).train()
        self.noise = GatingNoise(self.processes, self.device)
        self.ema = ModelEmaV3(self.model, decay=recipe.ema, use_warmup=True) if recipe.ema else None
        for module in self.model.modules():
            if isinstance(module, MixtureOfExperts):
                module.draw_noise = self.noise
        self.network: nn.Module = self.model
        if self.processes.world > 1:
            self.network = nn.parallel.DistributedDataParallel(self.model, find_unused_parameters=True)
        if recipe.compile:
            self.network = torch.compile(self.network)
        self.optimizer = torch.optim.AdamW(
            _groups(self.model, recipe.weight_decay),
            lr=recipe.lr,
            betas=recipe.betas,
            fused=self.device.type == "cuda",
        )
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=recipe.precision == "float16")
        self.step, self.best = 0, -math.inf

    @property
    def averaged(self) -> TCMoA:
        """The weights that are saved and validated: the moving average, or the raw ones without one."""
        return self.ema.module if self.ema is not None else self.model

    def run(self, until: int | None = None) -> None:
        """Train to round `until` (default: the recipe's last), saving states on the way."""
        recipe = self.recipe
        stop = min(until or recipe.steps, recipe.steps)
        share = recipe.batch // self.processes.world
        items = range(self.processes.rank * share, (self.processes.rank + 1) * share)
        with closing(BatchSource(self.sets, items, recipe)) as source:
            self._run(source, stop)
        self.save()

    def _run(self, source: BatchSource, stop: int) -> None:
        recipe = self.recipe
        started, first, saved, waited = time.monotonic(), self.step, time.monotonic(), 0.0
        terms: dict[str, float] = {}
        rounds = source.rounds(self.step, stop)
        while True:
            asked = time.monotonic()
            step, batch = next(rounds, (stop, None))
            waited += time.monotonic() - asked
            if batch is None:
                return
            terms |= {f"{TASKS[batch.task]}_{k}": v for k, v in self.update(step, batch).items()}
            if (batch.task, batch.turn) != recipe.turns[-1]:
                continue
            self.step = step + 1
            if self.step % recipe.log_steps == 0 or self.step in (first + 1, stop):
                seconds = time.monotonic() - started
                self._log(terms, seconds / (self.step - first), waited / seconds)
            if self.step % recipe.eval_steps == 0 or self.step == recipe.steps:
                self._evaluate()
            if time.monotonic() - saved > 60 * recipe.save_minutes:
                self.save()
                saved = time.monotonic()

    def update(self, step: int, batch: Batch) -> dict[str, float]:
        """One optimiser update on one batch; returns the loss terms (of this process)."""
        with short_products(self.recipe.precision):
            return self._update(step, batch)

    def _update(self, step: int, batch: Batch) -> dict[str, float]:
        recipe = self.recipe
        for group in self.optimizer.param_groups:
            group["lr"] = recipe.learning_rate(step)
        self.optimizer.zero_grad(set_to_none=True)
        images = self._on_device(batch) / 255
        totals: dict[str, float] = {}
        for part, both in enumerate(images.chunk(recipe.accumulate, dim=1)):
            self.noise.start(recipe.seed, step, batch.task, batch.turn * recipe.accumulate + part)
            terms = self._forward(both, batch.task, step // recipe.epoch_steps)
            self.scaler.scale(terms["loss"] / recipe.accumulate).backward()
            if recipe.loss.steer:
                terms["steer_loss"] = self._steer(both, batch.task)
                self.scaler.scale(recipe.loss.steer * terms["steer_loss"] / recipe.accumulate).backward()
            for name, value in terms.items():
                totals[name] = totals.get(name, 0.0) + float(value.detach()) / recipe.accumulate
        self.scaler.unscale_(self.optimizer)
        learnable = [p for p in self.model.parameters() if p.grad is not None]
        norm = nn.utils.clip_grad_norm_(learnable, recipe.clip or float("inf"))
        finite_needed = not self.scaler.is_enabled()  # float16 scaling skips such updates by design
        if not torch.isfinite(torch.tensor(totals["loss"])) or (finite_needed and not torch.isfinite(norm)):
            raise NotFinite(
                f"round {step}, task {TASKS[batch.task]}: loss {totals['loss']}, gradient norm {norm:g}; "
                f"batch: {', '.join(batch.names)}. The last saved state is from before this update"
            )
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.ema is not None:
            self.ema.update(self.model, step=step * len(TASKS) + batch.task)
        return {**totals, "grad_norm": float(norm)}

    def _on_device(self, batch: Batch) -> Tensor:
        images = torch.from_numpy(batch.images)
        if self.device.type == "cuda":
            images = images.pin_memory().to(self.device, non_blocking=True)
        return images.float()

    def _forward(self, both: Tensor, task: int, epoch: int) -> dict[str, Tensor]:
        a, b = both
        out = self._fuse(self.network, both, task)
        return task_loss(out.fused, a, b, out.prompts, out.balance, task, self.recipe.loss, epoch)

    def _steer(self, both: Tensor, task: int) -> Tensor:
        """`steering_loss` for a beta drawn from the update's generator; the averaged weights stand still."""
        beta = STEER_RANGE * (2 * float(torch.rand(1, generator=self.noise.generator)) - 1)
        with torch.no_grad():
            still = self._fuse(self.averaged, both, task).fused
        steered = self._fuse(self.network, both, task, PromptControl(beta=beta)).fused
        return steering_loss(steered, still, both[0], both[1], beta)

    def _fuse(
        self, network: nn.Module, both: Tensor, task: int, control: PromptControl | None = None
    ) -> Output:
        a, b = both
        with autocast(self.device, self.recipe.precision):
            return network(self.model.normalise(a), self.model.normalise(b), task, control)

    def _log(self, terms: dict[str, float], seconds: float, starved: float) -> None:
        if self.processes.rank:
            return
        left = seconds * (self.recipe.steps - self.step)
        row = {
            "step": self.step,
            "lr": self.recipe.learning_rate(self.step),
            "seconds": round(seconds, 3),
            **terms,
        }
        append_csv(self.folder / "log.csv", row)
        losses = " ".join(f"{t} {terms[f'{t}_loss']:.4f}" for t in TASKS if f"{t}_loss" in terms)
        self.say(
            f"round {self.step}/{self.recipe.steps} loss {losses} | {seconds:.2f} s a round, "
            f"{left / 60:.0f} min left, waiting for data {100 * starved:.1f} %"
        )

    def _evaluate(self) -> None:
        if self.validate is None or self.processes.rank:
            return
        figures = self.validate(self.averaged, self.step)
        append_csv(self.folder / "validation.csv", {"step": self.step, **figures})
        self.say(f"validation at {self.step}: " + " ".join(f"{k} {v:.4f}" for k, v in figures.items()))
        judged = [value for name, value in figures.items() if name.endswith(f"_{self.recipe.criterion}")]
        if judged and (mean := sum(judged) / len(judged)) > self.best:
            self.best = mean
            self._save_weights("best.safetensors")

    def state(self) -> dict[str, Any]:
        """Everything that decides the rest of the run, as tensors and plain data."""
        return {
            "step": self.step,
            "best": self.best,
            "recipe": self.recipe.to_json(),
            "model": self.model.state_dict(),
            "ema": self.ema.module.state_dict() if self.ema is not None else None,
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
        }

    def save(self) -> None:
        """Write `state.pt` (to resume) and `weights.safetensors` (to use); only the first process writes.

        Both take the place of the ones before; `best.safetensors` is that of the best validation so far.
        """
        if self.processes.rank:
            return
        write_state(self.folder / "state.pt", self.state())
        self._save_weights("weights.safetensors")
        sizes = {file.name: file.stat().st_size / 1e6 for file in sorted(self.folder.glob("*.safetensors"))}
        sizes["state.pt"] = (self.folder / "state.pt").stat().st_size / 1e6
        self.say(
            f"saved at {self.step}: " + ", ".join(f"{name} {size:.1f} MB" for name, size in sizes.items())
        )

    def _save_weights(self, name: str) -> None:
        note = {"recipe": self.recipe.name, "rounds": str(self.step), "seed": str(self.recipe.seed)}
        save_weights(self.averaged, self.folder / name, note)

    def resume(self) -> bool:
        """Go on from `state.pt`, to the bit as if never stopped; False where there is none.

        Raises:
            BenchError: The state is of another recipe.
        """
        state = read_state(self.folder / "state.pt", self.recipe, self.device)
        if state is None:
            return False
        self.model.load_state_dict(state["model"])
        if self.ema is not None:
            self.ema.module.load_state_dict(state["ema"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.step, self.best = state["step"], state.get("best", -math.inf)
        return True


def _groups(model: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Matrices decay; vectors and biases do not (as timm groups them)."""
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    plain = [p for n, p in named if p.ndim <= 1 or n.endswith(".bias")]
    matrices = [p for n, p in named if not (p.ndim <= 1 or n.endswith(".bias"))]
    return [{"params": plain, "weight_decay": 0.0}, {"params": matrices, "weight_decay": weight_decay}]
