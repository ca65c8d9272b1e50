"""The run store: one SQLite file that holds all that a run computed, one transaction for each finished cell.

A cell is one (dataset, pair, fuser). Only the runner's main process writes. The rollback journal (no WAL) is used
on purpose: a finished store is one file that can be copied and read from a read-only folder or a network disk.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from tcmoa_bench.types import BenchError

if TYPE_CHECKING:
    import pandas as pd

FILE = "run.sqlite"

#: Raised when the tables change. A store of version 1 has neither checksums nor the cells' origins: it is read as it is,
#: and gets the columns when a run goes on in it.
SCHEMA_VERSION = 2

_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL, checksum TEXT);
CREATE TABLE pairs (
  dataset TEXT, pair TEXT, task TEXT NOT NULL, position INTEGER NOT NULL,
  height INTEGER, width INTEGER, file_a TEXT NOT NULL, file_b TEXT NOT NULL, hash_a TEXT, hash_b TEXT,
  view_a TEXT, view_b TEXT, view_reference TEXT, attributes TEXT NOT NULL DEFAULT '{}', checksum TEXT,
  PRIMARY KEY (dataset, pair));
CREATE TABLE fusers (fuser TEXT PRIMARY KEY, position INTEGER NOT NULL, record TEXT NOT NULL, checksum TEXT);
CREATE TABLE metrics (
  qualified TEXT PRIMARY KEY, metric TEXT NOT NULL, convention TEXT NOT NULL, reference_name TEXT NOT NULL,
  signature TEXT NOT NULL, higher_is_better INTEGER NOT NULL, position INTEGER NOT NULL, checksum TEXT);
CREATE TABLE cells (
  dataset TEXT, pair TEXT, fuser TEXT, status TEXT NOT NULL CHECK (status IN ('done', 'failed')),
  stage TEXT NOT NULL, message TEXT NOT NULL DEFAULT '', remark TEXT NOT NULL DEFAULT '',
  fuse_key TEXT NOT NULL, fused TEXT, fused_hash TEXT, fuse_seconds REAL, score_seconds REAL, finished TEXT NOT NULL,
  origin INTEGER, checksum TEXT,
  PRIMARY KEY (dataset, pair, fuser));
CREATE TABLE scores (
  dataset TEXT, pair TEXT, fuser TEXT, qualified TEXT, signature TEXT NOT NULL, value REAL, reason TEXT,
  PRIMARY KEY (dataset, pair, fuser, qualified)) WITHOUT ROWID;
CREATE TABLE origins (id INTEGER PRIMARY KEY, facts TEXT NOT NULL UNIQUE, checksum TEXT);
"""

#: Sources after B, numbered from 3: a table that a run has from its first stack of more than two sources on. A release that
#: does not know it reads the rest.
_FURTHER = """
CREATE TABLE IF NOT EXISTS further (
  dataset TEXT, pair TEXT, number INTEGER, file TEXT NOT NULL, hash TEXT, view TEXT, checksum TEXT,
  PRIMARY KEY (dataset, pair, number))
"""

#: What version 1 lacks.
_UPGRADE = """
ALTER TABLE meta ADD COLUMN checksum TEXT;
ALTER TABLE pairs ADD COLUMN checksum TEXT;
ALTER TABLE fusers ADD COLUMN checksum TEXT;
ALTER TABLE metrics ADD COLUMN checksum TEXT;
ALTER TABLE cells ADD COLUMN origin INTEGER;
ALTER TABLE cells ADD COLUMN checksum TEXT;
CREATE TABLE origins (id INTEGER PRIMARY KEY, facts TEXT NOT NULL UNIQUE, checksum TEXT);
"""


#: Columns of numbers; the rest is text.
_NUMBERS = ("height", "width", "fuse_seconds", "score_seconds", "value")


#: (dataset, pair).
PairKey: TypeAlias = tuple[str, str]
#: (dataset, pair, fuser).
CellKey: TypeAlias = tuple[str, str, str]


@dataclass(frozen=True)
class PairRow:
    """A pair as a run declares it.

    Attributes:
        dataset, pair: Its key.
        task: The task's name.
        file_a, file_b: Source files as text.
        hash_a, hash_b: SHA-256 of the files' bytes; None where a file cannot be read.
        attributes: Scene attributes.
        further: Source file as text, and its hash, of the sources after B.
    """

    dataset: str
    pair: str
    task: str
    file_a: str
    file_b: str
    hash_a: str | None
    hash_b: str | None
    attributes: Mapping[str, str] = field(default_factory=dict)
    further: Sequence[tuple[str, str | None]] = ()

    @property
    def hashes(self) -> tuple[str | None, ...]:
        """Those of all sources, in order."""
        return self.hash_a, self.hash_b, *(digest for _, digest in self.further)


