"""What a submission says of its images, and whether it is so: each claimed fact against what was found here."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tcmoa_bench.images import show
from tcmoa_bench.metrics import CONVENTIONS
from tcmoa_bench.reports.outputs import COLUMNS, read_scores
from tcmoa_bench.run.plan import Plan
from tcmoa_bench.run.suite import Suite
from tcmoa_bench.run.verify import same
from tcmoa_bench.store import PairKey, RunStore, pixels_digest
from tcmoa_bench.types import BenchError

SCORES, MANIFEST = "scores.csv", "manifest.json"


@dataclass(frozen=True)
class Claim:
    """What a submission says of one fuser.

    Attributes:
        label: The fuser's name there.
        scores: Its rows of `scores.csv`.
        manifest: Its `manifest.json`.
    """

    label: str
    scores: pd.DataFrame
    manifest: Mapping[str, Any]

    @property
    def metrics(self) -> list[str]:
        """Qualified metrics of the rows."""
        return list(dict.fromkeys(qualified(row) for row in self.scores.itertuples()))


@dataclass(frozen=True)
class Here:
    """What a claim is held against.

    Attributes:
        suite: The suite.
        pairs: Task and hashes of both source files by (dataset, pair).
        signatures: Of the metrics by qualified name.
    """

    suite: Suite
    pairs: Mapping[PairKey, tuple[str, list[str | None]]]
    signatures: Mapping[str, str]

    @classmethod
    def of(cls, plan: Plan) -> Here:
        """The facts of a planned run."""
        return cls(
            plan.request.suite,
            {(row.dataset, row.pair): (row.task, list(row.hashes)) for row in plan.pair_rows()},
            {row.qualified: row.signature for row in plan.metric_rows()},
        )


def read_claim(folder: Path, label: str | None) -> Claim | None:
    """What a submission claims; None where it is images alone.

    Args:
        folder: The submission.
        label: The fuser meant, where there are several.

    Raises:
        BenchError: One of the two files alone, one that cannot be read, or no fuser of that name.
    """
    files = [folder / name for name in (SCORES, MANIFEST)]
    there = [file.is_file() for file in files]
    if not any(there):
        return None
    if not all(there):
        raise BenchError(
            f"{show(folder)} holds one of {SCORES} and {MANIFEST} without the other; send both, as `tcmoa-bench run` or "
            "`export` wrote them, or images alone"
        )
    try:
        scores = read_scores(files[0])
        manifest = json.loads(files[1].read_text("utf-8"))
    except (OSError, ValueError, KeyError) as error:
        raise BenchError(
            f"{show(folder)}: {SCORES} or {MANIFEST} cannot be read ({error}); write them anew"
        ) from None
    if list(scores.columns) != COLUMNS or not isinstance(manifest, dict):
        raise BenchError(
            f"{show(files[0])}: the columns {','.join(COLUMNS)} are expected; write it anew with this version"
        )
    names = list(dict.fromkeys(scores["fuser"]))
    if label is None and len(names) != 1:
        raise BenchError(
            f"{show(files[0])} has the fusers {', '.join(names)}; say with --label which is submitted"
        )
    chosen = names[0] if label is None else label
    if chosen not in names:
        raise BenchError(f"{show(files[0])} has no fuser {chosen!r}; there are: {', '.join(names)}")
    return Claim(chosen, scores[scores["fuser"] == chosen].reset_index(drop=True), manifest)


def unsound(claim: Claim) -> list[str]:
    """What is wrong with a claim by itself: a name twice, a metric that is not one of this package's conventions."""
    problems = []
    keys = [(row.dataset, row.pair, qualified(row)) for row in claim.scores.itertuples()]
    for dataset, pair, name in (
        dict.fromkeys(key for key in keys if keys.count(key) > 1) if len(set(keys)) < len(keys) else ()
    ):
        problems.append(f"{dataset}/{pair}: {name} stands there twice")
    for row in claim.scores.drop_duplicates(["metric", "convention"]).itertuples():
        if row.convention not in CONVENTIONS or row.metric not in CONVENTIONS[row.convention]:
            problems.append(f"{qualified(row)} is no metric of this package")
    return problems


