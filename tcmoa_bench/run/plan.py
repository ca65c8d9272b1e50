"""What a run will do: every cell of datasets x fusers x metrics, and how much of it is already there."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from tcmoa_bench import datasets
from tcmoa_bench.images import png_key, show
from tcmoa_bench.metrics import Metric, resolve
from tcmoa_bench.run.cells import Cell
from tcmoa_bench.run.fusers import FuserSpec, fuse_key, parse_spec, record_facts, registry
from tcmoa_bench.run.manifest import file_hash, fingerprint
from tcmoa_bench.run.suite import Suite
from tcmoa_bench.store import CellResult, RunStore
from tcmoa_bench.types import BenchError, Fuser, FuserError, FuserOptions, FuserRecord, Pair, Unavailable

Overwrite = Literal["only-missing", "always", "never"]


@dataclass(frozen=True)
class Request:
    """What the user asked for.

    Attributes:
        suite: The suite.
        out: The run folder.
        data: Folder of datasets; None leaves the embedded sample.
        fusers: Fusers in place of the suite's.
        metrics: Metrics in place of the suite's.
        fused: Folders of fused images by label.
        commands: External commands by label.
        limit: At most so many pairs of each dataset.
        overwrite: What to do with cells that are there: compute what is missing, failed or changed
            (`only-missing`), everything (`always`), or only cells that were never tried (`never`).
        options: Device, weights folder and options of all fusers.
    """

    suite: Suite
    out: Path
    data: Path | None = None
    fusers: tuple[str, ...] | None = None
    metrics: tuple[str, ...] | None = None
    fused: tuple[tuple[str, Path], ...] = ()
    commands: tuple[tuple[str, str], ...] = ()
    limit: int | None = None
    overwrite: Overwrite = "only-missing"
    options: FuserOptions = field(default_factory=FuserOptions)


@dataclass
class Plan:
    """Cells to do, and what the user should know before they are done.

    Attributes:
        request: What was asked.
        pairs, fusers, metrics: The run's axes.
        todo: Cells with work left.
        lost: Cells that fail before any work (no fused image for the pair, unreadable file).
        cached: Cells that are complete.
        changed: Stored cells whose inputs, method or version changed.
        notes: Datasets and fusers that are not here and why, the sample's use.
        fingerprint: Digest of the dataset's files.
        file_hashes: SHA-256 of the sources' files by (dataset, pair).
        references: SHA-256 of the ground truths' files by `dataset/pair`.
        other_reference: Pairs whose ground truth is not the one that their stored scores were computed with.
        records: Fusers' records by label.
    """

    request: Request
    pairs: list[Pair]
    fusers: list[FuserSpec]
    metrics: list[Metric]
    todo: list[Cell] = field(default_factory=list)
    lost: list[CellResult] = field(default_factory=list)
    cached: int = 0
    changed: int = 0
    notes: list[str] = field(default_factory=list)
    fingerprint: str = ""
    file_hashes: dict[tuple[str, str], tuple[str | None, str | None]] = field(default_factory=dict)
    references: dict[str, str | None] = field(default_factory=dict)
    other_reference: set[tuple[str, str]] = field(default_factory=set)
    records: dict[str, FuserRecord] = field(default_factory=dict)

    @property
    def cells(self) -> int:
        """Number of cells of the whole run."""
        return len(self.todo) + len(self.lost) + self.cached

    def declarations(
        self,
    ) -> tuple[list[dict[str, Any]], list[tuple[str, Mapping[str, object]]], list[dict[str, Any]]]:
        """The run's axes as rows for the store."""
        pairs = [
            {
                "dataset": p.dataset,
                "pair": p.name,
                "task": str(p.task),
                "file_a": show(p.a),
                "file_b": show(p.b),
                "hash_a": self.file_hashes[p.dataset, p.name][0],
                "hash_b": self.file_hashes[p.dataset, p.name][1],
                "attributes": json.dumps(dict(p.attributes), ensure_ascii=False),
            }
            for p in self.pairs
        ]
        fusers = [(spec.label, record_facts(self.records[spec.label])) for spec in self.fusers]
        metrics = [
            {
                "qualified": m.qualified,
                "metric": m.name,
                "convention": m.convention,
                "reference_name": m.reference_name,
                "signature": m.signature(),
                "higher_is_better": m.higher_is_better,
            }
            for m in self.metrics
        ]
        return pairs, fusers, metrics


