"""Training crops and batches.

Which crop comes when follows from the seed and its number alone, so a resumed or a distributed training sees the same
crops; and the crops of an epoch, as many as a task has pairs, are of each pair once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.tcmoa.train.config import DataRecipe, TrainRecipe
from tcmoa_bench.tcmoa.train.pictures import Pictures, reduction
from tcmoa_bench.tcmoa.train.sources import TrainPair
from tcmoa_bench.types import Image, read_pair


class PairSet:
    """Crops of one task's pairs.

    Args:
        pairs: The files; decoded when a crop is cut.
        task: 0 VIF, 1 MEF, 2 MFF.
        recipe: How crops are cut.
        pictures: Decodes and keeps pictures; None makes one with the recipe's bound.
    """

    def __init__(
        self, pairs: Sequence[TrainPair], task: int, recipe: DataRecipe, pictures: Pictures | None = None
    ) -> None:
        self.pairs, self.task, self.recipe = list(pairs), task, recipe
        self.pictures = pictures or Pictures(recipe.cache_mib * 2**20)
        self._order = lru_cache(maxsize=2)(self._shuffled)

    def _shuffled(self, seed: int, epoch: int) -> NDArray[np.int64]:
        return np.random.default_rng([seed, self.task, epoch, 0]).permutation(len(self.pairs))

    def crop(self, seed: int, number: int) -> tuple[str, NDArray[np.uint8]]:
        """The training's crop `number` of this task: its pair's name, and `uint8` `(2, 3, crop, crop)`.

        Raises:
            PairError: A file cannot be read, or the sources differ in size; the text names them.
        """
        epoch, place = divmod(number, len(self.pairs))
        pair = self.pairs[int(self._order(seed, epoch)[place])]
        rng = np.random.default_rng([seed, self.task, number])
        recipe, side = self.recipe, self.recipe.crop
        height, width = self.pictures.size(pair.first)
        cut_h, cut_w = _cut_size(rng, height, width, recipe, self.task)
        y, x = int(rng.integers(height - cut_h + 1)), int(rng.integers(width - cut_w + 1))
        reduce = reduction((pair.first, pair.second), (cut_h, cut_w), side)
        first, second = read_pair(pair.first, pair.second, lambda path: self.pictures.read(path, reduce))
        turns, mirrored = (int(rng.integers(4)) if recipe.rotate else 0), rng.random() < 0.5
        crops = []
        for image in (first, second):
            crop = _cut(image, (height, width), (y, x, cut_h, cut_w), side)
            crop = np.rot90(crop, turns)
            crops.append(crop[:, ::-1] if mirrored else crop)
        if pair.defocus:
            crops = defocus(rng, np.ascontiguousarray(crops[0]))
        elif self.task == 2 and recipe.swap_mff and rng.random() < 0.5:
            crops.reverse()
        return pair.name, np.ascontiguousarray(np.stack(crops).transpose(0, 3, 1, 2))


def _cut(image: Image, whole: tuple[int, int], box: tuple[int, int, int, int], side: int) -> Image:
    """The part `box` (top, left, height, width in a picture of size `whole`) of its possibly smaller `image`."""
    scales = image.shape[0] / whole[0], image.shape[1] / whole[1]
    top, left = round(box[0] * scales[0]), round(box[1] * scales[1])
    height, width = (max(round(length * scale), 1) for length, scale in zip(box[2:], scales, strict=True))
    part = image[top : top + height, left : left + width]
    if part.shape[:2] == (side, side):
        return part
    mode = cv2.INTER_AREA if height * width > side * side else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(part), (side, side), interpolation=mode)


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
    """Batches of all tasks in turn, prepared ahead by threads (Pillow, OpenCV and NumPy release the interpreter).

    Args:
        sets: One set for each task.
        items: Positions of the global batch that this process takes.
        recipe: Updates in a round, size of the global batch, threads.
    """

    def __init__(self, sets: Sequence[PairSet], items: range, recipe: TrainRecipe) -> None:
        self.sets, self.items, self.recipe = sets, items, recipe
        workers = max(recipe.data.workers, 1)
        self.pool = ThreadPoolExecutor(workers)
        self.ahead = 2 * workers

    def close(self) -> None:
        """End the threads; batches that nobody waits for any more are dropped."""
        self.pool.shutdown(cancel_futures=True)

    def batch(self, step: int, task: int, turn: int = 0) -> Batch:
        """The batch of one update."""
        first = (step * self.recipe.updates[task] + turn) * self.recipe.batch
        crops = [self.sets[task].crop(self.recipe.seed, first + item) for item in self.items]
        return Batch(
            task, tuple(name for name, _ in crops), np.stack([crop for _, crop in crops], axis=1), turn
        )

    def rounds(self, start: int, stop: int) -> Iterator[tuple[int, Batch]]:
        """Batches of rounds `start` to `stop`, the tasks in their order within each."""
        order = ((step, *turn) for step in range(start, stop) for turn in self.recipe.turns)
        waiting: list[tuple[int, Future[Batch]]] = []
        for step, task, turn in order:
            waiting.append((step, self.pool.submit(self.batch, step, task, turn)))
            if len(waiting) > self.ahead:
                done, future = waiting.pop(0)
                yield done, future.result()
        for done, future in waiting:
            yield done, future.result()
