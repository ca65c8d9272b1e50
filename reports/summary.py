"""A finished run as frames, and its summary: one entry for each fuser and metric."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tcmoa_bench.registry import unknown
from tcmoa_bench.store import RunStore
from tcmoa_bench.tasks import OF_SOURCES, exchanged
from tcmoa_bench.types import BenchError

#: Stands in every title over numbers of the pictures that the package draws itself.
SAMPLE = "[EMBEDDED SAMPLE]"


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

    def planned(self) -> Mapping[str, int]:
        """Cells that the run is to have, by fuser; runs of a first version that were ended early had every pair in mind."""
        tried = self.cells["fuser"].value_counts()
        known = self.meta.get("planned")
        if known is None and not self.meta.get("finished") and self.meta.get("started"):
            known = dict.fromkeys(self.fusers["fuser"], len(self.pairs))
        return {
            fuser: max(int((known or {}).get(fuser, 0)), int(tried.get(fuser, 0)))
            for fuser in self.fusers["fuser"]
        }

    @property
    def missing(self) -> int:
        """Cells that were never tried: the run is still at work, or was ended before its last cell."""
        return sum(self.planned().values()) - len(self.cells)

    def compared_pairs(self) -> pd.DataFrame:
        """Pairs to compare fusers on: all; of an unfinished run those that every fuser with cells to come was tried on.

        All as well where there is no such pair.
        """
        if not self.missing:
            return self.pairs
        tried = self.cells.groupby(["dataset", "pair"]).size()
        counts = [tried.get(key, 0) for key in zip(self.pairs["dataset"], self.pairs["pair"], strict=True)]
        whole = self.pairs[np.array(counts, int) == max(counts, default=0)]
        return whole if len(self.fusers) == max(counts, default=0) else self.pairs

    def caption(self, title: str = "") -> str:
        """What a table is called: a title, or the suite's; it always says so where only the embedded sample was scored."""
        own = self.meta.get("suite", {}).get("title") or self.suite
        text = str(title or (f"Drawn pictures, suite {self.suite}" if self.is_sample else own))
        return f"{text} {SAMPLE}" if self.is_sample and SAMPLE not in text else text

    def failures(self) -> pd.DataFrame:
        """Failed cells."""
        return self.cells[self.cells["status"] == "failed"]


#: A run, or what is made of one.
R = TypeVar("R", bound=Run)


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


def select(run: R, fusers: Sequence[str] | None = None, metrics: Sequence[str] | None = None) -> R:
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
    """Sentences on fused images and sources that look wrong, with what that usually comes from.

    Images of trials were damaged on purpose and are not looked at.
    """
    from tcmoa_bench.damages import Trial

    on_trial = [label for label in run.fusers["fuser"] if Trial.parse(str(label)) is not None]
    done = run.cells[(run.cells["status"] == "done") & ~run.cells["fuser"].isin(on_trial)]
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
    plural = {"is": "are", "was": "were", "equals": "equal", "holds": "hold", "shows": "show"}
    if verb == "nearly":
        return remark.replace("equals", "equal")
    return f"{plural.get(verb, verb)} {rest.replace('its', 'their')}"


#: What the definitions behind a name allow, where a toolbox's code can leave it: flat windows divide rounding noise by
#: rounding noise there. A mean of similarities weighted by shares cannot leave -1..1 (Cvejic et al. 2005; Yang et al.
#: 2008). A value inside may still owe a part to such windows; one outside owes nearly all.
MEANINGFUL: Mapping[str, tuple[float, float]] = {"Qc": (-1.0, 1.0), "Qy": (-1.0, 1.0)}

#: Share of the pairs that a fuser must have to be ranked.
ENOUGH = 0.5

#: How the engine words the null of an infinite score that is no failure.
_PERFECT = "infinite: the fused image equals both sources"