@dataclass(frozen=True)
class FuserRow:
    """A fuser as a run declares it: its label, and its record as plain data."""

    fuser: str
    record: Mapping[str, object]


@dataclass(frozen=True)
class MetricRow:
    """A metric as a run declares it."""

    qualified: str
    metric: str
    convention: str
    reference_name: str
    signature: str
    higher_is_better: bool


@dataclass(frozen=True)
class StoredPair:
    """What the store knows of a pair's sources: hashes of the files, and whether pictures of them were made."""

    hashes: tuple[str | None, ...]
    has_views: bool


@dataclass(frozen=True)
class StoredCell:
    """What the store knows of a cell that was tried.

    Attributes:
        status: `done` or `failed`.
        fuse_key: Digest of all that decided its fused pixels.
        fused_hash: Pixel hash of its fused image, if it has one.
        signatures: Signatures of its scores by qualified name.
    """

    status: str
    fuse_key: str
    fused_hash: str | None
    signatures: Mapping[str, str]


@dataclass(frozen=True)
class CellResult:
    """What one finished or failed cell leaves behind.

    Attributes:
        dataset, pair, fuser: The cell.
        fuse_key: Digest of all that decides the fused pixels.
        status: `done` or `failed`.
        stage: Where it ended: `load`, `fuse` or `score`.
        message: Why it failed.
        remark: What looks wrong with the fused image or the pair (`run.suspicion`), joined by `; `; empty if nothing does.
        fused: Fused image's path relative to the run folder.
        fused_hash: `pixel_hash` of the fused image.
        fuse_seconds, score_seconds: Wall time; None where that stage was not run.
        scores: (qualified name, signature, value or None, reason or None) of the metrics computed now.
        views: Size and run-folder copies of the sources, set by the first cell of a pair: columns of `pairs`, and under
            `further` the list of those after B.
        origin: Where and by what it was computed: versions, hardware, device, host, the fuser's version and weights.
    """

    dataset: str
    pair: str
    fuser: str
    fuse_key: str
    status: str = "done"
    stage: str = "score"
    message: str = ""
    remark: str = ""
    fused: str | None = None
    fused_hash: str | None = None
    fuse_seconds: float | None = None
    score_seconds: float | None = None
    scores: Sequence[tuple[str, str, float | None, str | None]] = ()
    views: Mapping[str, object] = field(default_factory=dict)
    origin: Mapping[str, object] = field(default_factory=dict)

    @property
    def key(self) -> CellKey:
        """(dataset, pair, fuser)."""
        return self.dataset, self.pair, self.fuser


#: SQLite's codes for what is not the file's fault: a full or read-only disk, rights, another program's lock.
_OF_THE_MACHINE = (
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_NOMEM,
)


@contextmanager
def _named_errors(file: Path) -> Iterator[None]:
    """SQLite's errors as errors that name the file and the remedy."""
    try:
        yield
    except (sqlite3.Error, ValueError) as error:  # ValueError: JSON and text that cannot be decoded
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _OF_THE_MACHINE:
            raise BenchError(
                f"{file} cannot be used ({error}); finished cells are kept: free space or rights, then run again"
            ) from None
        raise BenchError(_damaged(file, error)) from None


def _damaged(file: Path, error: Exception) -> str:
    what = " ".join(str(error).split())
    return (
        f"{file} is no run store or is damaged ({what}); move it away and run again: fused images beside it are "
        "taken as they are"
    )


def _other(before: Sequence[str | None], now: Sequence[str | None]) -> bool:
    """Whether files that are there are not those that were; one that cannot be read says nothing."""
    if len(before) != len(now):
        return True
    return any(None not in both and both[0] != both[1] for both in zip(before, now, strict=True))


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _digest(*values: object) -> str:
    """Checksum of a row's values."""
    return hashlib.sha256(repr(values).encode("utf-8", "surrogatepass")).hexdigest()[:32]


