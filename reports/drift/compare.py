"""What moved between two snapshots, by how much, for better or worse, and what may have moved it."""

from __future__ import annotations

import fnmatch
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tcmoa_bench.documents import parse
from tcmoa_bench.reports.drift.snapshot import ALL_PAIRS, CellKey, Snapshot
from tcmoa_bench.types import BenchError

#: Kinds of causes, and of what `--allow` may accept.
Cause = Literal["data", "model", "image", "signature", "code", "environment", "missing"]
CAUSES: tuple[Cause, ...] = ("data", "model", "image", "signature", "code", "environment", "missing")


@dataclass(frozen=True)
class Tolerance:
    """A value may move by `atol + rtol * |base|`."""

    rtol: float = 1e-9
    atol: float = 1e-12

    def __post_init__(self) -> None:
        for name, value in (("rtol", self.rtol), ("atol", self.atol)):
            if not isinstance(value, int | float) or not 0 <= value < math.inf:
                raise BenchError(f"the tolerance {name} = {value!r} is no finite number from 0 upwards")

    def holds(self, base: float, now: float) -> bool:
        """Whether the movement is within the tolerance."""
        return abs(now - base) <= self.atol + self.rtol * abs(base)


@dataclass(frozen=True)
class Tolerances:
    """A tolerance for every metric: the first pattern that fits its qualified name, else the default."""

    default: Tolerance = Tolerance()
    patterns: Mapping[str, Tolerance] = field(default_factory=dict)

    def of(self, qualified: str) -> Tolerance:
        """Tolerance of a metric."""
        for pattern, tolerance in self.patterns.items():
            if fnmatch.fnmatchcase(qualified, pattern):
                return tolerance
        return self.default


def read_tolerances(file: Path, default: Tolerance) -> Tolerances:
    """Read a TOML file of patterns: `"VIF@*" = { rtol = 1e-6 }`."""
    try:
        content = parse(file.read_bytes(), str(file), "TOML")
        return Tolerances(default, {pattern: Tolerance(**value) for pattern, value in content.items()})
    except (OSError, TypeError) as error:
        raise BenchError(
            f'{file} is no tolerance file ({error}); write lines such as "VIF@*" = {{ rtol = 1e-6 }}'
        ) from None


@dataclass(frozen=True)
class Moved:
    """One value that moved.

    Attributes:
        cell: (dataset, pair, fuser); for a mean the pair is `mean`.
        metric: Qualified metric.
        base, now: Before and after; None is null.
        worse: True worse, False better, None if one of them is null.
        cause: What moved it.
    """

    cell: CellKey
    metric: str
    base: float | None
    now: float | None
    worse: bool | None
    cause: Cause

    @property
    def change(self) -> float | None:
        """Now minus base."""
        return None if self.base is None or self.now is None else self.now - self.base


@dataclass(frozen=True)
class Finding:
    """Something that differs besides the values: a cause with the words that name it."""

    cause: Cause
    text: str


@dataclass(frozen=True)
class Comparison:
    """The outcome of a drift check.

    Attributes:
        base, now: Names of what was compared.
        cells: Number of cells compared.
        values: Number of values compared.
        moved: Values that moved beyond their tolerance, largest relative movement first.
        means: Means over the compared pairs that moved.
        findings: Differences in data, models, signatures, environment, and cells that are missing.
        notices: What is worth a word and no drift: other code with equal pixels, other lists of pairs.
        new: Fusers that only the new run has.
        allowed: Accepted causes with the reason given.
    """

    base: str
    now: str
    cells: int
    values: int
    moved: tuple[Moved, ...]
    means: tuple[Moved, ...]
    findings: tuple[Finding, ...]
    notices: tuple[str, ...]
    new: tuple[str, ...]
    allowed: Mapping[str, str]

    @property
    def drift(self) -> bool:
        """Whether anything differs that was not allowed."""
        return any(f.cause not in self.allowed for f in self.findings) or any(
            m.cause not in self.allowed for m in self.moved
        )


