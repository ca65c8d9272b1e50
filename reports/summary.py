"""A finished run as frames, and its summary: one entry for each fuser and metric."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tcmoa_bench.registry import unknown
from tcmoa_bench.store import RunStore
from tcmoa_bench.tasks import OF_SOURCES, exchanged
from tcmoa_bench.types import BenchError


@dataclass(frozen=True)
class Run:
    """A run's store, read whole.

    Attributes:
        folder: The run folder.
        meta: Manifest items.
        pairs, fusers, metrics, cells, scores: Frames as `RunStore` documents them.
        origins: Where cells were computed, by number, as `RunStore.origins` documents it.
    """

    folder: Path
    meta: Mapping[str, Any]
    pairs: pd.DataFrame
    fusers: pd.DataFrame
    metrics: pd.DataFrame
    cells: pd.DataFrame
    scores: pd.DataFrame
    origins: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def suite(self) -> str:
        """The suite's name."""
        return str(self.meta.get("suite", {}).get("name", ""))

    @property
    def is_sample(self) -> bool:
        """Whether only the embedded sample was scored."""
        return bool(self.meta.get("sample"))

    def failures(self) -> pd.DataFrame:
        """Failed cells."""
        return self.cells[self.cells["status"] == "failed"]


def load_run(folder: Path | str) -> Run:
    """Read a run folder (or a copied store file); BenchError if there is no run."""
    with RunStore.open(Path(folder)) as store:
        return Run(
            store.folder,
            store.meta,
            store.pairs(),
            store.fusers(),
            store.metrics(),
            store.cells(),
            store.scores(),
            store.origins(),
        )


def select(run: Run, fusers: Sequence[str] | None = None, metrics: Sequence[str] | None = None) -> Run:
    """A run with only some fusers and metrics (qualified or bare names), in the order given."""
    if fusers is not None:
        run = replace(run, **_filtered(run, "fuser", _known("fuser", fusers, run.fusers["fuser"])))
    if metrics is not None:
        spelled = {
            str(row.qualified): (str(row.qualified), str(row.metric)) for row in run.metrics.itertuples()
        }
        chosen = [
            q for name in _known("metric", metrics, {s for both in spelled.values() for s in both})
            for q, both in spelled.items() if name in both
        ]  # fmt: skip
        run = replace(run, **_filtered(run, "qualified", list(dict.fromkeys(chosen))))
    return run


def _known(kind: str, names: Sequence[str], known: Iterable[str]) -> list[str]:
    for name in names:
        if name not in set(known):
            raise unknown(kind, name, known)
    return list(names)


def _filtered(run: Run, column: str, keep: Sequence[str]) -> dict[str, Any]:
    """The frames of a run that have a column, cut down to the rows to keep; axes take the order given."""
    order = {name: position for position, name in enumerate(keep)}
    frames: dict[str, Any] = {}
    for name in ("fusers", "metrics", "cells", "scores"):
        frame = getattr(run, name)
        if column in frame:
            frame = frame[frame[column].isin(order)]
            frames[name] = (
                frame.sort_values(column, key=lambda c: c.map(order))
                if name in ("fusers", "metrics")
                else frame
            )
    return frames


#: What a remark on a fused image usually comes from, by its beginning.
CAUSES: Mapping[str, str] = {
    "constant": "an empty canvas was saved, or every value was clipped",
    "equals source": "a source was saved in place of the result, or one source got all the weight",
    "nearly equals source": "one source got all the weight: a dead branch, or weights that were not loaded",
    "holds the levels 0 to 3": "values from 0 to 1 were saved without multiplying by 255",
    "holds the upper half": "values from 0 to 1 were saved as if they were from -1 to 1",
    "is clipped to black": "values below 0 were cut, or a range was guessed wrongly",
    "is clipped to white": "values above 255 were cut, or a range was guessed wrongly",
    "is mirrored": "a flip of the training's augmentation, or an axis read backwards",
    "is upside down": "rows were read from the bottom, or a flip of the training's augmentation",
    "is turned": "both axes were read backwards",
    "is transposed": "height and width were exchanged between two libraries",
    "shows nothing": "it belongs to another pair, or was resized or moved",
}