#: What a row's checksum covers: its columns, and for a cell its scores too.
_SEALED = {
    "meta": "key, value",
    "pairs": "dataset, pair, task, position, height, width, file_a, file_b, hash_a, hash_b, view_a, view_b,"
    " view_reference, attributes",
    "fusers": "fuser, position, record",
    "metrics": "qualified, metric, convention, reference_name, signature, higher_is_better, position",
    "origins": "id, facts",
    "further": "dataset, pair, number, file, hash, view",
    "cells": "dataset, pair, fuser, status, stage, message, remark, fuse_key, fused, fused_hash, fuse_seconds,"
    " score_seconds, finished, origin, (SELECT group_concat(line, char(10)) FROM (SELECT qualified || '|' || signature"
    " || '|' || quote(value) || '|' || quote(reason) AS line FROM scores WHERE scores.dataset=cells.dataset AND"
    " scores.pair=cells.pair AND scores.fuser=cells.fuser ORDER BY qualified))",
}


def pixels_digest(images: Iterable[tuple[str, str, str | None]]) -> str:
    """SHA-256 of all fused pixels of a fuser; images as (dataset, pair, pixel hash), in any order. Empty for none."""
    lines = sorted(f"{dataset}/{pair} {digest}" for dataset, pair, digest in images if digest)
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogatepass")).hexdigest() if lines else ""


