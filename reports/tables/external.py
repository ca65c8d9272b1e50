"""Columns that were not computed here: an author's or a detector's numbers beside a run's own."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from tcmoa_bench.images import show
from tcmoa_bench.lists import ListRow, read_list
from tcmoa_bench.registry import unknown
from tcmoa_bench.reports.summary import Entry, Run, Summary, rank_values
from tcmoa_bench.types import BenchError

#: The convention of a column that somebody else computed.
EXTERNAL = "external"

#: How a list spells a direction; whether higher is better.
DIRECTIONS = {"up": True, "higher": True, "↑": True, "down": False, "lower": False, "↓": False}

HEAD = "fuser,metric,direction,value[,dataset,pair]"
_NEEDED = ("fuser", "metric", "direction", "value")


@dataclass(frozen=True)
class Column:
    """One number for each fuser, for all pairs of a run together.

    Attributes:
        metric: Name.
        higher_is_better: Direction.
        signature: Where the numbers come from, in one line.
        values: By fuser.
        images: `images_digest` of each fuser when the numbers were made; empty where it is not known.
    """

    metric: str
    higher_is_better: bool
    signature: str
    values: Mapping[str, float]
    images: Mapping[str, str] = field(default_factory=dict)


def stored_columns(run: Run) -> list[Column]:
    """The columns that are kept with a run (`labels import`), without fusers whose images have changed since."""
    columns = [Column(**facts) for facts in run.meta.get(EXTERNAL, [])]
    now = {
        fuser: images_digest(run, fuser) for fuser in {fuser for column in columns for fuser in column.images}
    }
    return [
        replace(
            column,
            values={f: value for f, value in column.values.items() if column.images.get(f) == now.get(f)},
        )
        for column in columns
    ]


def images_digest(run: Run, fuser: str) -> str:
    """Digest of a fuser's images in a run, by pair."""
    own = run.cells[run.cells["fuser"] == fuser]
    facts = sorted((str(row.dataset), str(row.pair), str(row.fused_hash)) for row in own.itertuples())
    return hashlib.sha256(repr(facts).encode()).hexdigest()


def as_stored(columns: Iterable[Column]) -> list[dict[str, object]]:
    """Columns as a run's store keeps them."""
    return [asdict(column) for column in columns]


def add_columns(summary: Summary, columns: Sequence[Column]) -> Summary:
    """A summary of all pairs with columns behind its own; those that know none of its fusers are left out."""
    for column in columns:
        if column.values.keys() & set(summary.fusers):
            summary = _add(summary, column)
    return summary


def _add(summary: Summary, column: Column) -> Summary:
    values = {fuser: column.values.get(fuser) for fuser in summary.fusers}
    ranks = rank_values(values, column.higher_is_better)
    qualified = f"{column.metric}@{EXTERNAL}"
    while qualified in set(summary.metrics["qualified"]):
        qualified += "'"
    empty = np.full(summary.pairs, np.nan)
    entries = {
        (fuser, qualified): Entry(
            empty,
            value,
            n=0 if value is None else summary.pairs,
            of=summary.pairs,
            common_mean=value,
            rank=ranks[fuser],
        )
        for fuser, value in values.items()
    }
    return replace(
        summary,
        metrics=pd.concat(
            [summary.metrics, _metrics([(qualified, column.metric, column)])], ignore_index=True
        ),
        common={**summary.common, qualified: summary.pairs},
        entries={**summary.entries, **entries},
        left_out={
            **summary.left_out,
            qualified: {fuser: "no number" for fuser, value in values.items() if value is None},
        },
    )


def _metrics(rows: Iterable[tuple[str, str, Column]]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "qualified": qualified,
                "metric": f"{name} [{EXTERNAL}]",
                "convention": EXTERNAL,
                "reference_name": name,
                "signature": column.signature,
                "higher_is_better": column.higher_is_better,
            }
            for qualified, name, column in rows
        ]
    )