def compare(
    base: Snapshot,
    now: Snapshot,
    tolerances: Tolerances | None = None,
    allowed: Mapping[str, str] | None = None,
) -> Comparison:
    """Compare two snapshots of one suite, pair by pair and in the means.

    Args:
        base: What counts as right.
        now: What is checked.
        tolerances: How far values may move.
        allowed: Causes that are accepted, with the reason.

    Raises:
        BenchError: They are of different suites, or have no cell or no metric in common.
    """
    tolerances = tolerances or Tolerances()
    if base.suite[0] != now.suite[0]:
        raise BenchError(
            f"{base.name} is of suite {base.suite[0]}, {now.name} of suite {now.suite[0]}; compare runs of one suite"
        )
    common = [key for key in base.values if key in now.values]
    if not common:
        ours, theirs = ({key[2] for key in snapshot.values} for snapshot in (base, now))
        raise BenchError(
            f"no cell in common: {base.name} has {_names(ours)} on {_names({k[1] for k in base.values})}, "
            f"{now.name} has {_names(theirs)} on {_names({k[1] for k in now.values})}"
        )
    metrics = [name for name in base.signatures if name in now.signatures]
    if not metrics:
        raise BenchError(f"no metric in common: {_names(base.signatures)} and {_names(now.signatures)}")
    findings = [
        *_environment(base, now, common),
        *_data(base, now),
        *_models(base, now, common),
        *_missing(base, now),
    ]
    for name in metrics:
        if base.signatures[name] != now.signatures[name]:
            findings.append(Finding("signature", _signature_changed(base, now, common, name, tolerances)))
    moved = [
        found
        for key in common
        for name in metrics
        if name in base.values[key] and name in now.values[key]
        if (found := _moved(base, now, key, name, tolerances)) is not None
    ]
    values = sum(name in base.values[key] and name in now.values[key] for key in common for name in metrics)
    shared = {key[2] for key in base.values}
    return Comparison(
        base.name,
        now.name,
        len(common),
        values,
        tuple(sorted(moved, key=_size, reverse=True)),
        tuple(_moved_means(base, now, common, metrics, moved)),
        tuple(findings),
        (*_other_pairs(base, now), *_equal_pixels(base, now, common)),
        tuple(dict.fromkeys(key[2] for key in now.values if key[2] not in shared)),
        dict(allowed or {}),
    )


def _signature_changed(
    base: Snapshot, now: Snapshot, common: list[CellKey], name: str, tolerances: Tolerances
) -> str:
    """What became of a definition, and whether its values moved with it."""
    became = f"{base.signatures[name]} became {now.signatures[name]}"
    both = [key for key in common if name in base.values[key] and name in now.values[key]]
    if any(_moved(base, now, key, name, tolerances) for key in both):
        return f"{name} is not comparable: {became}"
    return f"{name} is defined anew, and its {len(both)} values are equal: {became}"


def _moved(base: Snapshot, now: Snapshot, key: CellKey, name: str, tolerances: Tolerances) -> Moved | None:
    before, after = base.values[key][name], now.values[key][name]
    if before is None and after is None:
        return None
    if before is not None and after is not None and tolerances.of(name).holds(before, after):
        return None
    return Moved(
        key,
        name,
        before,
        after,
        _worse(before, after, base.higher_is_better[name]),
        _cause(base, now, key, name),
    )


def _cause(base: Snapshot, now: Snapshot, key: CellKey, name: str) -> Cause:
    """What moved a value: the nearest difference on its way from the files to the number."""
    pair, fuser = key[:2], key[2]
    if base.sources.get(pair) != now.sources.get(pair):
        return "data"
    if base.fused.get(key) != now.fused.get(key):
        if base.fusers.get(fuser) != now.fusers.get(fuser):
            return "model"
        return "environment" if base.origin(key) != now.origin(key) else "image"
    if base.signatures[name] != now.signatures[name]:
        return "signature"
    return "environment" if base.origin(key) != now.origin(key) else "code"


def _worse(before: float | None, after: float | None, higher_is_better: bool) -> bool | None:
    if before is None or after is None:
        return None
    return (after < before) == higher_is_better


def _size(moved: Moved) -> float:
    if moved.base is None or moved.now is None:
        return math.inf
    return abs(moved.now - moved.base) / max(abs(moved.base), 1e-300)


def _moved_means(
    base: Snapshot, now: Snapshot, common: list[CellKey], metrics: list[str], moved: list[Moved]
) -> list[Moved]:
    touched = dict.fromkeys((m.cell[2], m.metric) for m in moved)
    means = []
    for fuser, name in touched:
        values = [
            (base.values[key].get(name), now.values[key].get(name)) for key in common if key[2] == fuser
        ]
        both = [(before, after) for before, after in values if before is not None and after is not None]
        # A mean that one side has no value of became null, or came from it.
        first, second = zip(*(both or values), strict=True)
        before, after = _mean(first), _mean(second)
        causes = Counter(m.cause for m in moved if (m.cell[2], m.metric) == (fuser, name))
        worse = _worse(before, after, base.higher_is_better[name])
        means.append(Moved(("", "mean", fuser), name, before, after, worse, causes.most_common(1)[0][0]))
    return means


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def _environment(base: Snapshot, now: Snapshot, common: list[CellKey]) -> list[Finding]:
    """What was computed with another version or elsewhere, cell by cell: a run may come from several places."""
    differing = Counter(
        (name, before.get(name, "absent"), after.get(name, "absent"))
        for before, after in ((base.origin(key), now.origin(key)) for key in common)
        for name in sorted(before.keys() | after.keys())
        if before.get(name) != after.get(name)
    )
    return [
        Finding(
            "environment",
            f"{name}: {before} became {after}"
            + (f" in {n} of {len(common)} cells" if n < len(common) else ""),
        )
        for (name, before, after), n in differing.items()
    ]


