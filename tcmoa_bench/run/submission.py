"""Submissions to a leaderboard: somebody's fused images, and what they say of them, scored again here.

Whatever a submission claims, what enters the board are values that were computed here from its images. Claims are
compared with them, each value, and a submission that differs is refused. Only where the receiver asks for a sample do
values enter as they were sent, and then the board says so.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from tcmoa_bench.images import safe_name, show
from tcmoa_bench.metrics import CONVENTIONS
from tcmoa_bench.reports.outputs import COLUMNS, read_scores
from tcmoa_bench.run.progress import Progress
from tcmoa_bench.run.request import Request
from tcmoa_bench.run.runner import Outcome, run
from tcmoa_bench.run.suite import Suite
from tcmoa_bench.run.verify import same
from tcmoa_bench.store import RunStore, pixels_digest
from tcmoa_bench.types import BenchError, FuserOptions

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
        return list(dict.fromkeys(_qualified(row) for row in self.scores.itertuples()))


@dataclass
class Verdict:
    """What became of a submission.

    Attributes:
        label: The row's name.
        folder: Its run folder if it was accepted.
        pairs: Pairs whose images were scored here.
        values: Claimed values that were compared with values computed here.
        claimed: Claimed values, all of them; 0 for images without claims.
        outcome: How scoring ended.
        problems: A sentence for everything that differs; the submission is refused if there is one.
    """

    label: str
    folder: Path | None = None
    pairs: int = 0
    values: int = 0
    claimed: int = 0
    outcome: Outcome | None = None
    problems: list[str] = field(default_factory=list)


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


def add(
    submission: Path,
    suite: Suite,
    runs: Path,
    data: Path | None = None,
    label: str | None = None,
    metrics: Sequence[str] | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
    options: FuserOptions | None = None,
) -> Verdict:
    """Score a submission and, unless it differs from what it claims, put it among the runs.

    Args:
        submission: Folder of fused images, or of `scores.csv`, `manifest.json` and images (in `fused/LABEL`, as a run
            folder has them, or in the folder itself).
        suite: The suite whose pairs were fused.
        runs: Folder of the board's runs; the submission gets one of its own there, `SUITE-LABEL`.
        data: Folder of datasets.
        label: The row's name; default the folder's, or that of the only fuser in `scores.csv`.
        metrics: Metrics in place of the suite's; those that the submission claims are added.
        jobs: Worker processes.
        progress: Where progress goes.
        options: Options of the run.

    Raises:
        BenchError: The submission cannot be read, or nothing of it fits the suite.
    """
    if not submission.is_dir():
        raise BenchError(f"no folder {show(submission)}; a submission is a folder of fused images")
    claim = read_claim(submission, label)
    name = claim.label if claim else (label or submission.resolve().name)
    verdict = Verdict(name, claimed=len(claim.scores) if claim else 0)
    verdict.problems += unsound(claim) if claim else []
    if verdict.problems:
        return verdict
    wanted = list(dict.fromkeys([*(metrics or suite.metrics), *(claim.metrics if claim else ())]))
    at_work = runs / f".checking-{safe_name(f'{suite.name}-{name}')}"
    request = Request(
        suite, at_work, data, fusers=(), metrics=tuple(wanted), fused=((name, _images(submission, name)),),
        options=options or FuserOptions(),
    )  # fmt: skip
    verdict.outcome = run(request, jobs, progress=progress, report=False)
    with RunStore.open(at_work) as store:
        cells = store.cells()
        verdict.pairs = int((cells["status"] == "done").sum())
        if claim is not None:
            verdict.problems, verdict.values = compare(claim, suite, store)
    if not verdict.pairs and not verdict.problems:
        verdict.problems.append(f"no image of {show(submission)} fits a pair of suite {suite.name}")
    if not verdict.problems:
        with RunStore.create(at_work) as store:
            store.set_meta(submission={name: _how(verdict)})
        verdict.folder = _free(runs, f"{suite.name}-{name}")
        at_work.rename(verdict.folder)
    return verdict


def _images(submission: Path, label: str) -> Path:
    """The folder of a submission's images."""
    own = submission / "fused" / safe_name(label)
    return own if own.is_dir() else submission


def _free(runs: Path, name: str) -> Path:
    """A folder that is not there yet: a later submission of one name is a later run of it."""
    first = runs / safe_name(name)
    numbered = (runs / f"{first.name}-{number}" for number in range(2, 10_000))
    return first if not first.exists() else next(folder for folder in numbered if not folder.exists())


def _how(verdict: Verdict) -> str:
    if verdict.claimed:
        return f"images scored here; all {verdict.values} values that came with them are the same"
    return "images scored here"