def join(run: Run, file: Path) -> tuple[Run, list[Column]]:
    """Join a CSV file of external numbers to a run.

    Args:
        run: The run.
        file: CSV with the columns `fuser,metric,direction,value`, and `dataset,pair` for numbers of single pairs
            (`dataset` may be left out where the run has but one).

    Returns:
        The run with the columns that have a number for each pair, and the columns that have one for each fuser.

    Raises:
        BenchError: The file cannot be read, or names a fuser, pair or direction that is not known, no number, or one
            place twice; the text names the line.
    """
    rows = read_list(file, _NEEDED, HEAD)
    source = f"file:{show(file.name)}|sha256:{hashlib.sha256(file.read_bytes()).hexdigest()[:12]}"
    whole: dict[str, Column] = {}
    single: dict[str, Column] = {}
    seen: set[tuple[str, ...]] = set()
    scores: list[dict[str, object]] = []
    pairs = {(str(row.dataset), str(row.pair)): str(row.task) for row in run.pairs.itertuples()}
    datasets = list(dict.fromkeys(dataset for dataset, _ in pairs))
    for row in rows:
        where = f"{show(file)}, line {row.line}"
        fuser, metric, up, value = _cells(row, where, run)
        per = "pair" if row.cells.get("pair") else "fuser"
        columns, others = (single, whole) if per == "pair" else (whole, single)
        signature = f"{metric}@{EXTERNAL}|{source}|per:{per}"
        column = columns.setdefault(metric, Column(metric, up, signature, {}))
        if column.higher_is_better != up or metric in others:
            raise BenchError(
                f"{where}: {metric!r} has two directions, or numbers of pairs and of fusers; give them two names"
            )
        key: tuple[str, ...] = (metric, fuser)
        if per == "pair":
            dataset = row.cells.get("dataset") or (datasets[0] if len(datasets) == 1 else "")
            place = (dataset, row.cells["pair"])
            if place not in pairs:
                raise unknown(f"{where}: pair", "/".join(place), ["/".join(known) for known in pairs])
            key = (*key, *place)
            scores.append(_score(run, fuser, column, place, pairs[place], value))
        elif value is not None:
            whole[metric] = replace(column, values={**column.values, fuser: value})
        if key in seen:
            raise BenchError(f"{where}: {' of '.join(key)} is given twice; keep one")
        seen.add(key)
    if scores:
        taken = set(run.metrics["qualified"])
        if again := [name for name in single if f"{name}@{EXTERNAL}" in taken]:
            raise BenchError(f"{show(file)}: the column {again[0]!r} is joined already; give it another name")
        added = _metrics((f"{name}@{EXTERNAL}", name, column) for name, column in single.items())
        run = replace(
            run,
            metrics=pd.concat([run.metrics, added], ignore_index=True),
            scores=pd.concat([run.scores, pd.DataFrame(scores)], ignore_index=True),
        )
    return run, list(whole.values())


def _cells(row: ListRow, where: str, run: Run) -> tuple[str, str, bool, float | None]:
    if empty := [name for name in _NEEDED if not row.cells.get(name)]:
        raise BenchError(f"{where}: `{empty[0]}` is empty; a number that is not there is n/a")
    if row.problem:
        raise BenchError(row.problem)
    fuser, metric, direction, text = (row.cells[name].strip() for name in _NEEDED)
    if fuser not in set(run.fusers["fuser"]):
        raise unknown(f"{where}: fuser", fuser, run.fusers["fuser"])
    if direction.lower() not in DIRECTIONS:
        raise BenchError(f"{where}: direction {direction!r} is not known; say up or down")
    if text.lower() == "n/a":
        return fuser, metric, DIRECTIONS[direction.lower()], None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BenchError(f"{where}: {text!r} is no number; say n/a where there is none")
    return fuser, metric, DIRECTIONS[direction.lower()], value


def _score(
    run: Run, fuser: str, column: Column, place: tuple[str, str], task: str, value: float | None
) -> dict[str, object]:
    return {
        "suite": run.suite,
        "task": task,
        "dataset": place[0],
        "pair": place[1],
        "fuser": fuser,
        "metric": column.metric,
        "convention": EXTERNAL,
        "qualified": f"{column.metric}@{EXTERNAL}",
        "value": math.nan if value is None else value,
        "reason": None if value is not None else "n/a in the file",
        "signature": column.signature,
        "higher_is_better": column.higher_is_better,
    }