def make_plan(request: Request, store: RunStore | None) -> Plan:
    """Find pairs, fusers and metrics, and compare with what the store holds.

    Raises:
        BenchError: No pairs at all, unknown names, or labels that clash.
    """
    notes: list[str] = []
    pairs = _find_pairs(request, notes)
    metrics = resolve(list(request.metrics or request.suite.metrics))
    fusers, made = _find_fusers(request, pairs, notes)
    plan = Plan(request, pairs, fusers, metrics, notes=notes)
    plan.records = {label: fuser.record for label, fuser in made.items()}
    plan.file_hashes = {(p.dataset, p.name): (file_hash(p.a), file_hash(p.b)) for p in pairs}
    plan.references = {f"{p.dataset}/{p.name}": file_hash(p.reference) for p in pairs if p.reference}
    plan.fingerprint = fingerprint((*key, *hashes) for key, hashes in sorted(plan.file_hashes.items()))
    _fill(plan, made, store)
    if store:
        plan.notes += _kept(plan, store)
    if not plan.cells:
        raise BenchError(
            "nothing to do: no fuser of this run is made for the tasks of its pairs; name others with --fusers"
        )
    return plan


def _find_pairs(request: Request, notes: list[str]) -> list[Pair]:
    suite = request.suite
    found: list[Pair] = []
    missing: list[str] = []
    for spec in suite.datasets:
        try:
            opened = datasets.open_spec(spec, request.data, suite.base)
            found += opened.pairs()[: request.limit]
            notes += opened.remarks()
        except Unavailable as reason:
            missing.append(str(reason))
    if not found and suite.sample and request.data is None:
        for name in suite.sample:
            found += datasets.open_dataset({"name": name}, None, suite.base)[: request.limit]
        notes.append(
            f"No --data was given: this run uses the EMBEDDED SAMPLE ({', '.join(suite.sample)}), drawn by the package. "
            "Its numbers say that everything works, not which method is better."
        )
    else:
        notes += missing
    if not found:
        where = f" under {show(request.data)}" if request.data else ""
        raise BenchError(f"suite {suite.name}: 0 pairs found{where}\n" + "\n".join(missing))
    _refuse_twins([f"{p.dataset}/{p.name}" for p in found], "pair")
    return found


def _find_fusers(
    request: Request, pairs: list[Pair], notes: list[str]
) -> tuple[list[FuserSpec], dict[str, Fuser]]:
    """The run's fusers, made once here so that what is not available is known before any work."""
    suite = request.suite
    given = _folders(request, pairs, notes)
    commands = [
        FuserSpec(label, "command", line, request.options)
        for label, line in [*suite.commands.items(), *request.commands]
    ]
    labelled = {spec.label: spec for spec in [*given, *commands]}
    _refuse_twins([spec.label for spec in [*given, *commands]], "fuser")
    for label in labelled:
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in label):
            raise BenchError(f"the label {label!r} holds what is no printable text; choose another label")
    own = {label for label, _ in [*request.fused, *request.commands]}
    for label in own:
        if label.lower() in registry():
            raise BenchError(
                f"{label!r} is the name of a built-in fuser ({registry().canonical(label)}); choose another label"
            )
    if request.fusers is None:
        chosen = [parse_spec(text, request.options) for text in suite.fusers] + list(labelled.values())
    else:
        chosen = [labelled.get(text) or parse_spec(text, request.options) for text in request.fusers]
        chosen += [spec for label, spec in labelled.items() if label in own]
    unique: dict[str, FuserSpec] = {}
    for spec in chosen:
        if unique.setdefault(spec.label, spec) is not spec and unique[spec.label] != spec:
            raise BenchError(f"two fusers are called {spec.label!r}; give one of them another label")
    made: dict[str, Fuser] = {}
    for label, spec in unique.items():
        try:
            made[label] = spec.create()
        except Unavailable as reason:
            if request.fusers is not None and label in request.fusers:
                raise
            notes.append(f"{label} is not available: {reason}")
    if not made:
        raise BenchError("no fuser is left to run:\n" + "\n".join(notes))
    return [spec for label, spec in unique.items() if label in made], made


