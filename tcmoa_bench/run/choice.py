"""Which pairs of a dataset a run takes: named ones, all but some, or a seeded sample that is the same everywhere."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tcmoa_bench.images import show
from tcmoa_bench.lists import read_list
from tcmoa_bench.registry import unknown
from tcmoa_bench.types import BenchError, Pair

#: Columns of a published list of pairs (`pairs.csv` of a run folder); the hashes are of the source files' bytes.
COLUMNS = ("dataset", "pair", "sha256_a", "sha256_b")
#: One more, where there are stacks: the hashes of the sources after B, separated by semicolons.
FURTHER = "sha256_further"


@dataclass(frozen=True)
class Choice:
    """What the user asked of the pairs.

    Attributes:
        pairs: Names, or dataset/name; None takes all.
        exclude: Names, or dataset/name, that are left out.
        sample: So many of each dataset, drawn by `seed`; None takes all.
        seed: Of the drawing.
        hashes: SHA-256 of the sources' files that a published list states, by name as in `pairs`.
    """

    pairs: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()
    sample: int | None = None
    seed: int = 0
    hashes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def of(self, pairs: Sequence[Pair]) -> list[Pair]:
        """The chosen ones, in the order given.

        Raises:
            BenchError: A name is of no pair, or nothing is left.
        """
        known = {spelling for pair in pairs for spelling in _spellings(pair)}
        for name in [*(self.pairs or ()), *self.exclude]:
            if name not in known:
                raise unknown("pair", name, [pair.name for pair in pairs])
        taken = [
            pair
            for pair in pairs
            if (self.pairs is None or _spellings(pair) & set(self.pairs))
            and not _spellings(pair) & set(self.exclude)
        ]
        if self.sample is not None:
            kept: set[tuple[str, str]] = set()
            for dataset in dict.fromkeys(pair.dataset for pair in taken):
                own = [pair for pair in taken if pair.dataset == dataset]
                drawn = sorted(own, key=lambda pair: draw(self.seed, pair.dataset, pair.name))
                kept |= {(pair.dataset, pair.name) for pair in drawn[: self.sample]}
            taken = [pair for pair in taken if (pair.dataset, pair.name) in kept]
        if not taken:
            raise BenchError("the choice of pairs leaves none: look at --pairs and --exclude")
        return taken

    def facts(self) -> dict[str, object]:
        """The choice as plain data for the manifest; empty where all pairs are taken."""
        if self == Choice():
            return {}
        return {key: value for key, value in asdict(self).items() if key != "hashes" and value is not None}

    def other_bytes(self, hashes: Mapping[tuple[str, str], tuple[str | None, ...]]) -> list[str]:
        """Pairs whose files are not those that the list states."""
        return [
            f"{dataset}/{name}"
            for (dataset, name), found in hashes.items()
            for stated in [self.hashes.get(f"{dataset}/{name}") or self.hashes.get(name)]
            if stated is not None and stated != found
        ]


def draw(seed: int, dataset: str, pair: str) -> str:
    """The key whose order is the drawing: SHA-256 of `seed/dataset/pair`.

    It needs no generator, so every machine and version draws alike, and a sample of 20 is part of that of 70.
    """
    return hashlib.sha256(f"{seed}/{dataset}/{pair}".encode()).hexdigest()


def read_names(
    items: Sequence[str], base: Path = Path()
) -> tuple[tuple[str, ...], dict[str, tuple[str, ...]]]:
    """Names of pairs, and the hashes stated with them.

    Args:
        items: Names, or files: `.txt` with a name on each line (`#` begins a remark), or `.csv` with a column `pair`
            and, if wanted, the others of `COLUMNS`.
        base: Folder that files are relative to.

    Raises:
        BenchError: A file cannot be read, or names no pair.
    """
    names: list[str] = []
    hashes: dict[str, tuple[str, ...]] = {}
    for item in items:
        suffix = Path(item).suffix.lower()
        if suffix == ".csv":
            for row in read_list(base / item, ("pair",), ",".join(COLUMNS)):
                if row.problem:
                    raise BenchError(row.problem)
                cells = row.cells
                name = f"{cells['dataset']}/{cells['pair']}" if cells.get("dataset") else cells["pair"]
                names.append(name)
                if cells.get("sha256_a") and cells.get("sha256_b"):
                    further = cells.get(FURTHER, "").split(";") if cells.get(FURTHER) else ()
                    hashes[name] = (cells["sha256_a"], cells["sha256_b"], *further)
        elif suffix == ".txt":
            try:
                lines = (base / item).read_text("utf-8-sig").splitlines()
            except (OSError, UnicodeDecodeError) as error:
                raise BenchError(f"cannot read the list of pairs {show(base / item)}: {error}") from None
            names += [line.strip() for line in lines if line.strip() and not line.startswith("#")]
        else:
            names.append(item)
    if items and not names:
        raise BenchError(f"{', '.join(items)} names no pair")
    return tuple(dict.fromkeys(names)), hashes


def _spellings(pair: Pair) -> set[str]:
    return {pair.name, f"{pair.dataset}/{pair.name}"}
