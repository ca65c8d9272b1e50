"""The axes of a run: which pairs and which fusers take part, and what is missing and why."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tcmoa_bench import datasets
from tcmoa_bench.images import show
from tcmoa_bench.recolour import RANGES
from tcmoa_bench.registry import unknown
from tcmoa_bench.run.choice import Choice, read_names
from tcmoa_bench.run.folders import hint
from tcmoa_bench.run.fusers import (
    Absent,
    CommandSpec,
    FolderSpec,
    FuserSpec,
    MapSpec,
    NamedSpec,
    PluginSpec,
    RecolouredSpec,
    Unopened,
    parse_spec,
    registry,
)
from tcmoa_bench.run.masks import with_masks
from tcmoa_bench.run.request import Request
from tcmoa_bench.run.workers import made
from tcmoa_bench.types import BenchError, Fuser, Pair, Unavailable


@dataclass(frozen=True)
class ReadyFuser:
    """A fuser of the run, made once so that what is not available is known before any work."""

    spec: FuserSpec
    fuser: Fuser


def find_pairs(request: Request) -> tuple[list[Pair], list[str]]:
    """Pairs of the suite's datasets that are on this machine, and notes on those that are not.

    Raises:
        BenchError: No pairs at all, or two of one name.
    """
    suite = request.suite
    found: list[Pair] = []
    notes: list[str] = []
    missing: list[str] = []
    for entry in suite.datasets:
        spec = {key: value for key, value in entry.items() if key != "pairs"}
        try:
            opened = datasets.open_spec(spec, request.data, suite.base)
            found += _named(entry, opened.pairs(), suite.base)
            notes += opened.remarks()
        except Unavailable as reason:
            missing.append(str(reason))
    if not found and suite.sample and request.data is None:
        for name in suite.sample:
            found += datasets.open_dataset({"name": name}, None, suite.base)
        notes.append(
            f"No --data was given: this run uses the EMBEDDED SAMPLE ({', '.join(suite.sample)}), drawn by the package. "
            "Its numbers say that everything works, not which method is better."
        )
    else:
        notes += missing
    if not found:
        where = f" under {show(request.data)}" if request.data else ""
        lines = [f"suite {suite.name}: 0 pairs found{where}", *missing, hint(request.data)]
        raise BenchError("\n".join(line for line in lines if line))
    found = _first(request.choice.of(found), request.limit)
    _refuse_twins((f"{pair.dataset}/{pair.name}" for pair in found), "pair")
    if request.masks is None:
        return found, notes
    masked, more = with_masks(found, request.masks)
    return masked, notes + more


def _named(entry: Mapping[str, object], pairs: list[Pair], base: Path) -> list[Pair]:
    """The pairs that a suite's entry names, all where it names none."""
    named = entry.get("pairs")
    if named is None:
        return pairs
    items = [named] if isinstance(named, str) else named
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise BenchError(
            f"dataset {entry.get('name')!r}: `pairs` is a list of names, or of files that hold them"
        )
    names, hashes = read_names(items, base)
    return Choice(names, hashes=hashes).of(pairs)


def _first(pairs: Sequence[Pair], limit: int | None) -> list[Pair]:
    """The first pairs of each dataset."""
    if limit is None:
        return list(pairs)
    by_dataset: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_dataset.setdefault(pair.dataset, []).append(pair)
    return [pair for own in by_dataset.values() for pair in own[:limit]]


def started_by_suite(request: Request) -> list[str]:
    """What a run starts because its suite file says so: programs, and modules that are imported."""
    suite, chosen = request.suite, request.fusers
    lines = [
        f"the suite starts a program as {show(label)}: {show(line)}"
        for label, line in suite.commands.items()
        if (chosen is None or label in chosen) and label not in dict(request.commands)
    ]
    names = [*(suite.fusers if chosen is None else ()), *(() if request.metrics else suite.metrics)]
    modules = [name for name in names if ":" in name and "=" not in name.split(":")[1]]
    return lines + [f"the suite imports a module: {show(name)}" for name in modules]


def find_fusers(
    request: Request, pairs: Sequence[Pair], load: bool = True
) -> tuple[list[ReadyFuser], list[str]]:
    """The run's fusers in order, and notes on those that are not available.

    Args:
        request: What was asked.
        pairs: The run's pairs.
        load: Import plug-ins; else they are `Unopened`.

    Raises:
        BenchError: Unknown names, labels that clash or cannot be printed, or no fuser left.
    """
    labelled, notes = _labelled(request, pairs)
    ready: list[ReadyFuser] = []
    for spec in _chosen(request, labelled):
        if not load and isinstance(spec, PluginSpec):
            ready.append(ReadyFuser(spec, Unopened(spec.label)))
            notes.append(f"{spec.label} is a plug-in: not imported now, its cells are counted as to do")
            continue
        try:
            ready.append(ReadyFuser(spec, _planned(spec, pairs)))
        except Unavailable as reason:
            if request.trials:
                raise
            # One that was asked for by name fails cell by cell, and so is seen; a suite's own is left out.
            if request.fusers is not None:
                ready.append(ReadyFuser(spec, Absent(spec.label, str(reason))))
            else:
                notes.append(f"{spec.label} is not available: {reason}")
        else:
            notes += getattr(ready[-1].fuser, "remarks", ())
    if not ready:
        raise BenchError("no fuser is left to run:\n" + "\n".join(notes))
    return ready, notes


