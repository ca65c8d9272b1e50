"""Submissions to a leaderboard: somebody's fused images, and what they say of them, scored again here.

Whatever a submission claims, what enters the board are values that were computed here from its images. Claims are
compared with them, each value, and a submission that differs is refused. Only where the receiver asks for a sample do
values enter as they were sent, and then the board says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tcmoa_bench.images import safe_name, show
from tcmoa_bench.run.choice import Choice
from tcmoa_bench.run.claims import SCORES, Claim, Here, compare, facts, known, qualified, read_claim, unsound
from tcmoa_bench.run.manifest import file_hash, fingerprint
from tcmoa_bench.run.plan import Plan
from tcmoa_bench.run.progress import Progress
from tcmoa_bench.run.request import Request
from tcmoa_bench.run.runner import Outcome, finish, plan_run, run
from tcmoa_bench.run.suite import Suite
from tcmoa_bench.store import CellResult, PairKey, RunStore
from tcmoa_bench.types import BenchError


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
        value = known(row.value)
        reason = None if value is not None else (row.reason or "null as sent")
        sent.setdefault((row.dataset, row.pair), []).append((qualified(row), row.signature, value, reason))
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
