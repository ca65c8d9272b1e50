"""Submissions to a leaderboard: somebody's fused images, and what they say of them, scored again here.

Whatever a submission claims, what enters the board are values that were computed here from its images. Claims are
compared with them, each value, and a submission that differs is refused. Only where the receiver asks for a sample do
values enter as they were sent, and then the board says so.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from tcmoa_bench.images import safe_name, show
from tcmoa_bench.metrics import CONVENTIONS
from tcmoa_bench.reports.outputs import COLUMNS, read_scores
from tcmoa_bench.run.choice import Choice
from tcmoa_bench.run.manifest import file_hash, fingerprint
from tcmoa_bench.run.plan import Plan
from tcmoa_bench.run.progress import Progress
from tcmoa_bench.run.request import Request
from tcmoa_bench.run.runner import Outcome, finish, plan_run, run
from tcmoa_bench.run.suite import Suite
from tcmoa_bench.run.verify import same
from tcmoa_bench.store import CellResult, PairKey, RunStore, pixels_digest
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
        return list(dict.fromkeys(_qualified(row) for row in self.scores.itertuples()))


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
            {(row.dataset, row.pair): (row.task, [row.hash_a, row.hash_b]) for row in plan.pair_rows()},
            {row.qualified: row.signature for row in plan.metric_rows()},
        )


@dataclass
class Verdict:
    """What became of a submission.

    Attributes:
        label: The row's name.
        folder: Its run folder if it was accepted.
        pairs: Pairs whose images were scored here.
        values: Claimed values that were compared with values computed here.
        chance: Chance that a sample of the pairs finds a single changed value; 1 where every pair was scored.
        claimed: Claimed values, all of them; 0 for images without claims.
        outcome: How scoring ended.
        problems: A sentence for everything that differs; the submission is refused if there is one.
    """

    label: str
    folder: Path | None = None
    pairs: int = 0
    values: int = 0
    chance: float = 1.0
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
    sample: Choice | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
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
        sample: A sample of the claimed pairs to score (`Choice.sample` of each dataset, by `Choice.seed`) in place of
            all; the values of the others are taken as they were sent.
        jobs: Worker processes.
        progress: Where progress goes.

    Raises:
        BenchError: The submission cannot be read, or nothing of it fits the suite.
    """
    if not submission.is_dir():
        raise BenchError(f"no folder {show(submission)}; a submission is a folder of fused images")
    claim = read_claim(submission, label)
    if sample is not None and claim is None:
        raise BenchError(f"a sample needs values to hold it against: {show(submission)} holds no {SCORES}")
    name = claim.label if claim else (label or submission.resolve().name)
    verdict = Verdict(name, claimed=len(claim.scores) if claim else 0)
    verdict.problems += unsound(claim) if claim else []
    if verdict.problems:
        return verdict
    wanted = (
        claim.metrics
        if claim and sample
        else [*(metrics or suite.metrics), *(claim.metrics if claim else ())]
    )
    images = _images(submission, name)
    # Named after the files, so that nothing of an earlier submission stands among the values of this one.
    at_work = runs / f".checking-{safe_name(f'{suite.name}-{name}')}-{_digest(images, sample)}"
    request = Request(
        suite,
        at_work,
        data,
        fusers=(),
        metrics=tuple(dict.fromkeys(wanted)),
        fused=((name, images),),
    )
    plan = plan_run(request)
    if claim is not None:
        verdict.problems += facts(claim, Here.of(plan))
        if verdict.problems:
            return verdict
    chosen = request if claim is None or sample is None else replace(request, choice=_drawn(claim, sample))
    verdict.outcome = run(chosen, jobs, progress=progress, report=False)
    with RunStore.open(at_work) as store:
        cells = store.cells()
        verdict.pairs = int((cells["status"] == "done").sum())
        if claim is not None:
            verdict.problems, verdict.values = compare(claim, store, whole=sample is None)
    if not verdict.pairs and not verdict.problems:
        verdict.problems.append(f"no image of {show(submission)} fits a pair of suite {suite.name}")
    if verdict.problems:
        return verdict
    if claim is not None and sample is not None:
        verdict.chance = _take_as_sent(claim, plan, at_work)
        finish(verdict.outcome, report=False)
    with RunStore.create(at_work) as store:
        store.set_meta(submission={name: _how(verdict, sample)})
    verdict.folder = _free(runs, f"{suite.name}-{name}")
    at_work.rename(verdict.folder)
    return verdict


