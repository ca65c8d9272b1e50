"""What a drift check compares: a run's values with all that decided them, and its form as a small baseline file."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tcmoa_bench.documents import parse
from tcmoa_bench.images import write_bytes
from tcmoa_bench.reports.summary import Run, load_run
from tcmoa_bench.reports.tables.external import EXTERNAL, stored_columns
from tcmoa_bench.types import BenchError

#: Raised when the baseline file's shape changes.
FORMAT = 1

#: Significant digits kept in a baseline file: more than any default tolerance looks at, and the same on every machine.
DIGITS = 12

CellKey = tuple[str, str, str]

#: Where the numbers stand that a detector has for all pairs together, as dataset and pair.
ALL_PAIRS = (EXTERNAL, "all pairs")


@dataclass(frozen=True)
class Snapshot:
    """Values and their causes.

    Attributes:
        name: Where it came from, for messages.
        suite: Name and version of the suite.
        values: Value (None where null) by (dataset, pair, fuser) and qualified metric.
        signatures: By qualified metric.
        higher_is_better: By qualified metric.
        sources: SHA-256 of the source files by (dataset, pair).
        fused: Pixel hash of the fused image by cell.
        fusers: What decides a fuser's pixels: version, colour policy, fingerprint, weights, by label.
        environment: Versions of package and libraries, processor, device.
        origins: The same for single cells, where they are known; a run may have been computed in several places.
    """

    name: str
    suite: tuple[str, int]
    values: Mapping[CellKey, Mapping[str, float | None]]
    signatures: Mapping[str, str]
    higher_is_better: Mapping[str, bool]
    sources: Mapping[tuple[str, str], tuple[str | None, ...]] = field(default_factory=dict)
    fused: Mapping[CellKey, str | None] = field(default_factory=dict)
    fusers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[CellKey, Mapping[str, str]] = field(default_factory=dict)

    def origin(self, key: CellKey) -> Mapping[str, str]:
        """Where a cell was computed: versions of package and libraries, device."""
        return self.origins.get(key, self.environment)


def load_snapshot(path: Path) -> Snapshot:
    """A snapshot of a run folder or a baseline file.

    Raises:
        BenchError: Neither is there, or the file is cut, no baseline, or of a later format.
    """
    if path.is_dir() or path.suffix == ".sqlite":
        return of_run(load_run(path))
    if not path.exists():
        raise BenchError(
            f"no run folder or baseline file at {path}; make one with `tcmoa-bench baseline save RUN -o {path}`"
        )
    try:
        content = parse(path.read_bytes(), str(path), "JSON")
    except BenchError as error:
        raise BenchError(f"{path} is no baseline file or is damaged ({error}); save it anew") from None
    try:
        if content["format"] > FORMAT:
            raise BenchError(
                f"{path} was written by a later tcmoa-bench (format {content['format']}); update this one"
            )
        return _from_json(content, path.name)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BenchError(
            f"{path} is no baseline file or is damaged ({type(error).__name__}: {error}); save it anew"
        ) from None


def of_run(run: Run) -> Snapshot:
    """The snapshot of a finished run."""
    values: dict[CellKey, dict[str, float | None]] = {}
    signatures: dict[str, str] = {}
    for row in run.scores.itertuples():
        key = (str(row.dataset), str(row.pair), str(row.fuser))
        values.setdefault(key, {})[str(row.qualified)] = None if math.isnan(row.value) else float(row.value)
        signatures[str(row.qualified)] = str(row.signature)
    fused: dict[CellKey, str | None] = {
        (str(r.dataset), str(r.pair), str(r.fuser)): r.fused_hash
        for r in run.cells.itertuples()
        if r.status == "done"
    }
    directions = {str(row.qualified): bool(row.higher_is_better) for row in run.metrics.itertuples()}
    for column in stored_columns(run):
        name = f"{column.metric}@{EXTERNAL}"
        directions[name] = column.higher_is_better
        # Another machine's detector finds the same to a few bits: whether that matters is seen from the values.
        signatures[name] = column.signature.partition("|predictions:")[0]
        for fuser, value in column.values.items():
            key = (*ALL_PAIRS, fuser)
            values.setdefault(key, {})[name] = value
            fused[key] = column.images.get(fuser)
    suite = run.meta.get("suite", {})
    environments = {number: _environment(facts, facts.get("device")) for number, facts in run.origins.items()}
    return Snapshot(
        run.folder.resolve().name,
        (str(suite.get("name")), int(suite.get("version", 0))),
        values,
        signatures,
        directions,
        {(str(r.dataset), str(r.pair)): r.hashes for r in run.pairs.itertuples()},
        fused,
        {str(r.fuser): _fuser_facts(r.record) for r in run.fusers.itertuples()},
        _environment(run.meta.get("environment", {}), run.meta.get("device")),
        {
            (str(r.dataset), str(r.pair), str(r.fuser)): environments[r.origin]
            for r in run.cells.itertuples()
            if r.origin in environments
        },
    )


def only_fusers(snapshot: Snapshot, fusers: Collection[str]) -> Snapshot:
    """A snapshot's cells of some fusers.

    Raises:
        BenchError: It has none of them.
    """
    values = {key: cell for key, cell in snapshot.values.items() if key[2] in fusers}
    if not values:
        there = ", ".join(sorted({key[2] for key in snapshot.values}))
        raise BenchError(f"{snapshot.name} has none of the fusers {', '.join(fusers)}; it has {there}")
    return replace(snapshot, values=values)


def _fuser_facts(record: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "version": record.get("version"),
        "colour": record.get("colour"),
        "fingerprint": record.get("fingerprint") or None,
        "weights": [digest for weights in record.get("weights", ()) for digest in weights["sha256"]],
    }


def _environment(facts: Mapping[str, Any], device: object) -> dict[str, str]:
    return {
        "tcmoa_bench": str(facts.get("tcmoa_bench")),
        "python": str(facts.get("python")),
        "device": str(device),
        **{str(name): str(version) for name, version in facts.get("libraries", {}).items()},
    }


def save(snapshot: Snapshot, path: Path) -> None:
    """Write a baseline file: JSON with sorted keys, one cell a line, numbers rounded to `DIGITS` significant digits."""
    means: dict[str, dict[str, float | None]] = {}
    for fuser in sorted({key[2] for key in snapshot.values}):
        cells = [values for key, values in snapshot.values.items() if key[2] == fuser]
        means[fuser] = {
            name: _mean([cell.get(name) for cell in cells]) for name in sorted(snapshot.signatures)
        }
    content = {
        "format": FORMAT,
        "suite": list(snapshot.suite),
        "environment": dict(sorted(snapshot.environment.items())),
        "fusers": {name: snapshot.fusers[name] for name in sorted(means)},
        "metrics": {
            name: {"signature": signature, "higher_is_better": snapshot.higher_is_better[name]}
            for name, signature in sorted(snapshot.signatures.items())
        },
        "means": means,
    }
    pairs = sorted({key[:2] for key in snapshot.values})
    lines = [json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False)[:-2] + ","]
    lines += [
        ' "pairs": [',
        _lines({"pair": pair, "hashes": snapshot.sources.get(pair)} for pair in pairs),
        " ],",
    ]
    lines += [' "cells": [', _lines(_cell(snapshot, key) for key in sorted(snapshot.values)), " ]", "}"]
    write_bytes(path, ("\n".join(lines) + "\n").encode("utf-8", "backslashreplace"))


def _cell(snapshot: Snapshot, key: CellKey) -> dict[str, Any]:
    values = {name: _rounded(value) for name, value in sorted(snapshot.values[key].items())}
    return {"cell": key, "fused": snapshot.fused.get(key), "values": values}


def _lines(rows: Any) -> str:
    return ",\n".join("  " + json.dumps(row, ensure_ascii=False, allow_nan=False) for row in rows)


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{DIGITS}g}")


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return _rounded(math.fsum(known) / len(known)) if known else None


def _from_json(content: Mapping[str, Any], name: str) -> Snapshot:
    cells = {_cell_key(row): row for row in content["cells"]}
    if len(cells) != len(content["cells"]):
        raise ValueError("a cell is there twice")
    for key, row in cells.items():
        for metric, value in row["values"].items():
            number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            # What is no number would compare as equal to anything, or to nothing.
            if value is not None and not number:
                raise ValueError(f"{metric} of {'/'.join(key)} is {value!r}, no finite number")
    _check_means(content["means"], cells)
    suite, version = content["suite"]
    metrics, fusers, environment = content["metrics"], content["fusers"], content["environment"]
    texts = [*environment.values(), suite, *(facts["signature"] for facts in metrics.values())]
    texts += [row["fused"] for row in cells.values() if row["fused"] is not None]
    texts += [digest for row in content["pairs"] for digest in row["hashes"] or () if digest is not None]
    if strange := next((text for text in texts if not isinstance(text, str)), None):
        raise ValueError(f"{strange!r} is no text")
    if not all(isinstance(facts, dict) for facts in fusers.values()):
        raise ValueError("fusers are no tables of facts")
    if {key[2] for key in cells} - fusers.keys():
        raise ValueError("a fuser of the cells is not among its fusers")
    return Snapshot(
        name,
        (suite, int(version)),
        {key: row["values"] for key, row in cells.items()},
        {metric: facts["signature"] for metric, facts in metrics.items()},
        {metric: bool(facts["higher_is_better"]) for metric, facts in metrics.items()},
        {_two(row["pair"]): _two(row["hashes"] or (None, None)) for row in content["pairs"]},
        {key: row["fused"] for key, row in cells.items()},
        fusers,
        environment,
    )


def _two(items: Any) -> tuple[Any, Any]:
    first, second = items
    return first, second


def _check_means(means: Mapping[str, Any], cells: Mapping[CellKey, Any]) -> None:
    """ValueError unless the means are those of the cells: a value that somebody changed by hand shows in its mean."""
    fusers = {key[2] for key in cells}
    if means.keys() != fusers:
        raise ValueError(f"means of {sorted(means)}, cells of {sorted(fusers)}")
    for fuser, stored in means.items():
        rows = [row["values"] for key, row in cells.items() if key[2] == fuser]
        for metric in stored.keys() | {metric for row in rows for metric in row}:
            known = [value for row in rows if (value := row.get(metric)) is not None]
            mean, expected = stored.get(metric), _mean(known)
            # Cells and means are rounded each on its own.
            slack = 10.0 ** (2 - DIGITS) * max(map(abs, known), default=0.0)
            if (mean is None) != (expected is None) or (
                mean is not None and expected is not None and not abs(mean - expected) <= slack
            ):
                raise ValueError(
                    f"the mean {mean} of {fuser} by {metric} is not that of its cells, {expected}"
                )


def _cell_key(row: Mapping[str, Any]) -> CellKey:
    dataset, pair, fuser = row["cell"]
    return str(dataset), str(pair), str(fuser)