def _planned(spec: FuserSpec, pairs: Sequence[Pair]) -> Fuser:
    """What a plan needs of a fuser: a network is made by the worker that will use it."""
    if isinstance(spec, NamedSpec) and registry()[spec.name].record.weights:
        return made(spec) or spec.create(pairs)
    return spec.create(pairs)


def _labelled(request: Request, pairs: Sequence[Pair]) -> tuple[dict[str, FuserSpec], list[str]]:
    """Fusers with a label of their own, those of the suite before those of the command line."""
    suite = request.suite
    folders, notes = _published(request, {pair.dataset for pair in pairs})
    specs: list[FuserSpec] = [
        *folders,
        *(FolderSpec(label, suite.base / path) for label, path in suite.fused.items()),
        *(FolderSpec(label, path) for label, path in request.fused),
        *(MapSpec(label, suite.base / path) for label, path in suite.fused_maps.items()),
        *(MapSpec(label, path) for label, path in request.fused_maps),
        *(
            CommandSpec(label, line, options=request.options)
            for label, line in [*suite.commands.items(), *request.commands]
        ),
    ]
    _refuse_twins((spec.label for spec in specs), "fuser")
    for spec in specs:
        if any(unicodedata.category(character) in ("Cc", "Cs") for character in spec.label):
            raise BenchError(
                f"the label {spec.label!r} holds what is no printable text; choose another label"
            )
        if "," in spec.label or spec.label != spec.label.strip():
            raise BenchError(
                f"the label {spec.label!r} holds a comma, or begins or ends with a blank, and could not be named in "
                "--fusers; choose another label"
            )
    for label in _own_labels(request):
        if label.lower() in registry():
            raise BenchError(
                f"{label!r} is the name of a built-in fuser ({registry().canonical(label)}); choose another label"
            )
    return _recoloured(
        {spec.label: spec for spec in specs}, {**suite.recolor, **dict(request.recolor)}
    ), notes


def _recoloured(specs: Mapping[str, FuserSpec], levels: Mapping[str, str]) -> dict[str, FuserSpec]:
    """The fusers, those that are named with their sources' colours given back."""
    for label, how in levels.items():
        if label not in specs:
            raise unknown("label to recolor", label, specs)
        if how not in RANGES:
            raise BenchError(
                f"recolor {label!r}: {how!r} is no range of luma; one of {', '.join(RANGES)} is expected"
            )
    return {
        label: RecolouredSpec(label, spec, levels[label]) if label in levels else spec
        for label, spec in specs.items()
    }


def _published(request: Request, present: set[str]) -> tuple[list[FolderSpec], list[str]]:
    """Folders of fused images that come with the suite's datasets."""
    specs: list[FolderSpec] = []
    notes: list[str] = []
    for published in request.suite.published:
        if published.dataset not in present or request.data is None:
            continue
        root = datasets.DATASETS[published.dataset].find(request.data) or request.data
        for label in published.labels:
            folder = root / published.folder.format(label=label)
            if folder.is_dir():
                specs.append(FolderSpec(label, folder, published.dataset))
            else:
                notes.append(f"{label}: no published images in {show(folder)}")
    return specs, notes


def _own_labels(request: Request) -> list[str]:
    """Labels that the command line gave."""
    return [label for label, _ in [*request.fused, *request.fused_maps, *request.commands]]


def _chosen(request: Request, labelled: dict[str, FuserSpec]) -> list[FuserSpec]:
    """The suite's fusers, or those asked for and those that the command line labelled; each once."""
    if request.trials:
        chosen = list(request.trials)
    elif request.fusers is None:
        chosen = [parse_spec(text, request.options) for text in request.suite.fusers] + list(
            labelled.values()
        )
    else:
        chosen = [labelled.get(text) or parse_spec(text, request.options) for text in request.fusers]
        chosen += [labelled[label] for label in _own_labels(request)]
    unique: dict[str, FuserSpec] = {}
    for spec in chosen:
        if unique.setdefault(spec.label, spec) != spec:
            raise BenchError(f"two fusers are called {spec.label!r}; give one of them another label")
    return list(unique.values())


def _refuse_twins(names: Iterable[str], kind: str) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise BenchError(
                f"two {kind}s are called {name!r}; results would stand under one name, rename one"
            )
        seen.add(name)