def _drawn(claim: Claim, sample: Choice) -> Choice:
    """The sample, drawn from the pairs that have values."""
    pairs = dict.fromkeys(f"{row.dataset}/{row.pair}" for row in claim.scores.itertuples())
    return replace(sample, pairs=tuple(pairs))


def _take_as_sent(claim: Claim, plan: Plan, folder: Path) -> float:
    """Store the values of the pairs that were not drawn; returns the chance that the drawing finds one changed value."""
    sent: dict[PairKey, list[tuple[str, str, float | None, str | None]]] = {}
    for row in claim.scores.itertuples():
        value = _known(row.value)
        reason = None if value is not None else (row.reason or "null as sent")
        sent.setdefault((row.dataset, row.pair), []).append((_qualified(row), row.signature, value, reason))
    with RunStore.create(folder) as store:
        done = {(dataset, pair) for dataset, pair, _ in store.stored_cells()}
        store.declare(plan.pair_rows(), plan.fuser_rows(), plan.metric_rows())
        for (dataset, pair), scores in sent.items():
            if (dataset, pair) not in done:
                store.add(
                    CellResult(dataset, pair, claim.label, "as sent", scores=scores, origin={"as_sent": True})
                )
    datasets = {dataset for dataset, _ in sent}
    return min(
        sum(key[0] == dataset for key in done) / sum(key[0] == dataset for key in sent)
        for dataset in datasets
    )


def _images(submission: Path, label: str) -> Path:
    """The folder of a submission's images."""
    own = submission / "fused" / safe_name(label)
    return own if own.is_dir() else submission


def _digest(images: Path, sample: Choice | None) -> str:
    """Short digest of the files of a submission and of the sample asked for."""
    files = sorted(file for file in images.rglob("*") if file.is_file())
    drawn = (sample.sample, sample.seed) if sample else ()
    return fingerprint([*((show(file.relative_to(images)), file_hash(file)) for file in files), drawn])


def _free(runs: Path, name: str) -> Path:
    """A folder that is not there yet: a later submission of one name is a later run of it."""
    first = runs / safe_name(name)
    numbered = (runs / f"{first.name}-{number}" for number in range(2, 10_000))
    return first if not first.exists() else next(folder for folder in numbered if not folder.exists())


def _how(verdict: Verdict, sample: Choice | None) -> str:
    if not verdict.claimed:
        return "images scored here"
    if sample is None:
        return f"images scored here; all {verdict.values} values that came with them are the same"
    return (
        f"values as sent; {verdict.pairs} pairs, drawn with seed {sample.seed}, were scored here and are the same. One "
        f"changed value is found so with a chance of {verdict.chance:.2g}"
    )


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
    known = {f"{dataset}/{pair}": hashes for (dataset, pair), (_, hashes) in here.pairs.items()}
    claimed = {f"{row.dataset}/{row.pair}" for row in claim.scores.itertuples()}
    for place in sorted(claimed | sources.keys()):
        if place not in known:
            problems.append(f"{place} is no pair of suite {suite.name} here")
        elif place not in sources:
            problems.append(f"{place} has values, and {MANIFEST} does not list it")
        elif sources[place] != known[place]:
            problems.append(f"{place}: {MANIFEST} states other source files than those here")
    signatures = _mapping(manifest, "signatures")
    for name in claim.metrics:
        if signatures.get(name) != here.signatures[name]:
            problems.append(
                f"{name} is {signatures.get(name)} in {MANIFEST}, here it is {here.signatures[name]}"
            )
    rows = {(row.dataset, row.pair, _qualified(row)): row for row in claim.scores.itertuples()}
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
    theirs = {(r.dataset, r.pair, _qualified(r)): r.value for r in claim.scores.itertuples()}
    problems, compared = [], 0
    tried = {(row.dataset, row.pair) for row in cells.itertuples()}
    for (dataset, pair, name), value in theirs.items():
        place = f"{dataset}/{pair}: {name}"
        if (dataset, pair, name) in ours:
            compared += 1
            now, sent = _known(ours[dataset, pair, name]), _known(value)
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


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value


def _qualified(row: Any) -> str:
    return f"{row.metric}@{row.convention}"
