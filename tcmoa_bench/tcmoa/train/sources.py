"""Which pairs are trained on and which are kept for validation, and that no photograph is in both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tcmoa_bench.checkpoints import file_sha256
from tcmoa_bench.images import SUFFIXES
from tcmoa_bench.tcmoa.config import SWAPPED_TASKS
from tcmoa_bench.tcmoa.train.config import TASKS, DataRecipe
from tcmoa_bench.types import BenchError, Image, Pair, Task, Unavailable, read_pair

#: Gives a dataset's pairs by its name. The datasets' adapters are handed in: the model knows none.
PairsOf = Callable[[str], Sequence[Pair]]


@dataclass(frozen=True)
class TrainPair:
    """Files of two registered sources in the network's order.

    Attributes:
        name: For messages.
        first: Visible, over-exposed or far.
        second: Infrared, under-exposed or near.
        defocus: Both are one sharp photograph; each crop is blurred in complementary parts.
        reference: The same scene's ground truth, where the dataset has one.
    """

    name: str
    first: Path
    second: Path
    defocus: bool = False
    reference: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        """Its photographs, the ground truth included."""
        return tuple(path for path in (self.first, self.second, self.reference) if path is not None)

    def load(self) -> tuple[Image, Image]:
        """Both sources whole, `uint8`; PairError where a file cannot be read or the sizes differ."""
        return read_pair(self.first, self.second)


def find_pairs(root: Path, source: str, task: int, pairs_of: PairsOf) -> list[TrainPair]:
    """List the pairs of one source.

    Args:
        root: Data root.
        source: A dataset's name; `first|second`, two folders below the root with equal file names; or
            `defocus:DATASET`, a dataset's sharp photographs.
        task: 0 VIF, 1 MEF, 2 MFF.
        pairs_of: Gives a dataset's pairs.

    Raises:
        Unavailable: The dataset or a folder is not there, or holds no pair.
        BenchError: The dataset is unknown or of another task.
    """
    if source.startswith("defocus:"):
        pairs = _photographs(pairs_of(source.removeprefix("defocus:")))
    elif "|" in source:
        pairs = _from_folders(root, source)
    else:
        pairs = [_in_network_order(pair, source, task) for pair in pairs_of(source)]
    if not pairs:
        raise Unavailable(f"no {TASKS[task]} training pairs in {root / source}: are the folders named right?")
    return pairs


def _from_folders(root: Path, source: str) -> list[TrainPair]:
    first, second = (root / part for part in source.split("|"))
    files = sorted(p for p in first.glob("*") if p.suffix.lower() in SUFFIXES)
    return [TrainPair(p.stem, p, second / p.name) for p in files if (second / p.name).is_file()]


def _in_network_order(pair: Pair, source: str, task: int) -> TrainPair:
    if pair.task != TASKS[task]:
        raise BenchError(f"{source} holds {pair.task} pairs; it cannot train {TASKS[task]}")
    first, second = (pair.b, pair.a) if pair.task in SWAPPED_TASKS else (pair.a, pair.b)
    return TrainPair(f"{pair.dataset}:{pair.name}", first, second, reference=pair.reference)


def _photographs(pairs: Iterable[Pair]) -> list[TrainPair]:
    """What is sharp all over: the ground truths of multi-focus pairs, else both exposures, else the visible picture."""
    sharp: dict[Path, str] = {}
    for pair in pairs:
        if pair.task is Task.MFF:
            paths = [pair.reference] if pair.reference else []
        else:
            paths = [pair.a, pair.b] if pair.task is Task.MEF else [pair.a]
        sharp.update((path, f"{pair.dataset}:{pair.name}") for path in paths)
    return [TrainPair(name, path, path, defocus=True) for path, name in sharp.items()]


@dataclass(frozen=True)
class Split:
    """Pairs of the three tasks.

    Attributes:
        training: Trained on; empty for a task without updates.
        held: Kept for validation, in whole.
        left_out: Training pairs that were dropped because they hold a photograph of a validation pair.
    """

    training: tuple[list[TrainPair], ...]
    held: tuple[list[TrainPair], ...]
    left_out: int


def split_pairs(
    root: Path, recipe: DataRecipe, tasks: Iterable[int], pairs_of: PairsOf, say: Callable[[str], None]
) -> Split:
    """Find the pairs of `tasks`, and keep an evenly spread `recipe.validation` of each for validation.

    No photograph of theirs (by content) stays in any task's training, as itself or defocused.

    Raises:
        Unavailable: A source is not there.
        BenchError: A task has no pair left to train on.
    """
    training: list[list[TrainPair]] = [[] for _ in TASKS]
    held: list[list[TrainPair]] = [[] for _ in TASKS]
    for task in tasks:
        for source in recipe.sources(task):
            pairs = find_pairs(root, source, task, pairs_of)
            say(f"{TASKS[task]}: {len(pairs)} pairs of {source}")
            training[task] += pairs
        real = [pair for pair in training[task] if not pair.defocus]
        count = min(recipe.validation, len(real))
        held[task] = [real[(2 * i + 1) * len(real) // (2 * count)] for i in range(count)]
    kept = disjoint(training, [path for pairs in held for pair in pairs for path in pair.files])
    left_out = sum(map(len, training)) - sum(map(len, kept)) - sum(map(len, held))
    for task in tasks:
        if not kept[task]:
            raise BenchError(
                f"{TASKS[task]}: all {len(training[task])} pairs are kept for validation; "
                f"lower `validation` (now {recipe.validation}) in [data]"
            )
    if any(held):
        say(
            f"validation: {sum(map(len, held))} pairs; {left_out} others left out that show the same photographs"
        )
    return Split(tuple(kept), tuple(held), left_out)


def disjoint(training: Sequence[Sequence[TrainPair]], held: Iterable[Path]) -> list[list[TrainPair]]:
    """Training pairs without those that hold a file with a held file's content.

    Only files of a held file's size are read: others cannot be equal.
    """
    by_size: dict[int, set[str]] = {}
    for path in held:
        by_size.setdefault(path.stat().st_size, set()).add(file_sha256(path))

    def seen(path: Path) -> bool:
        hashes = by_size.get(path.stat().st_size)
        return hashes is not None and file_sha256(path) in hashes

    return [[pair for pair in pairs if not any(map(seen, pair.files))] for pairs in training]