class RunStore:
    """Access to one run folder's store.

    Args:
        folder: The run folder.
        connection: An open connection (use `create` or `open`).
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self._db = connection

    @classmethod
    def create(cls, folder: Path) -> RunStore:
        """Open the store of a run folder for writing, making folder and tables where they are missing."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / FILE
        with _named_errors(file):
            db = sqlite3.connect(file, timeout=30)
            db.execute("PRAGMA journal_mode=DELETE")
            db.execute("PRAGMA synchronous=FULL")
            if not db.execute("SELECT 1 FROM sqlite_master").fetchone():
                db.executescript("BEGIN;" + _SCHEMA + f"PRAGMA user_version={SCHEMA_VERSION}; COMMIT;")
        store = cls._checked(file, db)
        store._upgrade()
        return store

    @classmethod
    def open(cls, folder: Path) -> RunStore:
        """Open a run folder (or a store file) for reading only; works on read-only media.

        Raises:
            BenchError: There is no run there, or it is damaged or of a later version.
        """
        file = folder if folder.is_file() else folder / FILE
        if not file.is_file():
            raise BenchError(
                f"no run in {folder}: it holds no {FILE}; give the folder that `tcmoa-bench run --out` made"
            )
        with _named_errors(file):
            # The journal of a killed run holds what its last transaction overwrote; only a writer may put it back.
            mode = "rw" if file.with_name(f"{file.name}-journal").exists() else "ro"
            db = sqlite3.connect(f"{file.resolve().as_uri()}?mode={mode}", uri=True, timeout=30)
        return cls._checked(file, db)

    @classmethod
    def _checked(cls, file: Path, db: sqlite3.Connection) -> RunStore:
        db.row_factory = sqlite3.Row
        db.create_function("digest", -1, _digest, deterministic=True)
        store = cls(file.parent, db)
        try:
            with _named_errors(file):
                store._check(file)
        except BenchError:
            db.close()
            raise
        return store

    @property
    def _has_stacks(self) -> bool:
        return bool(self._db.execute("SELECT 1 FROM sqlite_master WHERE name='further'").fetchone())

    @property
    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def _check(self, file: Path) -> None:
        """Refuse a store of a later version, and one in which a byte is not what was written."""
        if self._version > SCHEMA_VERSION:
            raise BenchError(
                f"{file} was written by a later tcmoa-bench (schema {self._version}); update this one"
            )
        for (text,) in self._db.execute("PRAGMA integrity_check(1)"):
            if text != "ok":
                raise sqlite3.DatabaseError(text)
        for table in ("meta", "pairs", "fusers", "metrics", "cells", "scores"):
            self._db.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()
        if self._version >= 2:
            for table, columns in _SEALED.items():
                if table == "further" and not self._has_stacks:
                    continue
                broken = self._db.execute(
                    f"SELECT * FROM {table} WHERE checksum IS NOT digest({columns}) LIMIT 1"
                ).fetchone()
                if broken is not None:
                    raise sqlite3.DatabaseError(
                        f"a row of table {table} is not what was written: {broken[0]}"
                    )
            stray = self._db.execute("SELECT COUNT(*) FROM scores LEFT JOIN cells USING (dataset, pair, fuser)"
                                     " WHERE cells.fuser IS NULL").fetchone()[0]  # fmt: skip
            if stray:
                raise sqlite3.DatabaseError(f"{stray} scores belong to no cell")
        _ = self.meta

    def _upgrade(self) -> None:
        """Give a store of version 1 what this version writes."""
        if self._version < SCHEMA_VERSION:
            with _named_errors(self.folder / FILE):
                seals = "".join(
                    f"UPDATE {t} SET checksum=digest({columns});"
                    for t, columns in _SEALED.items()
                    if t != "further"
                )
                self._db.executescript(f"BEGIN;{_UPGRADE}{seals}PRAGMA user_version={SCHEMA_VERSION};COMMIT;")

    def _seal(self, table: str, where: str = "TRUE", arguments: Sequence[object] = ()) -> None:
        """Write the checksums of rows, inside the transaction that changes them."""
        self._db.execute(f"UPDATE {table} SET checksum=digest({_SEALED[table]}) WHERE {where}", arguments)

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def __enter__(self) -> RunStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing."""
        with self._db:
            yield

    # ---- what the runner writes

    def set_meta(self, **items: object) -> None:
        """Store manifest items as JSON."""
        with _named_errors(self.folder / FILE), self._db:
            self._db.executemany(
                "INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)",
                [
                    (key, json.dumps(value, ensure_ascii=False, sort_keys=True))
                    for key, value in items.items()
                ],
            )
            self._seal("meta")

    def declare(
        self, pairs: Iterable[PairRow], fusers: Iterable[FuserRow], metrics: Iterable[MetricRow]
    ) -> None:
        """Record what the run is about; what an earlier start of it declared stays and is updated.

        Cells of a pair whose files have changed since are failures from now on, whoever fused them: their values
        must not stand beside those of the new files. A file that cannot be read now has not changed.
        """
        known = self.stored_pairs()
        with _named_errors(self.folder / FILE), self._db:
            for position, pair in enumerate(pairs):
                old = known.get((pair.dataset, pair.pair))
                if old is not None and _other(old.hashes, pair.hashes):
                    self._disown(pair)
                self._db.execute(
                    "INSERT INTO pairs (dataset, pair, task, position, file_a, file_b, hash_a, hash_b, attributes)"
                    " VALUES (:dataset, :pair, :task, :position, :file_a, :file_b, :hash_a, :hash_b, :attributes)"
                    " ON CONFLICT (dataset, pair) DO UPDATE SET task=excluded.task, position=excluded.position,"
                    " file_a=excluded.file_a,"
                    " file_b=excluded.file_b, hash_a=COALESCE(excluded.hash_a, hash_a),"
                    " hash_b=COALESCE(excluded.hash_b, hash_b),"
                    " attributes=excluded.attributes",
                    {
                        **{key: value for key, value in vars(pair).items() if key != "further"},
                        "attributes": _json(dict(pair.attributes)),
                        "position": position,
                    },
                )
                self._declare_further(pair)
            self._db.executemany(
                "INSERT OR REPLACE INTO fusers (fuser, position, record) VALUES (?, ?, ?)",
                [(row.fuser, position, _json(row.record)) for position, row in enumerate(fusers)],
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO metrics"
                " (qualified, metric, convention, reference_name, signature, higher_is_better, position) VALUES"
                " (:qualified, :metric, :convention, :reference_name, :signature, :higher_is_better, :position)",
                [{**vars(row), "position": position} for position, row in enumerate(metrics)],
            )
            for table in ("pairs", "fusers", "metrics"):
                self._seal(table)

    def _declare_further(self, pair: PairRow) -> None:
        if pair.further:
            self._db.execute(_FURTHER)
        elif not self._has_stacks:
            return
        key = (pair.dataset, pair.pair)
        self._db.execute(
            "DELETE FROM further WHERE dataset=? AND pair=? AND number>?", (*key, 2 + len(pair.further))
        )
        self._db.executemany(
            "INSERT INTO further (dataset, pair, number, file, hash) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (dataset, pair, number) DO UPDATE SET file=excluded.file, hash=COALESCE(excluded.hash, hash)",
            [(*key, number, *source) for number, source in enumerate(pair.further, 3)],
        )
        self._seal("further", "dataset=? AND pair=?", key)

    def _disown(self, pair: PairRow) -> None:
        """Make failures of all cells of a pair whose files are no longer those that were fused."""
        key = (pair.dataset, pair.pair)
        self._db.execute("DELETE FROM scores WHERE dataset=? AND pair=?", key)
        self._db.execute(
            "UPDATE cells SET status='failed', stage='load', message=?, fused_hash=NULL WHERE dataset=? AND pair=?",
            ("the pair's files changed after this cell was computed; run its fuser again", *key),
        )
        self._seal("cells", "dataset=? AND pair=?", key)

    def forget_scores(self, pairs: Collection[PairKey], metrics: Collection[str]) -> None:
        """Delete scores of pairs by metrics, whoever fused them: what they were computed with is no longer there."""
        if not pairs or not metrics:
            return
        with _named_errors(self.folder / FILE), self._db:
            self._db.executemany(
                "DELETE FROM scores WHERE dataset=? AND pair=? AND qualified=?",
                [(*pair, name) for pair in pairs for name in metrics],
            )
            for pair in pairs:
                self._seal("cells", "dataset=? AND pair=?", pair)

    def add(self, cell: CellResult) -> None:
        """Store one cell in one transaction; scores of other metrics survive if the fused pixels are the same."""
        key = cell.key
        with _named_errors(self.folder / FILE), self._db:
            old = self._db.execute(
                "SELECT fused_hash, fuse_seconds FROM cells WHERE dataset=? AND pair=? AND fuser=?", key
            ).fetchone()
            if old and old["fused_hash"] != cell.fused_hash:
                self._db.execute("DELETE FROM scores WHERE dataset=? AND pair=? AND fuser=?", key)
            seconds = cell.fuse_seconds if cell.fuse_seconds is not None or not old else old["fuse_seconds"]
            self._db.execute(
                "INSERT OR REPLACE INTO cells (dataset, pair, fuser, status, stage, message, remark, fuse_key, fused,"
                " fused_hash, fuse_seconds, score_seconds, origin, finished)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, datetime('now'))",
                (*key, cell.status, cell.stage, cell.message, cell.remark, cell.fuse_key, cell.fused, cell.fused_hash,
                 seconds, cell.score_seconds, self._origin(cell.origin)),
            )  # fmt: skip
            self._db.executemany(
                "INSERT OR REPLACE INTO scores VALUES (?, ?, ?, ?, ?, ?, ?)",
                [(*key, *row) for row in cell.scores],
            )
            self._seal("cells", "dataset=? AND pair=? AND fuser=?", key)
            if cell.views:
                views = {name: value for name, value in cell.views.items() if name != "further"}
                columns = ", ".join(f"{name}=:{name}" for name in views)
                self._db.execute(
                    f"UPDATE pairs SET {columns} WHERE dataset=:dataset AND pair=:pair",
                    {**views, "dataset": cell.dataset, "pair": cell.pair},
                )
                self._seal("pairs", "dataset=? AND pair=?", key[:2])
                if isinstance(further := cell.views.get("further"), list):
                    self._db.executemany(
                        "UPDATE further SET view=? WHERE dataset=? AND pair=? AND number=?",
                        [(view, *key[:2], number) for number, view in enumerate(further, 3)],
                    )
                    self._seal("further", "dataset=? AND pair=?", key[:2])

    def _origin(self, facts: Mapping[str, object]) -> int | None:
        """The number under which a cell's origin is kept; equal ones are kept once."""
        if not facts:
            return None
        text = json.dumps(facts, ensure_ascii=False, sort_keys=True)
        if self._db.execute("INSERT OR IGNORE INTO origins (facts) VALUES (?)", (text,)).rowcount:
            self._seal("origins", "facts=?", (text,))
        return int(self._db.execute("SELECT id FROM origins WHERE facts=?", (text,)).fetchone()[0])

    # ---- what is there

    def stored_cells(self) -> dict[CellKey, StoredCell]:
        """Every cell that was tried."""
        signatures: dict[CellKey, dict[str, str]] = {}
        for dataset, pair, fuser, qualified, signature in self._db.execute(
            "SELECT dataset, pair, fuser, qualified, signature FROM scores"
        ):
            signatures.setdefault((dataset, pair, fuser), {})[qualified] = signature
        return {
            (dataset, pair, fuser): StoredCell(
                status, fuse_key, fused_hash, signatures.get((dataset, pair, fuser), {})
            )
            for dataset, pair, fuser, status, fuse_key, fused_hash in self._db.execute(
                "SELECT dataset, pair, fuser, status, fuse_key, fused_hash FROM cells"
            )
        }

    def stored_pairs(self) -> dict[PairKey, StoredPair]:
        """Every declared pair."""
        further = self._further()
        return {
            (dataset, pair): StoredPair(
                (hash_a, hash_b, *(source["hash"] for source in further.get((dataset, pair), ()))),
                bool(view_a),
            )
            for dataset, pair, hash_a, hash_b, view_a in self._db.execute(
                "SELECT dataset, pair, hash_a, hash_b, view_a FROM pairs"
            )
        }

    def _further(self) -> dict[PairKey, list[dict[str, str | None]]]:
        """File, hash and view of the sources after B, in order, by pair; pairs of two sources are left out."""
        found: dict[PairKey, list[dict[str, str | None]]] = {}
        if self._has_stacks:
            for row in self._db.execute("SELECT * FROM further ORDER BY dataset, pair, number"):
                own = found.setdefault((row["dataset"], row["pair"]), [])
                own.append({name: row[name] for name in ("file", "hash", "view")})
        return found

    # ---- what reports read

    @property
    def meta(self) -> dict[str, Any]:
        """Manifest items."""
        with _named_errors(self.folder / FILE):
            return {row["key"]: json.loads(row["value"]) for row in self._db.execute("SELECT * FROM meta")}

    def pairs(self) -> pd.DataFrame:
        """Pairs in suite order: dataset, pair, task, size, file_*, hash_*, view_*, attributes (dict), further, hashes.

        `view_a`, `view_b`, `view_reference` are pictures a browser can show, relative to the run folder. `further` lists
        `file`, `hash` and `view` of the sources after B; `hashes` holds those of all sources.
        """
        frame = self._frame("SELECT * FROM pairs ORDER BY position")
        frame["attributes"] = [json.loads(text) for text in frame["attributes"]]
        further = self._further()
        frame["further"] = [further.get(key, []) for key in zip(frame["dataset"], frame["pair"], strict=True)]
        frame["hashes"] = [
            (row.hash_a, row.hash_b, *(source["hash"] for source in row.further))
            for row in frame.itertuples()
        ]
        return frame

    def fusers(self) -> pd.DataFrame:
        """Fusers in suite order: fuser, record (dict of `FuserRecord`)."""
        frame = self._frame("SELECT fuser, record FROM fusers ORDER BY position")
        frame["record"] = [json.loads(text) for text in frame["record"]]
        return frame

    def metrics(self) -> pd.DataFrame:
        """Metrics in suite order: qualified, metric, convention, reference_name, signature, higher_is_better."""
        frame = self._frame("SELECT * FROM metrics ORDER BY position").drop(columns="position")
        frame["higher_is_better"] = frame["higher_is_better"].astype(bool)
        return frame

    def cells(self) -> pd.DataFrame:
        """Cells in suite order, failed ones included; `fused` is relative to the run folder.

        `origin` is the number of the cell's origin (`origins`), None where a first version computed it.
        """
        frame = self._frame(
            "SELECT c.* FROM cells c LEFT JOIN pairs p USING (dataset, pair) LEFT JOIN fusers f USING (fuser)"
            " ORDER BY p.position, f.position"
        )
        return frame if "origin" in frame else frame.assign(origin=None)

    def origins(self) -> dict[int, dict[str, Any]]:
        """Where cells were computed and by what: versions, hardware, device, host, the fuser's version and weights."""
        if self._version < 2:
            return {}
        return {row["id"]: json.loads(row["facts"]) for row in self._db.execute("SELECT * FROM origins")}

    def scores(self) -> pd.DataFrame:
        """Tidy scores in suite order.

        Columns: suite, task, dataset, pair, fuser, metric, convention, qualified, value (NaN where null), reason,
        signature, higher_is_better. Cells that failed have no rows here.
        """
        frame = self._frame(
            "SELECT p.task, s.dataset, s.pair, s.fuser, m.metric, m.convention, s.qualified, s.value, s.reason,"
            " s.signature, m.higher_is_better FROM scores s JOIN metrics m USING (qualified)"
            " JOIN pairs p USING (dataset, pair) JOIN fusers f USING (fuser)"
            " ORDER BY p.position, f.position, m.position"
        )
        frame.insert(0, "suite", self.meta.get("suite", {}).get("name", ""))
        frame["higher_is_better"] = frame["higher_is_better"].astype(bool)
        return frame

    def _frame(self, query: str) -> pd.DataFrame:
        import pandas as pd

        with _named_errors(self.folder / FILE):
            cursor = self._db.execute(query)
            columns = [item[0] for item in cursor.description]
            # Text stays Python objects: pandas' own guess turns an absent name into a float NaN.
            frame = pd.DataFrame([tuple(row) for row in cursor], columns=columns, dtype=object)
        frame = frame.drop(columns="checksum", errors="ignore")
        return frame.assign(**{name: frame[name].astype(float) for name in _NUMBERS if name in frame})