def _folders(request: Request, pairs: list[Pair], notes: list[str]) -> list[FuserSpec]:
    """Folders of fused images: those that come with the suite's datasets, the suite's own, the command line's."""
    suite = request.suite
    specs = []
    present = {pair.dataset for pair in pairs}
    for published in suite.published:
        if published.dataset not in present or request.data is None:
            continue
        root = datasets.DATASETS[published.dataset].find(request.data)
        own = tuple(pair for pair in pairs if pair.dataset == published.dataset)
        for label in published.labels:
            folder = (root or request.data) / published.folder.format(label=label)
            if folder.is_dir():
                specs.append(FuserSpec(label, "precomputed", str(folder), pairs=own))
            else:
                notes.append(f"{label}: no published images in {show(folder)}")
    for label, path in suite.fused.items():
        specs.append(FuserSpec(label, "precomputed", str(suite.base / path), pairs=tuple(pairs)))
    for label, folder in request.fused:
        specs.append(FuserSpec(label, "precomputed", str(folder), pairs=tuple(pairs)))
    return specs


def _refuse_twins(names: Sequence[str], kind: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BenchError(
                f"two {kind}s are called {name!r}; results would stand under one name, rename one"
            )
        seen.add(name)


def _kept(plan: Plan, store: RunStore) -> list[str]:
    """What tables of this folder show besides this start's own cells."""
    pairs = store.pair_rows().keys() - plan.file_hashes.keys()
    fusers = {fuser for _, _, fuser in store.cell_states()} - {spec.label for spec in plan.fusers}
    kept = [f"{len(pairs)} further pairs"] if pairs else []
    kept += [f"the fusers {', '.join(sorted(fusers))}"] if fusers else []
    return (
        [f"the folder keeps, and its tables show, from earlier starts: {' and '.join(kept)}"] if kept else []
    )


def _fill(plan: Plan, made: Mapping[str, Fuser], store: RunStore | None) -> None:
    states = store.cell_states() if store else {}
    signatures = store.score_signatures() if store else {}
    pair_rows = store.pair_rows() if store else {}
    policy = plan.request.overwrite
    wanted = {m.qualified: m.signature() for m in plan.metrics}
    by_reference = {m.qualified for m in plan.metrics if m.needs_reference}
    references = store.meta.get("references") if store else None
    for pair in plan.pairs:
        row = pair_rows.get((pair.dataset, pair.name))
        place = f"{pair.dataset}/{pair.name}"
        if row is not None and references is not None and references.get(place) != plan.references.get(place):
            plan.other_reference.add((pair.dataset, pair.name))
        views = (
            row is None
            or not row["view_a"]
            or (row["hash_a"], row["hash_b"]) != plan.file_hashes[pair.dataset, pair.name]
        )
        for spec in plan.fusers:
            if not spec.applies_to(plan.records[spec.label], pair.task):
                continue
            own = spec.pairs
            if spec.kind == "precomputed" and pair not in own:
                continue
            inputs = list(plan.file_hashes[pair.dataset, pair.name])
            problem = ""
            if spec.kind == "precomputed":
                try:
                    inputs.append(file_hash(made[spec.label].source_file(pair)))  # type: ignore[attr-defined]
                except FuserError as error:
                    problem = str(error)
            key = fuse_key(plan.records[spec.label], spec.options, inputs, pair.task)
            cell = Cell(pair, spec, tuple(wanted), key, plan.request.out, views=views)
            state = states.get(cell.key)
            if policy == "never" and state is not None:
                plan.cached += 1
                continue
            if problem:
                plan.lost.append(
                    CellResult(*cell.key, fuse_key=key, status="failed", stage="fuse", message=problem)
                )
                continue
            if state is not None and state["fuse_key"] != key:
                plan.changed += 1
            have = dict(signatures.get(cell.key, {}))
            if (pair.dataset, pair.name) in plan.other_reference:
                have = {name: signature for name, signature in have.items() if name not in by_reference}
            todo = _remaining(cell, state, have, wanted, policy)
            if todo is None:
                plan.cached += 1
            else:
                plan.todo.append(todo)
                views = False


def _remaining(
    cell: Cell, state: Any, have: Mapping[str, str], wanted: Mapping[str, str], policy: Overwrite
) -> Cell | None:
    """The part of a cell that is still to do, or None."""
    if policy == "always":
        return replace(cell, anew=True)
    if state is None or state["status"] == "failed" or state["fuse_key"] != cell.fuse_key:
        return cell
    missing = tuple(name for name, signature in wanted.items() if have.get(name) != signature)
    # By its key, not by its being there: an image that was cut or replaced is no longer what was scored.
    if not missing and png_key(cell.folder / cell.fused) == cell.fuse_key:
        return None
    return replace(cell, metrics=missing, stored_hash=state["fused_hash"])
