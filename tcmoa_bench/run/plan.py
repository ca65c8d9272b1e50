"""What a run will do: every cell of datasets x fusers x metrics, and how much of it is already there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from tcmoa_bench.images import png_key, show
from tcmoa_bench.metrics import Metric
from tcmoa_bench.run.axes import ReadyFuser, find_fusers, find_pairs
from tcmoa_bench.run.cells import Cell
from tcmoa_bench.run.fusers import Unopened, fuse_key, how_joined, record_facts
from tcmoa_bench.run.manifest import file_hash, fingerprint
from tcmoa_bench.run.request import Overwrite, Request
from tcmoa_bench.store import (
    CellKey,
    CellResult,
    FuserRow,
    MetricRow,
    PairKey,
    PairRow,
    RunStore,
    StoredCell,
    StoredPair,
)
from tcmoa_bench.types import BenchError, FuserError, Pair

#: SHA-256 of the sources' files, in order; None for one that cannot be read.
Hashes = tuple[str | None, ...]


@dataclass(frozen=True)
class SourceFiles:
    """What the pairs' files hold.

    Attributes:
        hashes: Of the sources by pair.
        references: SHA-256 of the ground truths' files by `dataset/pair`, of label files by `dataset/pair#labels`, of masks
            by `dataset/pair#mask`.
    """

    hashes: Mapping[PairKey, Hashes]
    references: Mapping[str, str | None]

    @property
    def fingerprint(self) -> str:
        """Digest of all sources."""
        return fingerprint((*key, *hashes) for key, hashes in sorted(self.hashes.items()))


@dataclass(frozen=True)
class Stored:
    """What the store of the run folder holds; nothing for a new run.

    Attributes:
        cells, pairs: By their keys.
        references: Hashes of the ground truths that the stored scores were computed with, by `dataset/pair`; None
            for a run that knows of none.
    """

    cells: Mapping[CellKey, StoredCell] = field(default_factory=dict)
    pairs: Mapping[PairKey, StoredPair] = field(default_factory=dict)
    references: Mapping[str, str | None] | None = None

    @classmethod
    def of(cls, store: RunStore | None) -> Stored:
        """Read a store."""
        if store is None:
            return cls()
        return cls(store.stored_cells(), store.stored_pairs(), store.meta.get("references"))


@dataclass(frozen=True)
class Plan:
    """Cells to do, and what the user should know before they are done.

    Attributes:
        request: What was asked.
        pairs, fusers, metrics: The run's axes.
        sources: What the pairs' files hold.
        todo: Cells with work left.
        unrunnable: Cells that fail before any work (no fused image for the pair).
        cached: Number of cells that are complete, those of `unseen` pairs included.
        changed: Number of stored cells whose inputs, method or version changed.
        unseen: Finished cells that are kept although a file that they were made from is not found now.
        other_reference: Pairs whose ground truth (or mask) is not the one that their stored scores were computed with.
        notes: Datasets and fusers that are not here and why, the sample's use.
    """

    request: Request
    pairs: Sequence[Pair]
    fusers: Sequence[ReadyFuser]
    metrics: Sequence[Metric]
    sources: SourceFiles
    todo: Sequence[Cell]
    unrunnable: Sequence[CellResult]
    cached: int
    changed: int
    unseen: Sequence[CellKey]
    other_reference: frozenset[PairKey]
    notes: Sequence[str]

    @property
    def cells(self) -> int:
        """Number of cells of the whole run."""
        return len(self.todo) + len(self.unrunnable) + self.cached

    @property
    def has_work(self) -> bool:
        """Whether this start computes anything or finds a failure."""
        return bool(self.todo or self.unrunnable)

    def pair_rows(self) -> list[PairRow]:
        """The pairs as the store declares them."""
        rows = []
        for pair in self.pairs:
            hash_a, hash_b, *further = self.sources.hashes[pair.dataset, pair.name]
            rows.append(
                PairRow(
                    pair.dataset,
                    pair.name,
                    str(pair.task),
                    show(pair.a),
                    show(pair.b),
                    hash_a,
                    hash_b,
                    pair.attributes,
                    tuple(zip(map(show, pair.further), further, strict=True)),
                )
            )
        return rows

    def fuser_rows(self) -> list[FuserRow]:
        """The fusers as the store declares them."""
        return [FuserRow(ready.spec.label, record_facts(ready.fuser.record)) for ready in self.fusers]

    def joined(self) -> dict[str, str]:
        """How each fuser joins the sources of stacks; empty where there are none."""
        if not any(pair.further for pair in self.pairs):
            return {}
        return {ready.spec.label: how_joined(ready.fuser) for ready in self.fusers}

    def metric_rows(self) -> list[MetricRow]:
        """The metrics as the store declares them."""
        counts = {len(pair.files) for pair in self.pairs}
        return [
            MetricRow(
                metric.qualified,
                metric.name,
                metric.convention,
                metric.reference_name,
                metric.signature_over(counts),
                metric.higher_is_better,
            )
            for metric in self.metrics
        ]


def make_plan(request: Request, store: RunStore | None, load: bool = True) -> Plan:
    """Find pairs, fusers and metrics, and compare with what the store holds.

    Args:
        request: What was asked.
        store: The run's store, None where there is none yet.
        load: Import plug-ins (`module:name`), which runs their code; else they are counted unseen.

    Raises:
        BenchError: No pairs at all, unknown names, or labels that clash.
    """
    pairs, pair_notes = find_pairs(request)
    unopened = [] if load else [name for name in request.metric_names if ":" in name]
    metrics = request.chosen_metrics(unopened)
    fusers, fuser_notes = find_fusers(request, pairs, load)
    sources = _hash_sources(pairs)
    stored = Stored.of(store)
    other_reference = _other_references(sources, stored)
    decisions = list(_decide(request, pairs, fusers, metrics, sources, stored, other_reference))
    if not decisions:
        raise BenchError(
            "nothing to do: no fuser of this run is made for the tasks of its pairs; name others with --fusers"
        )
    unseen = [decision.unseen for decision in decisions if decision.unseen]
    return Plan(
        request,
        pairs,
        fusers,
        metrics,
        sources,
        todo=[decision.cell for decision in decisions if decision.cell],
        unrunnable=[decision.failure for decision in decisions if decision.failure],
        cached=sum(decision.cell is None and decision.failure is None for decision in decisions),
        changed=sum(decision.changed for decision in decisions),
        unseen=unseen,
        other_reference=other_reference,
        notes=[
            *pair_notes,
            *_other_bytes(request, sources),
            *_stacks(pairs, metrics),
            *fuser_notes,
            *(f"metric {name} is a plug-in: not imported now" for name in unopened),
            *_kept(sources, fusers, stored),
            *_unseen_notes(unseen),
        ],
    )


def _hash_sources(pairs: Iterable[Pair]) -> SourceFiles:
    return SourceFiles(
        {(pair.dataset, pair.name): tuple(map(file_hash, pair.files)) for pair in pairs},
        {
            place: file_hash(file)
            for pair in pairs
            for place, file in zip(
                _truths(pair.dataset, pair.name),
                (pair.reference, pair.labels.path if pair.labels else None, pair.mask),
                strict=True,
            )
            if file
        },
    )


def _truths(dataset: str, pair: str) -> tuple[str, str, str]:
    """Under which names the hashes of what a pair is measured by are kept: reference image, labels, mask."""
    return f"{dataset}/{pair}", f"{dataset}/{pair}#labels", f"{dataset}/{pair}#mask"


def _other_bytes(request: Request, sources: SourceFiles) -> list[str]:
    """A note on pairs whose files are not those that the given list states."""
    other = request.choice.other_bytes(sources.hashes)
    if not other:
        return []
    more = f" and {len(other) - 3} more" if len(other) > 3 else ""
    return [
        f"the list of pairs states other files for {len(other)} of them ({', '.join(other[:3])}{more}): "
        "scores cannot be compared with those of the list's author"
    ]


def _stacks(pairs: Sequence[Pair], metrics: Sequence[Metric]) -> list[str]:
    """A note on stacks of more than two sources."""
    counts = sorted({len(pair.files) for pair in pairs})
    if counts[-1] == 2:
        return []
    numbers = ", ".join(map(str, counts))
    notes = [
        f"stacks of {numbers} sources: methods that take two at a time fuse pair by pair, in the order of the files "
        "(joined in manifest.json)"
    ]
    sums = [metric.qualified for metric in metrics if metric.rule == "sum"]
    if sums and len(counts) > 1:
        notes.append(
            f"{', '.join(sums)}: sums over the sources, which grow with their number: means over stacks of {numbers} "
            "sources mix them; set them apart with `tables --by sources`"
        )
    return notes


def _other_references(sources: SourceFiles, stored: Stored) -> frozenset[PairKey]:
    before = stored.references
    if before is None:
        return frozenset()
    return frozenset(
        key
        for key in sources.hashes.keys() & stored.pairs.keys()
        if any(before.get(place) != sources.references.get(place) for place in _truths(*key))
    )


def _kept(sources: SourceFiles, fusers: Sequence[ReadyFuser], stored: Stored) -> list[str]:
    """What tables of this folder show besides this start's own cells."""
    pairs = stored.pairs.keys() - sources.hashes.keys()
    others = {fuser for _, _, fuser in stored.cells} - {ready.spec.label for ready in fusers}
    kept = [f"{len(pairs)} further pairs"] if pairs else []
    kept += [f"the fusers {', '.join(sorted(others))}"] if others else []
    return (
        [f"the folder keeps, and its tables show, from earlier starts: {' and '.join(kept)}"] if kept else []
    )


