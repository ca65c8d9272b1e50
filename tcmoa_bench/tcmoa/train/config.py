"""Training recipes as data: TOML files read into these classes."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from tcmoa_bench.documents import fill, parse
from tcmoa_bench.tcmoa.config import PRECISIONS, SIZES, TCMoAConfig

#: The tasks in the network's order, which is also an update round's.
TASKS = ("vif", "mef", "mff")


@dataclass(frozen=True)
class TermWeights:
    """Weights of one task's loss terms; a term of weight 0 is not computed.

    The pixel and gradient terms of the official code carry an inner factor 3, which is part of the term.
    """

    pixel: float = 0.0
    max_pixel: float = 0.0
    gradient: float = 0.0
    ssim: float = 0.0
    mef_ssim: float = 0.0
    prompt: float = 1.0
    balance: float = 1.0


@dataclass(frozen=True)
class LossRecipe:
    """Weights for each task, and variants of the terms. The defaults are the later official code's (HEAD).

    Attributes:
        warmup: Weights of all tasks in the first epochs.
        vif: Weights for VIF after them.
        mef: Weights for MEF.
        mff: Weights for MFF.
        warmup_epochs: Epochs of warm-up weights.
        balance_decays: Divide the load-balancing weight by the epoch's number (from 1).
        gradient: `diagonal`, the official term, or `vector`, which sees both directions.
        stack_mef: MEF-SSIM over the batch stacked into one image (official), or each image by itself.
        steer: Weight of the steering term (ours): with beta on the prompts, the fused image must move by as
            large a share of the difference between the sources. Without it nothing ties beta's sign to them.
    """

    warmup: TermWeights = TermWeights(pixel=1.0, ssim=1.0)
    vif: TermWeights = TermWeights(gradient=1.5, max_pixel=1.5, ssim=2.0)
    mef: TermWeights = TermWeights(gradient=1.8, prompt=1.8, mef_ssim=3.6, pixel=1.8)
    mff: TermWeights = TermWeights(gradient=20.0, pixel=20.0, ssim=3.0)
    warmup_epochs: int = 2
    balance_decays: bool = True
    gradient: str = "diagonal"
    stack_mef: bool = True
    steer: float = 0.0

    def __post_init__(self) -> None:
        if self.gradient not in ("diagonal", "vector"):
            raise ValueError(f"loss gradient {self.gradient!r} is unknown; diagonal and vector are known")


@dataclass(frozen=True)
class DataRecipe:
    """Which pairs are trained on, and how they are cut.

    Attributes:
        vif: Sources of VIF pairs: a dataset's name, or `first|second`, two folders below the data root whose files
            have the same names (first = visible).
        mef: Sources of MEF pairs (first = over-exposed).
        mff: Sources of MFF pairs (first = far); `defocus:DATASET` makes them of its sharp photographs.
        exposures: Which two of an exposure sequence are a pair, where a dataset has sequences (SICE): 0 the darkest
            and the brightest, 1 the next ones inward, and so on; a sequence too short gives its innermost two.
        crop: Side of a training crop in pixels.
        vif_scale: Area of the crop over the image's, least and most, before it is resized to `crop`.
        mef_scale: The same for MEF.
        mff_scale: The same for MFF.
        zoom: Instead of the area: side of the cut-out over `crop`, least and most. Empty: use the area.
        rotate: Turn and mirror crops in all eight ways, not only left to right.
        swap_mff: Exchange near and far at random.
        validation: Pairs of each task that are kept for validation, evenly spread; nothing that shows the same
            photographs is trained on.
        workers: Threads that prepare batches beside the computation.
        cache_mib: Decoded pictures that each process keeps, in MiB.
    """

    vif: tuple[str, ...] = ("train_vif",)
    mef: tuple[str, ...] = ("train_mef",)
    mff: tuple[str, ...] = ("train_mff",)
    crop: int = 448
    vif_scale: tuple[float, float] = (0.81, 1.0)
    mef_scale: tuple[float, float] = (0.2, 1.0)
    mff_scale: tuple[float, float] = (0.64, 1.0)
    zoom: tuple[float, ...] = ()
    rotate: bool = False
    swap_mff: bool = False
    exposures: int = 0
    validation: int = 0
    workers: int = 2
    cache_mib: int = 512

    def __post_init__(self) -> None:
        for name, least in (
            ("crop", 1),
            ("exposures", 0),
            ("validation", 0),
            ("workers", 1),
            ("cache_mib", 0),
        ):
            if getattr(self, name) < least:
                raise ValueError(f"data {name} {getattr(self, name)} must be at least {least}")

    def sources(self, task: int) -> tuple[str, ...]:
        """Sources of one task's pairs."""
        return (self.vif, self.mef, self.mff)[task]

    def scale(self, task: int) -> tuple[float, float]:
        """Crop area of one task."""
        return (self.vif_scale, self.mef_scale, self.mff_scale)[task]