@dataclass(frozen=True)
class Entry:
    """One fuser's scores by one metric.

    Attributes:
        values: Values in the order of the pairs; NaN where there is none, infinite where the fused image equals both
            sources and the definition has no finite value for that.
        mean: Mean over the pairs that have a finite value, None if none has.
        n: Number of those pairs.
        of: Number of pairs of the table.
        perfect: Number of infinite values.
        unsound: Number of values outside what the definition allows (`MEANINGFUL`).
        common_mean: Mean over the finite pairs that every ranked fuser has; ranks are made from it. None where there
            is no such pair or the fuser is not ranked.
        rank: 1 is best by the metric's direction; equal means share the average of their ranks; None without a rank.
    """

    values: NDArray[np.float64] = field(repr=False)
    mean: float | None
    n: int
    of: int
    perfect: int = 0
    unsound: int = 0
    common_mean: float | None = None
    rank: float | None = None

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
        pairs: Number of pairs (or datasets, see `unit`).
        common: Number of pairs on which ranks stand, by qualified metric.
        entries: By (fuser, qualified metric).
        left_out: Why a fuser has no rank, by qualified metric and fuser.
        unit: What the values are of: `pair`, or `dataset` for means of datasets.
        tasks: Tasks of the pairs.
    """

    title: str
    fusers: list[str]
    metrics: pd.DataFrame
    pairs: int
    common: Mapping[str, int]
    entries: Mapping[tuple[str, str], Entry]
    left_out: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    unit: str = "pair"
    tasks: tuple[str, ...] = ()

    @cached_property
    def qualified(self) -> list[str]:
        """Columns, in order."""
        return list(self.metrics["qualified"])

    def only(self, qualified: Sequence[str]) -> Summary:
        """The same with some of its metrics."""
        return replace(self, metrics=self.metrics[self.metrics["qualified"].isin(list(qualified))])

    def ranked(self, qualified: str) -> list[str]:
        """Fusers that one metric ranks."""
        return [fuser for fuser in self.fusers if fuser not in self.left_out.get(qualified, {})]

    def matrix(self, qualified: str, fusers: Sequence[str] | None = None) -> NDArray[np.float64]:
        """Values of one metric, pairs x fusers (all, or those given); NaN where there is none, see `Entry.values`."""
        columns = [self.entries[f, qualified].values for f in (self.fusers if fusers is None else fusers)]
        return np.column_stack(columns) if columns else np.empty((self.pairs, 0))

    def directions(self) -> dict[str, bool]:
        """Whether higher is better, by qualified metric."""
        return {row.qualified: bool(row.higher_is_better) for row in self.metrics.itertuples()}


def summarise(run: Run, pairs: pd.DataFrame | None = None, title: str | None = None) -> Summary:
    """Means, counts and ranks of a run.

    Best, second and ranks compare means over the pairs that all ranked fusers have, so that a method does not win by
    failing on the hard ones. A fuser is not ranked by a metric if it lacks more than half of the pairs that some fuser
    has (it would take the others' pairs), or if a value of it is outside what the definition allows (`MEANINGFUL`).

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
    perfect = run.scores["value"].isna() & (run.scores["reason"] == _PERFECT)
    wide = (
        run.scores.assign(value=run.scores["value"].mask(perfect, math.inf))
        .pivot(index=["dataset", "pair"], columns=["fuser", "qualified"], values="value")
        .reindex(keys)
    )
    metrics = run.metrics[run.metrics["qualified"].isin(set(run.scores["qualified"]))]
    values = {
        (fuser, name): wide[fuser, name].to_numpy(float)
        if (fuser, name) in wide
        else np.full(len(keys), np.nan)
        for fuser in fusers
        for name in metrics["qualified"]
    }
    tasks = tuple(chosen["task"].unique())
    return replace(rank_columns(run.caption(title or ""), fusers, metrics, len(keys), values), tasks=tasks)


def rank_columns(
    title: str,
    fusers: list[str],
    metrics: pd.DataFrame,
    count: int,
    values: Mapping[tuple[str, str], NDArray[np.float64]],
    unit: str = "pair",
) -> Summary:
    """The summary of values by (fuser, qualified metric), one a pair (or whatever `unit` says); see `summarise`."""
    entries: dict[tuple[str, str], Entry] = {}
    common: dict[str, int] = {}
    left_out: dict[str, Mapping[str, str]] = {}
    for row in metrics.itertuples():
        name = str(row.qualified)
        columns = {fuser: values[fuser, name] for fuser in fusers}
        allowed = MEANINGFUL.get(str(row.metric), (-math.inf, math.inf))
        column, left_out[name], common[name] = _column(columns, bool(row.higher_is_better), allowed)
        entries |= {(fuser, name): entry for fuser, entry in column.items()}
    return Summary(title, fusers, metrics, count, common, entries, left_out, unit)


def _column(
    values: Mapping[str, NDArray[np.float64]], higher_is_better: bool, allowed: tuple[float, float]
) -> tuple[dict[str, Entry], dict[str, str], int]:
    """Entries of one metric, who is not ranked and why, and on how many pairs the ranks rest."""
    finite = {fuser: np.isfinite(v) for fuser, v in values.items()}
    there = {fuser: ~np.isnan(v) for fuser, v in values.items()}
    reach = int(np.logical_or.reduce(list(there.values())).sum()) if there else 0
    entries, left_out = {}, {}
    for fuser, v in values.items():
        unsound = int((finite[fuser] & ((v < allowed[0]) | (v > allowed[1]))).sum())
        n, had = int(finite[fuser].sum()), int(there[fuser].sum())
        entries[fuser] = Entry(v, _mean(v[finite[fuser]]), n, v.size, had - n, unsound)
        if had == 0 or had < ENOUGH * reach:
            left_out[fuser] = f"{had} of {v.size}"
        elif unsound:
            left_out[fuser] = f"{unsound} of {n} outside {allowed[0]:g} to {allowed[1]:g}"
    ranked = [fuser for fuser in values if fuser not in left_out]
    shared = np.logical_and.reduce([finite[fuser] for fuser in ranked]) if ranked else np.zeros(0, bool)
    means = {fuser: _mean(values[fuser][shared]) for fuser in ranked}
    ranks = rank_values(means, higher_is_better)
    entries |= {f: replace(entries[f], common_mean=means[f], rank=ranks[f]) for f in ranked}
    return entries, left_out, int(shared.sum())


def over_datasets(run: Run) -> Summary | None:
    """The macro mean: each dataset's mean counts once, whatever its number of pairs; None for a single dataset.

    A fuser that is not ranked in a dataset (see `summarise`) has no value there.
    """
    parts = [summarise(run, pairs) for _, pairs in run.pairs.groupby("dataset", sort=False)]
    if len(parts) < 2:
        return None
    whole = summarise(run)
    nothing = Entry(np.empty(0), None, 0, 0)
    means = {
        key: np.array(
            [
                np.nan if key[0] in part.left_out.get(key[1], {}) or (mean := part.entries.get(key, nothing).mean) is None
                else mean
                for part in parts
            ]
        )
        for key in whole.entries
    }  # fmt: skip
    title = f"{whole.title}, macro mean over {len(parts)} datasets"
    return rank_columns(title, whole.fusers, whole.metrics, len(parts), means, "dataset")


def midranks(costs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ranks from 1 (least) in each row; values equal to 12 digits share the average of their ranks.

    Args:
        costs: Rows x items, no NaN; infinite values are equal to each other.

    Returns:
        Ranks of the same shape.
    """
    order = np.argsort(costs, axis=1, kind="stable")
    ordered = np.take_along_axis(costs, order, axis=1)
    with np.errstate(invalid="ignore"):
        steps = np.abs(np.diff(ordered, axis=1))
        near = np.isfinite(steps) & (steps <= 1e-12 * np.abs(ordered[:, 1:]))
    apart = ~(near | (ordered[:, 1:] == ordered[:, :-1]))
    places, edge = np.arange(costs.shape[1]), np.ones((len(costs), min(1, costs.shape[1])), bool)
    first = np.maximum.accumulate(np.where(np.hstack([edge, apart]), places, 0), axis=1)
    last = np.where(np.hstack([apart, edge]), places, costs.shape[1])
    last = np.minimum.accumulate(last[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty(costs.shape)
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=1)
    return ranks


def rank_values(values: Mapping[str, float | None], higher_is_better: bool) -> dict[str, float | None]:
    """Ranks from 1 (best) as `midranks`; None gets none."""
    known = {name: -v if higher_is_better else v for name, v in values.items() if v is not None}
    (ranks,) = midranks(np.array([list(known.values())], float))
    return {**dict.fromkeys(values), **dict(zip(known, map(float, ranks), strict=True))}


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