def _unseen_notes(unseen: Sequence[CellKey]) -> list[str]:
    if not unseen:
        return []
    pairs = list(dict.fromkeys(f"{dataset}/{pair}" for dataset, pair, _ in unseen))
    more = f" and {len(pairs) - 3} more" if len(pairs) > 3 else ""
    return [
        f"source not found now: {len(unseen)} finished cells of {', '.join(pairs[:3])}{more} are kept as they were "
        "computed; give the files back (mount the disk, move the folder back) to have them checked again"
    ]


@dataclass(frozen=True)
class _Decision:
    """What becomes of one cell: work left, a failure before any work, or (neither) nothing to do."""

    cell: Cell | None = None
    failure: CellResult | None = None
    changed: bool = False
    unseen: CellKey | None = None


#: Qualified name to the signature that a stored value must have, and to what finds the metric in another process.
Wanted = Mapping[str, tuple[str, str]]


def _decide(
    request: Request,
    pairs: Sequence[Pair],
    fusers: Sequence[ReadyFuser],
    metrics: Sequence[Metric],
    sources: SourceFiles,
    stored: Stored,
    other_reference: frozenset[PairKey],
) -> Iterator[_Decision]:
    @cache
    def wanted(sources: int) -> Wanted:
        return {m.qualified: (m.for_sources(sources).signature(), m.spec) for m in metrics}

    specs = tuple(metric.spec for metric in metrics)
    by_reference = {metric.qualified for metric in metrics if metric.reads_more}
    hashed = cache(file_hash)  # a command's script is the same file for every pair
    for pair in pairs:
        place = (pair.dataset, pair.name)
        views = _needs_views(stored.pairs.get(place), sources.hashes[place])
        for ready in fusers:
            if not ready.spec.takes(ready.fuser.record, pair):
                continue
            cell = _cell(request, pair, ready, specs, sources.hashes[place], hashed, views)
            unopened = isinstance(ready.fuser, Unopened)
            before = None if unopened else stored.cells.get((*place, ready.spec.label))
            if before is not None and place in other_reference:
                kept = {n: s for n, s in before.signatures.items() if n not in by_reference}
                before = replace(before, signatures=kept)
            decision = _decision(
                cell, before, wanted(len(pair.files)), request.overwrite, None in sources.hashes[place]
            )
            # The first cell with work left makes the pair's pictures.
            views = views and decision.cell is None
            yield decision