def remarks(run: Run) -> list[str]:
    """Sentences on fused images and sources that look wrong, with what that usually comes from."""
    done = run.cells[run.cells["status"] == "done"]
    totals = done["fuser"].value_counts()
    signs = done.assign(remark=done["remark"].str.split("; ")).explode("remark")
    of_sources = signs["remark"].str.startswith(OF_SOURCES)
    sentences = []
    for dataset, own in signs[of_sources].groupby("dataset", sort=False):
        counts = own.drop_duplicates(["pair", "remark"])["remark"].value_counts()
        pairs = int((run.pairs["dataset"] == dataset).sum())
        sentences += [f"{dataset}: {text}" for text in exchanged(counts.to_dict(), pairs)]
    found = signs[~of_sources & (signs["remark"] != "")].groupby(["fuser", "remark"], sort=False).size()
    for (fuser, remark), count in found.items():
        cause = next((text for start, text in CAUSES.items() if str(remark).startswith(start)), "")
        sentences.append(
            f"{fuser}: {count} of {totals[fuser]} fused images {_of_many(str(remark))}{cause and f' ({cause}?)'}"
        )
    return sentences


def _of_many(remark: str) -> str:
    """A remark on one image as one on several: `is clipped` as `are clipped`."""
    if remark == "constant":
        return "are constant"
    verb, _, rest = remark.partition(" ")
    plural = {"is": "are", "equals": "equal", "holds": "hold", "shows": "show"}
    if verb == "nearly":
        return remark.replace("equals", "equal")
    return f"{plural.get(verb, verb)} {rest.replace('its', 'their')}"


@dataclass(frozen=True)
class Entry:
    """One fuser's scores by one metric.

    Attributes:
        values: Finite values in the order of the pairs; NaN where there is none.
        mean: Mean over the pairs that have a value, None if none has.
        n: Number of those pairs.
        of: Number of pairs of the table.
        common_mean: Mean over the pairs that every fuser has; ranks are made from it.
        rank: 1 is best by the metric's direction; equal means share a rank; None without a value.
    """

    values: NDArray[np.float64] = field(repr=False)
    mean: float | None
    n: int
    of: int
    common_mean: float | None
    rank: int | None = None

    @property
    def is_complete(self) -> bool:
        """Whether every pair has a value."""
        return self.n == self.of


@dataclass(frozen=True)
class Summary:
    """A table's content before any layout.

    Attributes:
        title: What it is about.
        fusers: Rows.
        metrics: The run's metric rows (columns qualified, metric, convention, signature, higher_is_better).
        pairs: Number of pairs.
        common: Number of pairs that every fuser has, by qualified metric.
        entries: By (fuser, qualified metric).
    """

    title: str
    fusers: list[str]
    metrics: pd.DataFrame
    pairs: int
    common: Mapping[str, int]
    entries: Mapping[tuple[str, str], Entry]

    @cached_property
    def qualified(self) -> list[str]:
        """Columns, in order."""
        return list(self.metrics["qualified"])

    def matrix(self, qualified: str) -> NDArray[np.float64]:
        """Values of one metric, pairs x fusers; NaN where there is none."""
        return np.column_stack([self.entries[fuser, qualified].values for fuser in self.fusers])

    def directions(self) -> dict[str, bool]:
        """Whether higher is better, by qualified metric."""
        return {row.qualified: bool(row.higher_is_better) for row in self.metrics.itertuples()}