@dataclass(frozen=True)
class TrainRecipe:
    """Everything that decides a training run.

    Attributes:
        name: Label of the run.
        model: The network.
        data: The pairs.
        loss: The objective.
        init: Weights to start from, an MAE backbone or a TC-MoA checkpoint (see
            `backbones.find_backbone`); empty: from scratch.
        freeze: Train only adapters, routers, fusion layers, relative positions and lambdas (the paper's
            method); else everything.
        thaw: Parts that are trained nevertheless, by how their parameters' names begin, such as `decoder_pred.`.
        epochs: Passes over the VIF pairs. Where given, `steps`, `epoch_steps` and `warmup_steps` follow from it,
            from `warmup_epochs` and from the global batch (`settled`); 0 takes them as they are.
        warmup_epochs: Epochs of linear warm-up of the learning rate, with `epochs`.
        steps: Rounds; each is one update for every task, VIF, MEF, MFF, or as many as `updates` says.
        updates: Updates of VIF, MEF and MFF in a round; 0 leaves a task out.
        epoch_steps: Rounds that count as one epoch (loss warm-up, balance decay).
        batch: Pairs of one task in one update, over all processes and accumulation steps.
        batch_per_process: The same for each process; where given, `batch` follows from it.
        accumulate: Split each batch into this many forward passes.
        lr: Highest learning rate.
        min_lr: Last learning rate.
        warmup_steps: Rounds of linear warm-up.
        weight_decay: AdamW's, on matrices only.
        betas: AdamW's.
        clip: Largest gradient norm; 0 does not clip (the official training never does).
        ema: Decay of the averaged weights that are saved; 0 saves the raw ones.
        precision: `float32`; `tf32`, float32 with shorter factors in matrix products (GPU); `bfloat16` or `float16`
            autocast.
        compile: Compile the network (`torch.compile`), in parts: its graph breaks where gating noise is drawn.
        checkpointing: Recompute activations in the backward pass.
        seed: Seed of initialisation, data order, augmentation and gating noise.
        save_minutes: Minutes between saved states.
        eval_steps: Rounds between validations.
        criterion: The weights of the best validation are kept beside the last ones; best is the highest mean of
            this figure over the tasks.
        log_steps: Rounds between lines of the log.
    """

    name: str = "run"
    model: TCMoAConfig = field(default_factory=TCMoAConfig)
    data: DataRecipe = field(default_factory=DataRecipe)
    loss: LossRecipe = field(default_factory=LossRecipe)
    init: str = ""
    freeze: bool = True
    thaw: tuple[str, ...] = ()
    epochs: int = 0
    warmup_epochs: int = 0
    steps: int = 1000
    updates: tuple[int, int, int] = (1, 1, 1)
    epoch_steps: int = 1000
    batch: int = 3
    batch_per_process: int = 0
    accumulate: int = 1
    lr: float = 3e-4
    min_lr: float = 1e-5
    warmup_steps: int = 0
    weight_decay: float = 0.05
    betas: tuple[float, float] = (0.9, 0.95)
    clip: float = 0.0
    ema: float = 0.99
    precision: str = "float32"
    compile: bool = False
    checkpointing: bool = False
    seed: int = 0
    save_minutes: float = 5.0
    eval_steps: int = 500
    criterion: str = "Qabf@textbook"
    log_steps: int = 20

    def __post_init__(self) -> None:
        if self.precision not in PRECISIONS:
            raise ValueError(f"precision {self.precision!r} is unknown; known: {', '.join(PRECISIONS)}")
        for name, least in (
            ("steps", 1),
            ("batch", 1),
            ("accumulate", 1),
            ("batch_per_process", 0),
            ("epochs", 0),
        ):
            if getattr(self, name) < least:
                raise ValueError(f"{name} {getattr(self, name)} must be at least {least}")
        if self.batch % self.accumulate:
            raise ValueError(f"batch {self.batch} is no multiple of accumulate {self.accumulate}")
        if self.data.crop % self.model.multiple:
            raise ValueError(
                f"crop {self.data.crop} must be a multiple of the model's {self.model.multiple} pixels"
            )
        if len(self.updates) != 3 or min(self.updates) < 0 or not any(self.updates):
            raise ValueError(f"updates {self.updates} must be three numbers of at least 0, and not all 0")
        if self.loss.steer and self.model.head == "gains":
            raise ValueError(
                "loss steer is for networks without gains: beta acts on the gains by construction"
            )
        if not 0 <= self.ema < 1:
            raise ValueError(f"ema {self.ema} must be at least 0 and below 1")

    def settled(self, pairs: int, processes: int) -> TrainRecipe:
        """This recipe with its global batch and, from `epochs`, its rounds worked out.

        Args:
            pairs: Training pairs of VIF, or of the first task that is trained.
            processes: Processes of the training.

        Raises:
            ValueError: The global batch cannot be split over the processes; the text says what can.
        """
        batch = self.batch_per_process * processes or self.batch
        if batch % (processes * self.accumulate):
            raise ValueError(
                f"batch {batch} is for all processes together and cannot be split over {processes} processes times "
                f"accumulate {self.accumulate}; set batch_per_process in the recipe"
            )
        settled = dataclasses.replace(self, batch=batch, batch_per_process=0)
        if not self.epochs:
            return settled
        rounds = -(-pairs // (batch * next(filter(None, self.updates))))
        return dataclasses.replace(
            settled,
            steps=rounds * self.epochs,
            epoch_steps=rounds,
            warmup_steps=rounds * self.warmup_epochs,
            eval_steps=min(self.eval_steps, rounds),
        )

    @property
    def tasks(self) -> tuple[int, ...]:
        """The tasks that are trained."""
        return tuple(task for task, count in enumerate(self.updates) if count)

    @property
    def turns(self) -> tuple[tuple[int, int], ...]:
        """The updates of a round in order: task, and how often the task was updated before in it."""
        return tuple((task, turn) for task, count in enumerate(self.updates) for turn in range(count))

    def to_json(self) -> str:
        """Every field as JSON text, to tell one recipe from another."""
        return json.dumps(dataclasses.asdict(self))

    def learning_rate(self, step: int) -> float:
        """Learning rate of round `step`: linear warm-up, then half a cosine from `lr` to `min_lr`."""
        if step < self.warmup_steps:
            return self.lr * step / self.warmup_steps
        done = (step - self.warmup_steps) / max(self.steps - self.warmup_steps, 1)
        return self.min_lr + (self.lr - self.min_lr) * 0.5 * (1 + math.cos(math.pi * done))


def shipped_recipes() -> tuple[str, ...]:
    """Names of the recipes that come with the package."""
    folder = resources.files(__package__) / "recipes"
    return tuple(sorted(p.name.removesuffix(".toml") for p in folder.iterdir() if p.name.endswith(".toml")))


def load_recipe(source: str | Path) -> TrainRecipe:
    """Read a recipe from a TOML file, or a shipped one by name.

    A recipe with `base = "paper"` is that recipe (a shipped one, or a file beside it) with its own fields instead.

    Raises:
        FileNotFoundError: Neither a file nor a shipped recipe.
        ValueError: An unknown field or a value that cannot be; the text names the file.
    """
    values = _read_tables(source)
    try:
        return parse_recipe(values)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{source}: {error}") from error


def _read_tables(source: str | Path, seen: tuple[str, ...] = ()) -> dict[str, Any]:
    path = Path(source)
    if path.is_file():
        data, folder = path.read_bytes(), path.parent
    elif str(source) in shipped_recipes():
        data, folder = (
            (resources.files(__package__) / "recipes" / f"{source}.toml").read_bytes(),
            Path(),
        )
    else:
        raise FileNotFoundError(
            f"no recipe {source}: give a TOML file or one of {', '.join(shipped_recipes())}"
        )
    if str(source) in seen:
        raise ValueError(f"recipes are each other's base: {', '.join((*seen, str(source)))}")
    values: dict[str, Any] = parse(data, str(source), "TOML")
    base = values.pop("base", None)
    if base is None:
        return values
    beside = folder / str(base)
    return _merged(_read_tables(beside if beside.is_file() else str(base), (*seen, str(source))), values)


def _merged(base: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    """Tables of `own` over those of `base`, field by field."""
    merged = dict(base)
    for key, value in own.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    return merged


def parse_recipe(values: Mapping[str, Any]) -> TrainRecipe:
    """Make a recipe of nested tables; ValueError for fields that do not exist."""
    values = dict(values)
    model = dict(values.pop("model", {}))
    size = str(model.pop("size", "base"))
    if size not in SIZES:
        raise ValueError(f"model size {size!r} is unknown; known: {', '.join(SIZES)}")
    config = TCMoAConfig.from_mapping({**dataclasses.asdict(SIZES[size]), **model})
    loss = dict(values.pop("loss", {}))
    for task in ("warmup", *TASKS):
        if task in loss:
            loss[task] = fill(TermWeights, loss[task], f"loss.{task}")
    return fill(
        TrainRecipe,
        {
            **values,
            "model": config,
            "data": fill(DataRecipe, values.pop("data", {}), "data"),
            "loss": fill(LossRecipe, loss, "loss"),
        },
        "the recipe",
    )