def _needs_views(before: StoredPair | None, hashes: Hashes) -> bool:
    return before is None or not before.has_views or before.hashes != hashes


def _cell(
    request: Request,
    pair: Pair,
    ready: ReadyFuser,
    metrics: tuple[str, ...],
    hashes: Hashes,
    hashed: Callable[[Path], str | None],
    views: bool,
) -> Cell | CellResult:
    """The whole work of a cell, or why it cannot be done."""
    spec, problem = ready.spec, ""
    try:
        inputs = tuple(ready.fuser.inputs(pair))
    except FuserError as error:
        inputs, problem = (), str(error)
    joined = how_joined(ready.fuser) if pair.further else ""
    key = fuse_key(ready.fuser.record, spec.options, [*hashes, *map(hashed, inputs)], pair.task, joined)
    if problem:
        place = (pair.dataset, pair.name, spec.label)
        return CellResult(*place, fuse_key=key, status="failed", stage="fuse", message=problem)
    return Cell(pair, spec.for_pair(inputs), metrics, key, request.out, request.area, views=views)


def _decision(
    cell: Cell | CellResult,
    before: StoredCell | None,
    wanted: Wanted,
    policy: Overwrite,
    source_missing: bool,
) -> _Decision:
    gone = source_missing or isinstance(cell, CellResult)
    if gone and before is not None and before.status == "done":
        return _Decision(unseen=cell.key)
    if policy == "never" and before is not None:
        return _Decision()
    if isinstance(cell, CellResult):
        return _Decision(failure=cell)
    changed = before is not None and before.fuse_key not in cell.keys
    return _Decision(_remaining(cell, before, wanted, policy), changed=changed)


def _remaining(cell: Cell, before: StoredCell | None, wanted: Wanted, policy: Overwrite) -> Cell | None:
    """The part of a cell that is still to do, or None."""
    if policy == "always":
        return replace(cell, anew=True)
    if before is None or before.status == "failed" or before.fuse_key not in cell.keys:
        return cell
    missing = tuple(
        spec for name, (signature, spec) in wanted.items() if before.signatures.get(name) != signature
    )
    # By its key, not by its being there: an image that was cut or replaced is no longer what was scored.
    if not missing and png_key(cell.folder / cell.fused) in cell.keys:
        return None
    return replace(cell, metrics=missing, stored_hash=before.fused_hash)
