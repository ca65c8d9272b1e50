"""Many runs as one: each fuser's row on a dataset comes from one run, and other runs add values of the same pixels only."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import pandas as pd

from tcmoa_bench.images import show
from tcmoa_bench.reports.summary import Run, load_run
from tcmoa_bench.reports.trust.trials import undamaged
from tcmoa_bench.store import FILE
from tcmoa_bench.types import BenchError

#: (dataset, fuser).
RowKey: TypeAlias = tuple[str, str]

#: What stands behind the convention of a metric whose signature a later run changed.
EARLIER = "earlier version"


@dataclass(frozen=True)
class Board:
    """What the runs come to.

    Attributes:
        runs: The runs, oldest first. A dataset whose files are others than in an earlier run has a name of its own in
            them (`vifb [other files 2]`); a metric whose signature a later run changed is called
            `EN@vifb [earlier 1]`, of the convention `vifb, earlier version`.
        whole: All rows as one run.
        rows: The run that each row comes from, by dataset and fuser.
        remarks: Sentences on what does not stand together, and why.
    """

    runs: Sequence[Run]
    whole: Run
    rows: Mapping[RowKey, Run]
    remarks: Sequence[str]

    def part(
        self,
        *,
        task: str | None = None,
        dataset: str | None = None,
        conventions: Collection[str] | None = None,
    ) -> Run:
        """The rows on a task or a dataset, by the metrics of some conventions."""
        whole = self.whole
        pairs, metrics = whole.pairs, whole.metrics
        if task is not None:
            pairs = pairs[pairs["task"] == task]
        if dataset is not None:
            pairs = pairs[pairs["dataset"] == dataset]
        keep = set(pairs["dataset"])
        cells = whole.cells[whole.cells["dataset"].isin(keep)]
        scores = whole.scores[whole.scores["dataset"].isin(keep)]
        metrics = metrics[metrics["qualified"].isin(set(scores["qualified"]))]
        if conventions is not None:
            metrics = metrics[metrics["convention"].isin(list(conventions))]
            scores = scores[scores["qualified"].isin(set(metrics["qualified"]))]
        fusers = whole.fusers[whole.fusers["fuser"].isin(set(cells["fuser"]))]
        return replace(whole, pairs=pairs, metrics=metrics, cells=cells, scores=scores, fusers=fusers)


def find_runs(folders: Iterable[Path]) -> tuple[list[Run], list[str]]:
    """The runs in or below folders, oldest first, each once; and a sentence for each that cannot be read.

    Folders whose name begins with a dot are not looked into: a submission is checked in one.

    Raises:
        BenchError: A folder is not there, or no folder holds a run.
    """
    runs: dict[Path, Run] = {}
    unreadable = []
    folders = list(folders)
    for folder in folders:
        if not folder.is_dir():
            raise BenchError(f"no folder {show(folder)}; give folders that hold runs")
        for file in sorted(folder.rglob(FILE)):
            if any(part.startswith(".") for part in file.relative_to(folder).parts):
                continue
            try:
                runs.setdefault(file.parent.resolve(), load_run(file.parent))
            except BenchError as error:
                unreadable.append(f"{show(file.parent.relative_to(folder))}: {error}")
    if not runs:
        raise BenchError(
            f"no runs below {', '.join(map(show, folders))}: no folder there holds a {FILE}"
            + (f" that can be read ({'; '.join(unreadable)})" if unreadable else "")
        )
    return sorted(runs.values(), key=lambda run: str(run.meta.get("started", ""))), unreadable


def gather(runs: Sequence[Run]) -> Board:
    """One board of runs given oldest first.

    A row, one fuser on one dataset, comes from the run that tried most of the dataset's pairs with it, the newest of
    equals: a trial on three pairs does not take the place of the whole, and a newer version takes that of an older.
    Metrics that the run lacks are filled from other runs, where source files and fused pixels are the same: a value is
    decided by these and the metric's signature.
    """
    remarks: list[str] = []
    named = _versions_apart(_editions([undamaged(run) for run in runs], remarks), remarks)
    tried = {
        (key, number): len(cells)
        for number, run in enumerate(named)
        for key, cells in run.cells.groupby(["dataset", "fuser"], sort=False)
    }
    chosen: dict[RowKey, int] = {}
    for (key, number), count in tried.items():
        if key not in chosen or count >= tried[key, chosen[key]]:
            chosen[key] = number
    whole = _whole(named, chosen)
    return Board(named, whole, {key: named[number] for key, number in chosen.items()}, remarks)


def _editions(runs: Sequence[Run], remarks: list[str]) -> list[Run]:
    """The runs with a dataset of other files, ground truths or task than before under a name of its own."""
    known: dict[str, list[dict[tuple[str, str], str]]] = {}
    renamed = []
    for run in runs:
        names = {}
        references = run.meta.get("references", {})
        for dataset, pairs in run.pairs.groupby("dataset", sort=False):
            facts: dict[tuple[str, str], str] = {}
            for row in pairs.itertuples():
                pair = str(row.pair)
                facts["", "task"] = str(row.task)
                place = f"{dataset}/{pair}"
                for what, digest in (
                    ("reference", references.get(place)), 
                    *zip(("a", "b", *map(str, range(3, 1 + len(row.hashes)))), row.hashes, strict=True),
                    ("labels", references.get(f"{place}#labels")),
                ):  # fmt: skip
                    if digest:
                        facts[pair, what] = digest
            editions = known.setdefault(str(dataset), [])
            number = next(
                (i for i, own in enumerate(editions) if all(own.get(k, v) == v for k, v in facts.items())),
                len(editions),
            )
            if number == len(editions):
                editions.append({})
                if number:
                    remarks.append(
                        f"{run.folder.name}: files of {dataset} are not those of earlier runs; its rows stand apart, as "
                        f"{_edition(str(dataset), number)}"
                    )
            editions[number].update(facts)
            names[dataset] = _edition(str(dataset), number)
        frames = {
            name: frame.assign(dataset=frame["dataset"].map(names))
            for name in ("pairs", "cells", "scores")
            if len(frame := getattr(run, name))
        }
        renamed.append(replace(run, **frames))
    return renamed


def _edition(dataset: str, number: int) -> str:
    return f"{dataset} [other files {number + 1}]" if number else dataset


def _versions_apart(runs: Sequence[Run], remarks: list[str]) -> list[Run]:
    """The runs with values of a signature that a later run changed under names of their own."""
    newest = {row.qualified: row.signature for run in runs for row in run.metrics.itertuples()}
    names: dict[tuple[str, str], str] = {}
    apart = []
    for run in runs:
        # A store can hold values of an earlier signature beside those of its own.
        own = dict.fromkeys(zip(run.scores["qualified"], run.scores["signature"], strict=True))
        for qualified, signature in own:
            if (qualified, signature) not in names and signature != newest[qualified]:
                number = 1 + sum(q == qualified for q, _ in names)
                names[qualified, signature] = f"{qualified} [earlier {number}]"
                remarks.append(
                    f"{qualified} of earlier runs has another signature ({signature}): its values stand in a column of "
                    f"their own, {names[qualified, signature]}"
                )
        rows = []
        for row in run.metrics.to_dict("records"):
            for qualified, signature in own:
                if qualified == row["qualified"]:
                    name = names.get((qualified, signature), qualified)
                    old = {} if name == qualified else {"convention": f"{row['convention']}, {EARLIER}"}
                    rows.append({**row, "qualified": name, "signature": signature, **old})
        renamed = [
            names.get(key, key[0])
            for key in zip(run.scores["qualified"], run.scores["signature"], strict=True)
        ]
        metrics = pd.DataFrame(rows, columns=run.metrics.columns)
        apart.append(replace(run, metrics=metrics, scores=run.scores.assign(qualified=renamed)))
    return apart


def _whole(runs: Sequence[Run], chosen: Mapping[RowKey, int]) -> Run:
    """The chosen rows as one run."""
    cells, scores, records = [], [], {}
    for number, run in enumerate(runs):
        own = [key for key, at in chosen.items() if at == number]
        cells.append(run.cells[pd.MultiIndex.from_frame(run.cells[["dataset", "fuser"]]).isin(own)])
        known = dict(zip(run.fusers["fuser"], run.fusers["record"], strict=True))
        records.update({fuser: known[fuser] for _, fuser in own})
    kept = pd.concat(cells, ignore_index=True)
    done = kept[kept["status"] == "done"]
    pixels = {(r.dataset, r.pair, r.fuser): r.fused_hash for r in done.itertuples()}
    # Newest first, the row's own run before all: of two values of one cell the first stays.
    for number in reversed(range(len(runs))):
        run = runs[number]
        same = {
            key
            for r in run.cells.itertuples()
            if (key := (r.dataset, r.pair, r.fuser)) in pixels
            and (chosen[r.dataset, r.fuser] == number or (r.fused_hash and pixels[key] == r.fused_hash))
        }
        index = pd.MultiIndex.from_frame(run.scores[["dataset", "pair", "fuser"]])
        of_row = [
            chosen.get((d, f)) == number
            for d, f in zip(run.scores["dataset"], run.scores["fuser"], strict=True)
        ]
        scores.append(run.scores.assign(_later=[not own for own in of_row])[index.isin(same)])
    values = pd.concat(scores, ignore_index=True).sort_values("_later", kind="stable")
    values = values.drop_duplicates(["dataset", "pair", "fuser", "qualified"]).drop(columns="_later")
    metrics = pd.concat([run.metrics for run in reversed(runs)]).drop_duplicates("qualified")
    return Run(
        runs[-1].folder,
        {"sample": all(run.is_sample for run in runs), "meanings": _meanings(runs)},
        pd.concat([run.pairs for run in runs]).drop_duplicates(["dataset", "pair"]).reset_index(drop=True),
        pd.DataFrame({"fuser": list(records), "record": list(records.values())}),
        metrics.sort_values("convention", kind="stable").reset_index(drop=True),
        kept,
        values.reset_index(drop=True),
    )


def _meanings(runs: Sequence[Run]) -> dict[str, str]:
    return {name: text for run in runs for name, text in run.meta.get("meanings", {}).items()}