def unsound(claim: Claim) -> list[str]:
    """What is wrong with a claim by itself: a name twice, a metric that is not one of this package's conventions."""
    problems = []
    keys = [(row.dataset, row.pair, _qualified(row)) for row in claim.scores.itertuples()]
    for dataset, pair, name in (
        dict.fromkeys(key for key in keys if keys.count(key) > 1) if len(set(keys)) < len(keys) else ()
    ):
        problems.append(f"{dataset}/{pair}: {name} stands there twice")
    for row in claim.scores.drop_duplicates(["metric", "convention"]).itertuples():
        if row.convention not in CONVENTIONS or row.metric not in CONVENTIONS[row.convention]:
            problems.append(f"{_qualified(row)} is no metric of this package")
    return problems


def compare(claim: Claim, suite: Suite, store: RunStore) -> tuple[list[str], int]:
    """Every claimed fact against what was found here.

    Args:
        claim: What was sent.
        suite: The suite.
        store: The run of the sent images.

    Returns:
        A sentence for everything that differs, and the number of values that were compared.
    """
    problems = _of_manifest(claim, suite, store)
    signatures = {row.qualified: row.signature for row in store.metrics().itertuples()}
    tasks = {(row.dataset, row.pair): row.task for row in store.pairs().itertuples()}
    ours = {(r.dataset, r.pair, r.qualified): r.value for r in store.scores().itertuples()}
    theirs = {(r.dataset, r.pair, _qualified(r)): r for r in claim.scores.itertuples()}
    for (dataset, pair, name), row in theirs.items():
        place = f"{dataset}/{pair}: {name}"
        if (dataset, pair) not in tasks:
            problems.append(f"{dataset}/{pair} is no pair of suite {suite.name} here")
        elif (dataset, pair, name) not in ours:
            problems.append(f"{place} is claimed, and there is no image to compute it from")
        elif row.signature != signatures[name]:
            problems.append(f"{place} was computed as {row.signature}, here it is {signatures[name]}")
        elif (row.suite, row.task) != (suite.name, tasks[dataset, pair]):
            problems.append(f"{place} is of suite {row.suite}, task {row.task}")
        else:
            now, sent = _known(ours[dataset, pair, name]), _known(row.value)
            if not same(now, sent):
                problems.append(f"{place} is {now!r} here and was sent as {sent!r}")
    named = set(claim.metrics)
    left_out = [key for key in ours if key not in theirs and key[2] in named]
    problems += [
        f"{dataset}/{pair}: {name} is left out, though the image is there" for dataset, pair, name in left_out
    ]
    return problems, len(theirs)


def _of_manifest(claim: Claim, suite: Suite, store: RunStore) -> list[str]:
    """The manifest's facts that can be checked: suite, signatures, source files, pixels."""
    manifest, problems = claim.manifest, []
    stated = manifest.get("suite")
    stated = (stated.get("name"), stated.get("version")) if isinstance(stated, dict) else (None, None)
    if stated != (suite.name, suite.version):
        problems.append(
            f"{MANIFEST} is of suite {stated[0]} (version {stated[1]}), not {suite.name} ({suite.version})"
        )
    signatures = _mapping(manifest, "signatures")
    for name in claim.metrics:
        own = set(claim.scores.loc[[_qualified(r) == name for r in claim.scores.itertuples()], "signature"])
        if own != {signatures.get(name)}:
            problems.append(f"{name}: {SCORES} and {MANIFEST} have different signatures")
    sources = _mapping(manifest, "pairs")
    claimed = {f"{row.dataset}/{row.pair}" for row in claim.scores.itertuples()}
    here = {f"{row.dataset}/{row.pair}": [row.hash_a, row.hash_b] for row in store.pairs().itertuples()}
    for place in sorted(claimed | sources.keys()):
        if place not in sources:
            problems.append(f"{place} has values, and {MANIFEST} does not list it")
        elif place in here and sources[place] != here[place]:
            problems.append(f"{place}: {MANIFEST} states other source files than those here")
        elif place not in here:
            problems.append(f"{place} is in {MANIFEST}, and no pair of suite {suite.name} here")
    cells = store.cells()
    found = pixels_digest(
        (r.dataset, r.pair, r.fused_hash) for r in cells.itertuples() if r.fuser == claim.label
    )
    if _mapping(manifest, "pixels").get(claim.label) != found:
        problems.append(f"{MANIFEST} states other fused pixels than those of the images sent")
    return problems


def _mapping(manifest: Mapping[str, Any], key: str) -> dict[str, Any]:
    value = manifest.get(key)
    return value if isinstance(value, dict) else {}


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _qualified(row: Any) -> str:
    return f"{row.metric}@{row.convention}"