def facts(claim: Claim, here: Here) -> list[str]:
    """What a claim says that needs no image: suite, pairs, source files, signatures, all metrics of every pair."""
    suite, manifest, problems = here.suite, claim.manifest, []
    stated = manifest.get("suite")
    stated = (stated.get("name"), stated.get("version")) if isinstance(stated, dict) else (None, None)
    if stated != (suite.name, suite.version):
        problems.append(
            f"{MANIFEST} is of suite {stated[0]} (version {stated[1]}), not {suite.name} ({suite.version})"
        )
    sources = _mapping(manifest, "pairs")
    files = {f"{dataset}/{pair}": hashes for (dataset, pair), (_, hashes) in here.pairs.items()}
    claimed = {f"{row.dataset}/{row.pair}" for row in claim.scores.itertuples()}
    for place in sorted(claimed | sources.keys()):
        if place not in files:
            problems.append(f"{place} is no pair of suite {suite.name} here")
        elif place not in sources:
            problems.append(f"{place} has values, and {MANIFEST} does not list it")
        elif sources[place] != files[place]:
            problems.append(f"{place}: {MANIFEST} states other source files than those here")
    signatures = _mapping(manifest, "signatures")
    for name in claim.metrics:
        if signatures.get(name) != here.signatures[name]:
            problems.append(
                f"{name} is {signatures.get(name)} in {MANIFEST}, here it is {here.signatures[name]}"
            )
    rows = {(row.dataset, row.pair, qualified(row)): row for row in claim.scores.itertuples()}
    for (dataset, pair, name), row in rows.items():
        place = f"{dataset}/{pair}: {name}"
        if row.signature != here.signatures[name]:
            problems.append(f"{place} was computed as {row.signature}, here it is {here.signatures[name]}")
        task = here.pairs.get((dataset, pair), (row.task,))[0]
        if (row.suite, row.task) != (suite.name, task):
            problems.append(f"{place} is of suite {row.suite}, task {row.task}")
    for dataset, pair in dict.fromkeys((d, p) for d, p, _ in rows):
        problems += [
            f"{dataset}/{pair}: {name} is left out"
            for name in claim.metrics
            if (dataset, pair, name) not in rows
        ]
    return problems


def compare(claim: Claim, store: RunStore, whole: bool = True) -> tuple[list[str], int]:
    """Every claimed value, and the pixels, against what was computed here.

    Args:
        claim: What was sent.
        store: The run of the sent images.
        whole: Whether all images were scored; else those of a sample, whose every pair must have come out.

    Returns:
        A sentence for everything that differs, and the number of values that were compared.
    """
    cells = store.cells()
    ours = {(r.dataset, r.pair, r.qualified): r.value for r in store.scores().itertuples()}
    theirs = {(r.dataset, r.pair, qualified(r)): r.value for r in claim.scores.itertuples()}
    problems, compared = [], 0
    tried = {(row.dataset, row.pair) for row in cells.itertuples()}
    for (dataset, pair, name), value in theirs.items():
        place = f"{dataset}/{pair}: {name}"
        if (dataset, pair, name) in ours:
            compared += 1
            now, sent = known(ours[dataset, pair, name]), known(value)
            if not same(now, sent):
                problems.append(f"{place} is {now!r} here and was sent as {sent!r}")
        elif (dataset, pair) in tried:
            problems.append(f"{place} has a value, and there is no image that it could be of")
    if whole:
        named = set(claim.metrics)
        problems += [
            f"{dataset}/{pair}: {name} is left out, though the image is there"
            for dataset, pair, name in ours
            if (dataset, pair, name) not in theirs and name in named
        ]
        found = pixels_digest((r.dataset, r.pair, r.fused_hash) for r in cells.itertuples())
        if _mapping(claim.manifest, "pixels").get(claim.label) != found:
            problems.append(f"{MANIFEST} states other fused pixels than those of the images sent")
    return problems, compared


def _mapping(manifest: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = manifest.get(key)
    return value if isinstance(value, dict) else {}


def known(value: float) -> float | None:
    """A value of a frame; None where it is a null."""
    return None if math.isnan(value) else value


def qualified(row: Any) -> str:
    """The metric of a row of `scores.csv`."""
    return f"{row.metric}@{row.convention}"
