"""Training pairs: where they are, how they are read, cut and turned.

Which crop comes when follows from the seed, the round and the position in the batch alone, so a resumed or a
distributed training sees the same crops.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.images import SUFFIXES, read_image
from tcmoa_bench.tcmoa.train.config import DataRecipe, TrainRecipe
from tcmoa_bench.types import Image, Unavailable

TASKS = ("vif", "mef", "mff")
#: Roles of a pack's MANIFEST.csv in the network's order: first stream, second stream.
_ROLES = (("visible", "infrared"), ("over_exposed", "under_exposed"), ("far_B", "near_A"))


#: Roles of photographs that are sharp all over.
_SHARP = {"ground_truth", "over_exposed", "under_exposed", "exposure"}


@dataclass(frozen=True)
class TrainPair:
    """Files of two registered sources in the network's order.

    Attributes:
        name: For messages.
        first: Visible, over-exposed or far.
        second: Infrared, under-exposed or near.
        defocus: Both are one sharp photograph; each crop is blurred in complementary parts.
    """

    name: str
    first: Path
    second: Path
    defocus: bool = False

    def load(self) -> tuple[Image, Image]:
        """Decode both as `H x W x 3`; ValueError where their sizes differ."""
        first, second = (_as_rgb(read_image(p)) for p in (self.first, self.second))
        if first.shape != second.shape:
            raise ValueError(f"{self.first} is {first.shape[:2]}, {self.second} is {second.shape[:2]}")
        return first, second


def _as_rgb(image: Image) -> Image:
    return np.repeat(image[..., None], 3, 2) if image.ndim == 2 else image


def find_pairs(root: Path, source: str, task: int) -> list[TrainPair]:
    """List the pairs of one source.

    Args:
        root: Data root.
        source: A pack's folder with a MANIFEST.csv; `first|second`, two folders with equal file names; or
            `defocus:PACK`, the sharp photographs of a pack.
        task: 0 VIF, 1 MEF, 2 MFF.

    Raises:
        Unavailable: The folder is not there or holds no pair.
    """
    if source.startswith("defocus:"):
        source = source.removeprefix("defocus:")
        pairs = _sharp_photographs(root / source)
    else:
        pairs = _from_folders(root, source) if "|" in source else _from_manifest(root / source, task)
    if not pairs:
        raise Unavailable(
            f"no {TASKS[task]} training pairs in {root / source}; set TCMOA_BENCH_DATA to the data root"
        )
    return pairs


def _from_folders(root: Path, source: str) -> list[TrainPair]:
    first, second = (root / part for part in source.split("|"))
    files = sorted(p for p in first.glob("*") if p.suffix.lower() in SUFFIXES)
    return [TrainPair(p.stem, p, second / p.name) for p in files if (second / p.name).is_file()]


def _sharp_photographs(folder: Path) -> list[TrainPair]:
    pictures = [
        path
        for roles in _manifest(folder).values()
        for role in sorted(_SHARP & set(roles))
        for path in roles[role]
    ]
    return [TrainPair(path.stem, path, path, defocus=True) for path in sorted(set(pictures))]


def _manifest(folder: Path) -> dict[str, dict[str, list[Path]]]:
    """Files of a pack by pair and role; empty where there is no manifest."""
    roles: dict[str, dict[str, list[Path]]] = defaultdict(lambda: defaultdict(list))
    manifest = folder / "MANIFEST.csv"
    if manifest.is_file():
        with manifest.open(encoding="utf-8", newline="") as file:
            for row in csv.DictReader(file):
                roles[row["pair_id"]][row["role"]].append(folder / row["path"])
    return roles


def _from_manifest(folder: Path, task: int) -> list[TrainPair]:
    roles = _manifest(folder)
    pairs = []
    for name in sorted(roles):
        first, second = (roles[name].get(role, []) for role in _ROLES[task])
        if exposures := roles[name].get("exposure"):
            by_light = sorted(exposures, key=lambda p: (float(read_image(p).mean()), p.name))
            first, second = by_light[-1:], by_light[:1]
        if first and second and first != second:
            pairs.append(TrainPair(name, first[0], second[0]))
    return pairs


class PairSet:
    """Decoded pairs of one task; sampled in proportion to the square root of their area.

    Args:
        pairs: The files; all are decoded once and kept.
        task: 0 VIF, 1 MEF, 2 MFF.
        recipe: How crops are cut.
    """

    def __init__(self, pairs: list[TrainPair], task: int, recipe: DataRecipe) -> None:
        self.pairs, self.task, self.recipe = pairs, task, recipe
        self.images = [pair.load() for pair in pairs]
        side = np.sqrt([image.shape[0] * image.shape[1] for image, _ in self.images])
        self.weights = side / side.sum()

    def crop(self, seed: int, step: int, item: int) -> tuple[str, NDArray[np.uint8]]:
        """One augmented crop: its pair's name, and `uint8` `(2, 3, crop, crop)`."""
        rng = np.random.default_rng([seed, self.task, step, item])
        index = int(rng.choice(len(self.pairs), p=self.weights))
        first, second = self.images[index]
        recipe, side = self.recipe, self.recipe.crop
        height, width = first.shape[:2]
        cut_h, cut_w = _cut_size(rng, height, width, recipe, self.task)
        y, x = int(rng.integers(height - cut_h + 1)), int(rng.integers(width - cut_w + 1))
        mode = cv2.INTER_AREA if cut_h * cut_w > side * side else cv2.INTER_CUBIC
        turns, mirrored = (int(rng.integers(4)) if recipe.rotate else 0), rng.random() < 0.5
        crops = []
        for image in (first, second):
            crop = image[y : y + cut_h, x : x + cut_w]
            if crop.shape[:2] != (side, side):
                crop = cv2.resize(np.ascontiguousarray(crop), (side, side), interpolation=mode)
            crop = np.rot90(crop, turns)
            crops.append(crop[:, ::-1] if mirrored else crop)
        if self.pairs[index].defocus:
            crops = defocus(rng, np.ascontiguousarray(crops[0]))
        elif self.task == 2 and recipe.swap_mff and rng.random() < 0.5:
            crops.reverse()
        return self.pairs[index].name, np.ascontiguousarray(np.stack(crops).transpose(0, 3, 1, 2))