def _data(base: Snapshot, now: Snapshot) -> list[Finding]:
    changed = [
        pair for pair, hashes in base.sources.items() if pair in now.sources and now.sources[pair] != hashes
    ]
    if not changed:
        return []
    return [
        Finding(
            "data",
            f"source files changed in {len(changed)} pairs: {_names('/'.join(pair) for pair in changed)}",
        )
    ]


def _models(base: Snapshot, now: Snapshot, common: list[CellKey]) -> list[Finding]:
    findings = []
    for fuser in dict.fromkeys(key[2] for key in common):
        before, after = base.fusers.get(fuser, {}), now.fusers.get(fuser, {})
        parts = [
            f"{k}: {before.get(k)} became {after.get(k)}" for k in before if before.get(k) != after.get(k)
        ]
        if parts and not _is_other_code_only(base, now, common, fuser):
            findings.append(Finding("model", f"{fuser} is another one ({'; '.join(parts)})"))
        if parts:
            continue
        changed = [
            key for key in common
            if key[2] == fuser
            and base.fused.get(key) != now.fused.get(key)
            and base.sources.get(key[:2]) == now.sources.get(key[:2])
        ]  # fmt: skip
        if changed:
            pairs = _names("/".join(key[:2]) for key in changed)
            findings.append(
                Finding("image", f"{fuser}: {len(changed)} fused images have other pixels: {pairs}")
            )
    return findings


def _is_other_code_only(base: Snapshot, now: Snapshot, common: list[CellKey], fuser: str) -> bool:
    """Whether a fuser differs in its fingerprint (a comment in its source) and in not one pixel."""
    before, after = base.fusers.get(fuser, {}), now.fusers.get(fuser, {})
    differing = {key for key in before if before.get(key) != after.get(key)}
    return differing == {"fingerprint"} and all(
        base.fused.get(key) is not None and base.fused.get(key) == now.fused.get(key)
        for key in common
        if key[2] == fuser
    )


def _equal_pixels(base: Snapshot, now: Snapshot, common: list[CellKey]) -> list[str]:
    return [
        f"{fuser}: its code is another one (fingerprint), its fused images are equal to the pixel"
        for fuser in dict.fromkeys(key[2] for key in common)
        if _is_other_code_only(base, now, common, fuser)
    ]


def _other_pairs(base: Snapshot, now: Snapshot) -> list[str]:
    """A word on runs of different pairs: only those in both are compared."""
    ours, theirs = ({key[:2] for key in snapshot.values} - {ALL_PAIRS} for snapshot in (base, now))
    if ours == theirs:
        return []
    return [
        f"other lists of pairs: {len(ours & theirs)} in both, {len(ours - theirs)} only in {base.name}, "
        f"{len(theirs - ours)} only in {now.name}; means are of the pairs in both"
    ]


def _missing(base: Snapshot, now: Snapshot) -> list[Finding]:
    absent = [key for key in base.values if key not in now.values]
    findings = [
        Finding("missing", f"{key[2]} on {key[0]}/{key[1]} is in {base.name} and not in {now.name}")
        for key in absent
    ]
    findings += [
        Finding("missing", f"metric {name} is in {base.name} and not in {now.name}")
        for name in base.signatures
        if name not in now.signatures
    ]
    partial = Counter(
        (key[2], name)
        for key, values in base.values.items()
        if key in now.values
        for name in values
        if name in now.signatures and name not in now.values[key]
    )
    return findings + [
        Finding("missing", f"{f}: {n} values of {m} are missing") for (f, m), n in partial.items()
    ]


def _names(names: object, most: int = 8) -> str:
    unique = sorted({str(name) for name in names})  # type: ignore[attr-defined]
    rest = f" and {len(unique) - most} more" if len(unique) > most else ""
    return ", ".join(unique[:most]) + rest
