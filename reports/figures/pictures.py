"""Which pictures of a run a figure shows, and their pixels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from tcmoa_bench.images import read_image
from tcmoa_bench.registry import unknown
from tcmoa_bench.reports.summary import Run
from tcmoa_bench.types import ROLES, BenchError, Image, Task

SOURCES = {"a": "view_a", "b": "view_b", "reference": "view_reference"}


@dataclass(frozen=True)
class Shown:
    """One pair with the pictures of a figure, in order: label and pixels."""

    dataset: str
    name: str
    pictures: Sequence[tuple[str, Image]]


def find_pairs(run: Run, names: Sequence[str]) -> pd.DataFrame:
    """Rows of pairs by `name` or `dataset/name`; the first pair where no name is given.

    Raises:
        BenchError: No such pair, or a name that several datasets have.
    """
    if not names:
        return run.pairs.iloc[:1]
    full = run.pairs["dataset"] + "/" + run.pairs["pair"]
    rows = []
    for name in names:
        found = run.pairs.index[(run.pairs["pair"] == name) | (full == name)]
        if len(found) > 1:
            raise BenchError(f"pair {name!r} is in several datasets; say which: {', '.join(full[found])}")
        if not len(found):
            raise unknown("pair", name, list(run.pairs["pair"]))
        rows.append(found[0])
    return run.pairs.loc[rows]


def source(run: Run, pair: pd.Series, role: str) -> tuple[str, Image]:
    """Label and pixels of A, B or the reference (`a`, `b`, `reference`).

    Raises:
        BenchError: The pair has no such picture in the run folder.
    """
    file = pair[SOURCES[role]]
    if not isinstance(file, str):
        raise BenchError(
            f"pair {pair['pair']} has no {role} in the run folder; no cell of it was loaded, or it has none"
        )
    roles = ("source 1", "source 2") if pair["further"] else ROLES[Task(pair["task"])]
    names = dict(zip("ab", roles, strict=True))
    return names.get(role, "reference").capitalize(), _read(run, file)


def sources(run: Run, pair: pd.Series) -> list[tuple[str, Image]]:
    """Label and pixels of every source, in order; errors as of `source`."""
    found = [source(run, pair, "a"), source(run, pair, "b")]
    for number, further in enumerate(pair["further"], 3):
        found.append((f"Source {number}", _read(run, further["view"])))
    return found


def fused(run: Run, pair: pd.Series, fuser: str) -> Image:
    """Pixels of a fused image.

    Raises:
        BenchError: The cell failed or was not run.
    """
    cells = run.cells
    cell = cells[
        (cells["dataset"] == pair["dataset"]) & (cells["pair"] == pair["pair"]) & (cells["fuser"] == fuser)
    ]
    if cell.empty or not isinstance(cell.iloc[0]["fused"], str):
        why = "was not run" if cell.empty else f"failed: {cell.iloc[0]['message']}"
        raise BenchError(f"{fuser} has no fused image of pair {pair['pair']} ({why}); leave one of them out")
    return _read(run, cell.iloc[0]["fused"])


def _read(run: Run, file: str) -> Image:
    try:
        return read_image(run.folder / file)
    except (OSError, ValueError) as error:
        raise BenchError(f"{error}; the run folder is not complete") from None