def defocus(rng: np.random.Generator, sharp: Image) -> list[Image]:
    """Far and near focus of a sharp crop: it is blurred behind a random smooth outline, and before it."""
    height, width = sharp.shape[:2]
    relief = rng.normal(size=(int(rng.integers(2, 6)), int(rng.integers(2, 6)))).astype(np.float32)
    relief = cv2.resize(relief, (width, height), interpolation=cv2.INTER_CUBIC)
    mask = (relief > np.quantile(relief, rng.uniform(0.2, 0.8))).astype(np.float32)
    mask = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(0.7, 2)))[..., None]
    blurred = cv2.GaussianBlur(sharp, (0, 0), float(rng.uniform(0.8, 4)))
    images = (mask * sharp + (1 - mask) * blurred, mask * blurred + (1 - mask) * sharp)
    return [np.rint(image).astype(np.uint8) for image in images]


def _cut_size(
    rng: np.random.Generator, height: int, width: int, recipe: DataRecipe, task: int
) -> tuple[int, int]:
    """Height and width of the cut-out in the source image."""
    if recipe.zoom:
        side = round(recipe.crop * float(rng.uniform(recipe.zoom[0], recipe.zoom[-1])))
        side = min(side, height, width)
        return side, side
    for _ in range(10):
        area = height * width * rng.uniform(*recipe.scale(task))
        ratio = np.exp(rng.uniform(np.log(3 / 4), np.log(4 / 3)))
        cut_h, cut_w = round(float(np.sqrt(area / ratio))), round(float(np.sqrt(area * ratio)))
        if 0 < cut_h <= height and 0 < cut_w <= width:
            return cut_h, cut_w
    return min(height, width), min(height, width)


@dataclass(frozen=True)
class Batch:
    """Crops of one update.

    Attributes:
        task: 0 VIF, 1 MEF, 2 MFF.
        names: Pair of each crop.
        images: `uint8` `(2, B, 3, crop, crop)`: first sources, second sources.
        turn: How often the task was updated before in this round.
    """

    task: int
    names: tuple[str, ...]
    images: NDArray[np.uint8]
    turn: int = 0


class BatchSource:
    """Batches of all tasks in turn, prepared ahead by threads (OpenCV and NumPy release the interpreter).

    Args:
        sets: One set for each task.
        items: Positions of the global batch that this process takes.
        recipe: Updates in a round, size of the global batch, threads.
    """

    def __init__(self, sets: list[PairSet], items: range, recipe: TrainRecipe) -> None:
        self.sets, self.items, self.recipe = sets, items, recipe
        workers = recipe.data.workers
        self.pool = ThreadPoolExecutor(max(workers, 1))
        self.ahead = 2 * max(workers, 1)

    def close(self) -> None:
        """End the threads; batches that nobody waits for any more are dropped."""
        self.pool.shutdown(cancel_futures=True)

    def batch(self, step: int, task: int, turn: int = 0) -> Batch:
        """The batch of one update."""
        first, seed = turn * self.recipe.batch, self.recipe.seed
        names, crops = zip(*(self.sets[task].crop(seed, step, first + i) for i in self.items), strict=True)
        return Batch(task, names, np.stack(crops, axis=1), turn)

    def rounds(self, start: int, stop: int) -> Iterator[tuple[int, Batch]]:
        """Batches of rounds `start` to `stop`, the tasks in their order within each."""
        order = [(step, *turn) for step in range(start, stop) for turn in self.recipe.turns]
        waiting: list[tuple[int, Future[Batch]]] = []
        for step, task, turn in order:
            waiting.append((step, self.pool.submit(self.batch, step, task, turn)))
            if len(waiting) > self.ahead:
                done, future = waiting.pop(0)
                yield done, future.result()
        for done, future in waiting:
            yield done, future.result()


def open_sets(root: Path, recipe: DataRecipe) -> tuple[list[PairSet], list[list[TrainPair]]]:
    """Training sets of the three tasks, and the pairs held out for validation."""
    training, held = [], []
    for task in range(len(TASKS)):
        pairs = [pair for source in recipe.sources(task) for pair in find_pairs(root, source, task)]
        every = recipe.holdout
        held.append([p for i, p in enumerate(pairs) if every and i % every == every - 1])
        training.append(PairSet([p for p in pairs if p not in held[-1]], task, recipe))
    return training, held