def summarise(run: Run, pairs: pd.DataFrame | None = None, title: str | None = None) -> Summary:
    """Means, counts and ranks of a run.

    Best, second and ranks compare means over the pairs that all fusers have, so that a method does not win by
    failing on the hard ones.

    Args:
        run: The run.
        pairs: Rows of `run.pairs` to use; default all.
        title: Title; default the suite's.

    Returns:
        Entries for every fuser and metric, in the run's order.
    """
    chosen = run.pairs if pairs is None else pairs
    keys = pd.MultiIndex.from_frame(chosen[["dataset", "pair"]])
    tried = set(run.cells.set_index(["dataset", "pair"]).loc[lambda f: f.index.isin(keys), "fuser"])
    fusers = [fuser for fuser in run.fusers["fuser"] if fuser in tried]
    wide = run.scores.pivot(
        index=["dataset", "pair"], columns=["fuser", "qualified"], values="value"
    ).reindex(keys)
    metrics = run.metrics[run.metrics["qualified"].isin(set(run.scores["qualified"]))]
    entries: dict[tuple[str, str], Entry] = {}
    common: dict[str, int] = {}
    for row in metrics.itertuples():
        name = str(row.qualified)
        values = {
            fuser: wide[fuser, name].to_numpy(float) if (fuser, name) in wide else np.full(len(keys), np.nan)
            for fuser in fusers
        }
        column, common[name] = _column(values, bool(row.higher_is_better))
        entries |= {(fuser, name): entry for fuser, entry in column.items()}
    if title is None:
        title = str(run.meta.get("suite", {}).get("title") or run.suite)
        if run.is_sample:
            title += " [EMBEDDED SAMPLE]"
    return Summary(title, fusers, metrics, len(keys), common, entries)


def _column(
    values: Mapping[str, NDArray[np.float64]], higher_is_better: bool
) -> tuple[dict[str, Entry], int]:
    """Entries of one metric, and on how many pairs the ranks rest."""
    finite = {fuser: np.isfinite(v) for fuser, v in values.items()}
    having = [mask for mask in finite.values() if mask.any()]
    shared = np.logical_and.reduce(having) if having else np.zeros(0, bool)
    entries = {
        fuser: Entry(
            v,
            mean=_mean(v[finite[fuser]]),
            n=int(finite[fuser].sum()),
            of=v.size,
            common_mean=_mean(v[shared]) if finite[fuser].any() else None,
        )
        for fuser, v in values.items()
    }
    ranks = rank_values({f: e.common_mean for f, e in entries.items()}, higher_is_better)
    return {f: replace(e, rank=ranks[f]) for f, e in entries.items()}, int(shared.sum())


def rank_values(values: Mapping[str, float | None], higher_is_better: bool) -> dict[str, int | None]:
    """Ranks from 1 (best); values equal to 12 digits share a rank; None gets none."""
    known = [v for v in values.values() if v is not None]

    def beats(first: float, second: float) -> bool:
        better = first > second if higher_is_better else first < second
        return better and not math.isclose(first, second, rel_tol=1e-12, abs_tol=1e-300)

    return {
        name: None if value is None else 1 + sum(beats(other, value) for other in known)
        for name, value in values.items()
    }


def _mean(values: NDArray[np.float64]) -> float | None:
    # fsum: the same bits whatever the order in which pairs were finished.
    return math.fsum(values) / values.size if values.size else None


def groups(run: Run, by: Sequence[str] = ()) -> Iterator[tuple[str, pd.DataFrame]]:
    """Groups of pairs that get a table each.

    Args:
        run: The run.
        by: `dataset`, `task`, `size`, or attributes of the pairs (`time`, `colour`); default: the datasets where
            there are several.

    Yields:
        Label (empty for the whole) and the rows of `run.pairs`; the whole run first.
    """
    yield "", run.pairs
    if not by and run.pairs["dataset"].nunique() > 1:
        by = ("dataset",)
    if not by:
        return
    keys = pd.DataFrame({name: _attribute(run.pairs, name) for name in by}, index=run.pairs.index)
    known = keys.apply(" ".join, axis=1)
    for label in dict.fromkeys(known):
        yield (
            ", ".join(f"{name} {value}" for name, value in zip(by, label.split(" "), strict=False)),
            run.pairs[known == label],
        )


def _attribute(pairs: pd.DataFrame, name: str) -> list[str]:
    direct: dict[str, Callable[[], list[str]]] = {
        "dataset": lambda: list(pairs["dataset"]),
        "task": lambda: list(pairs["task"]),
        "size": lambda: [
            f"{h:.0f}x{w:.0f}" if h == h else "unknown"
            for h, w in zip(pairs["height"], pairs["width"], strict=True)
        ],
    }
    if name in direct:
        return direct[name]()
    known = {key for attributes in pairs["attributes"] for key in attributes}
    if name not in known:
        raise BenchError(
            f"pairs of this run have no attribute {name!r}; there are: {', '.join(sorted(known | set(direct)))}"
        )
    return [str(attributes.get(name, "unknown")) for attributes in pairs["attributes"]]
