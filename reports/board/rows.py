"""What is behind each row of a board: which pairs it has, where it comes from, what it was in earlier runs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tcmoa_bench.reports.board.gather import Board, RowKey
from tcmoa_bench.reports.summary import Run
from tcmoa_bench.store import pixels_digest

#: What a mean may move by from run to run, as in a drift check, before it counts as another number.
RTOL, ATOL = 1e-9, 1e-12


@dataclass(frozen=True)
class Coverage:
    """Which pairs of a dataset a row has.

    Attributes:
        done: Pairs with a fused image that was scored.
        failed: Message by pair, where the fuser or the scoring failed.
        absent: Pairs that were never tried.
    """

    done: Sequence[str]
    failed: Mapping[str, str]
    absent: Sequence[str]

    def __str__(self) -> str:
        return f"{len(self.done)} of {len(self.done) + len(self.failed) + len(self.absent)}"


def coverage(board: Board) -> dict[RowKey, Coverage]:
    """The coverage of every row."""
    cells: dict[RowKey, dict[str, Any]] = {}
    for row in board.whole.cells.itertuples():
        cells.setdefault((row.dataset, row.fuser), {})[row.pair] = row
    pairs = {d: list(own["pair"]) for d, own in board.whole.pairs.groupby("dataset", sort=False)}
    return {
        key: Coverage(
            [p for p in pairs[key[0]] if p in own and own[p].status == "done"],
            {p: own[p].message for p in pairs[key[0]] if p in own and own[p].status != "done"},
            [p for p in pairs[key[0]] if p not in own],
        )
        for key, own in cells.items()
    }


@dataclass(frozen=True)
class Provenance:
    """Where a row comes from.

    Attributes:
        run: The run folder's name, and when it started.
        started: UTC.
        package: Version and commit of tcmoa-bench.
        version: The fuser's version.
        colour, paper, notes: As its record has them.
        weights: File and SHA-256 of each weights file the fuser needs; digests as its record accepts them.
        fingerprint: SHA-256 of what else decides its pixels (checkpoint, folder, command).
        machines: Device, processor and platform that computed its cells.
        seconds: Mean wall time to fuse a pair; None where the images were given.
        parameters: Numbers in its network; None where not known.
        pixels: SHA-256 of all fused pixels of the row: equal for equal images, whoever sent them.
        as_sent: Cells whose values were taken as a submission had them.
        checked: How a submission was checked; empty for a run of one's own.
    """

    run: str
    started: str
    package: str
    version: str
    colour: str
    paper: str
    notes: str
    weights: Sequence[tuple[str, Sequence[str]]]
    fingerprint: str
    machines: Sequence[str]
    seconds: float | None
    parameters: int | None
    pixels: str
    as_sent: int
    checked: str


def provenance(board: Board, key: RowKey) -> Provenance:
    """Where a row comes from."""
    run = board.rows[key]
    records = dict(zip(run.fusers["fuser"], run.fusers["record"], strict=True))
    record = records[key[1]]
    cells = run.cells[(run.cells["dataset"] == key[0]) & (run.cells["fuser"] == key[1])]
    numbers = cells["origin"].dropna().unique()
    known = [run.origins[n] for n in numbers if n in run.origins and not run.origins[n].get("as_sent")]
    origins = known or [{**run.meta.get("environment", {}), "device": run.meta.get("device")}]
    seconds = cells["fuse_seconds"].mean()
    given = record.get("colour") == "given"
    own = [facts.get("fuser", {}) for facts in origins]
    return Provenance(
        run.folder.resolve().name,
        str(run.meta.get("started", "")),
        ", ".join(
            dict.fromkeys(
                " ".join(
                    str(part) for part in (facts.get("tcmoa_bench"), (facts.get("commit") or "")[:10]) if part
                )
                for facts in origins
            )
        ),
        ", ".join(dict.fromkeys(str(facts.get("version", record.get("version", ""))) for facts in own)),
        str(record.get("colour", "")),
        str(record.get("paper", "")),
        str(record.get("notes", "")),
        [(str(file["file"]), list(file.get("sha256", ()))) for file in record.get("weights", ())],
        str(record.get("fingerprint", "")),
        list(
            dict.fromkeys(
                ", ".join(str(p) for p in (facts.get("device"), facts.get("cpu"), facts.get("platform")) if p)
                for facts in origins
            )
        ),
        None if given or math.isnan(seconds) else float(seconds),
        next((int(facts["parameters"]) for facts in own if facts.get("parameters")), None),
        pixels_digest((r.dataset, r.pair, r.fused_hash) for r in cells.itertuples()),
        int(cells["origin"].isin([n for n, facts in run.origins.items() if facts.get("as_sent")]).sum()),
        str(run.meta.get("submission", {}).get(key[1], "")),
    )


@dataclass(frozen=True)
class Point:
    """A row's mean by one metric in one run.

    Attributes:
        run: Number of the run in `Board.runs`.
        mean: Mean over those of the row's pairs that the run has.
        n, of: Their number, and that of the row.
        moved: Whether it is another number than that of the run before it that has all pairs too.
    """

    run: int
    mean: float
    n: int
    of: int
    moved: bool = False

    @property
    def whole(self) -> bool:
        """Whether it is over all pairs of the row, so that it may be compared with the row's mean."""
        return self.n == self.of


def history(board: Board) -> dict[tuple[str, str, str], list[Point]]:
    """Every run's mean of every number, by dataset, fuser and metric; oldest first.

    Means are over the pairs on which the row itself has a value: over other pairs a mean moves although nothing did.
    """
    now: dict[tuple[str, str, str], set[str]] = {}
    for row in board.whole.scores.itertuples():
        if not math.isnan(row.value):
            now.setdefault((row.dataset, row.fuser, row.qualified), set()).add(row.pair)
    found: dict[tuple[str, str, str], list[Point]] = {}
    for number, run in enumerate(board.runs):
        for key, values in _values(run).items():
            pairs = now.get(key, set())
            shared = [value for pair, value in values if pair in pairs]
            if not shared:
                continue
            mean = math.fsum(shared) / len(shared)
            points = found.setdefault(key, [])
            before = next((p.mean for p in reversed(points) if p.whole), None)
            whole = len(shared) == len(pairs)
            moved = (
                whole and before is not None and not math.isclose(mean, before, rel_tol=RTOL, abs_tol=ATOL)
            )
            points.append(Point(number, mean, len(shared), len(pairs), moved))
    return found


def _values(run: Run) -> dict[tuple[str, str, str], list[tuple[str, float]]]:
    values: dict[tuple[str, str, str], list[tuple[str, float]]] = {}
    for row in run.scores.itertuples():
        if not math.isnan(row.value):
            values.setdefault((row.dataset, row.fuser, row.qualified), []).append((row.pair, row.value))
    return values
