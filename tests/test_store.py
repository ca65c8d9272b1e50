"""The run store as a file."""

import contextlib
import random
import shutil
import sqlite3
import subprocess
import sys

import pytest

from tcmoa_bench.errors import BenchError
from tcmoa_bench.store import CellResult, PairRow, RunStore
from tests.commands import RAMP, call
from tests.run.runs import THREE, run, scores


def test_the_store_is_one_file_and_reads_from_anywhere(pairs, tmp_path):
    """F27."""
    suite = pairs(THREE)
    run(suite, tmp_path / "run", "--fusers", "average")
    assert sorted(
        p.name for p in (tmp_path / "run").iterdir() if "sqlite" in p.name or p.name.startswith(".")
    ) == ["run.sqlite"]
    (tmp_path / "copy").mkdir()
    shutil.copyfile(tmp_path / "run/run.sqlite", tmp_path / "copy/run.sqlite")
    whole, copied = (call("tables", tmp_path / name, "--format", "md") for name in ("run", "copy"))
    assert whole.out == copied.out
    for path in [tmp_path / "run", *(tmp_path / "run").rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    assert call("tables", tmp_path / "run", "--format", "md").out == whole.out
    assert call("report", tmp_path / "run", "-o", tmp_path / "elsewhere").code == 0
    for path in [tmp_path / "run", *(tmp_path / "run").rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (lambda file: file.write_bytes(b"no database" * 99), "file is not a database"),
        (lambda file: file.write_bytes(file.read_bytes()[:9000]), "malformed"),
        (lambda file: _sql(file, "DROP TABLE scores"), "no such table: scores"),
        (
            lambda file: _sql(file, "UPDATE meta SET value = '{'"),
            "a row of table meta is not what was written",
        ),
        (lambda file: _sql(file, "PRAGMA user_version = 99"), "later tcmoa-bench"),
    ],
)
def test_a_damaged_store_is_named_and_nothing_is_lost(pairs, tmp_path, harm, words):
    suite = pairs({"p1": (RAMP, RAMP.T)})
    run(suite, tmp_path / "run", "--fusers", "average")
    harm(tmp_path / "run/run.sqlite")
    for result in (run(suite, tmp_path / "run", "--fusers", "average"), call("tables", tmp_path / "run")):
        assert (result.code, words in result.err, "run.sqlite" in result.err) == (2, True, True), result.err
    (tmp_path / "run/run.sqlite").rename(tmp_path / "away")
    again = run(suite, tmp_path / "run", "--fusers", "average")
    assert (again.code, "1 cells computed" in again.out) == (0, True)
    with RunStore.open(tmp_path / "run") as store:
        assert store.cells()["fuse_seconds"].isna().all(), "the fused image was there"


def _sql(file, statement):
    with contextlib.closing(sqlite3.connect(file)) as db, db:
        db.execute(statement)


def test_what_a_killed_transaction_left_is_never_read(pairs, tmp_path):
    """SQLite writes into the file before it commits; the journal beside it has what was there."""
    suite = pairs({f"p{i}": (RAMP, RAMP.T) for i in range(30)}, metrics='["vifb"]')
    run(suite, tmp_path / "run", "--fusers", "average")
    before = scores(tmp_path / "run")
    kill = (
        "import os, sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "for line in ('PRAGMA cache_size=2', 'BEGIN', 'UPDATE scores SET value=999'): db.execute(line)\n"
        "os.kill(os.getpid(), 9)\n"
    )
    subprocess.run([sys.executable, "-c", kill, tmp_path / "run/run.sqlite"], check=False)
    assert (tmp_path / "run/run.sqlite-journal").stat().st_size > 0
    assert scores(tmp_path / "run") == before


def test_the_next_schema_is_refused_and_an_earlier_one_is_not(pairs, tmp_path):
    """The very next version may already mean something else by the same columns."""
    suite = pairs({"p1": (RAMP, RAMP.T)})
    run(suite, tmp_path / "run", "--fusers", "average")
    file = tmp_path / "run/run.sqlite"
    with contextlib.closing(sqlite3.connect(file)) as db:
        (version,) = db.execute("PRAGMA user_version").fetchone()
    _sql(file, f"PRAGMA user_version = {version + 1}")
    result = call("tables", tmp_path / "run")
    assert (result.code, f"(schema {version + 1}); update" in result.err) == (2, True), result.err
    _sql(file, f"PRAGMA user_version = {version}")
    assert call("tables", tmp_path / "run").code == 0


def test_a_pair_that_is_declared_anew_has_its_new_task(tmp_path):
    with RunStore.create(tmp_path) as store:
        for task in ("vif", "mff"):
            store.declare([PairRow("d", "p", task, "a.png", "b.png", None, None)], [], [])
        assert list(store.pairs()["task"]) == ["mff"]


def _flipped(source, target, position, bit):
    data = bytearray(source)
    data[position] ^= 1 << bit
    target.write_bytes(bytes(data))


def test_no_flipped_bit_changes_a_score_in_silence(pairs, tmp_path):
    """A bit of a store that is copied, kept on a bad disk or mailed: noticed, or without any effect."""
    suite = pairs({f"p{i}": (RAMP, RAMP.T) for i in (1, 2)}, '["EN@tang2022", "SD@textbook"]')
    run(suite, tmp_path / "run", "--fusers", "average,maximum")
    file = tmp_path / "run" / "run.sqlite"
    whole = file.read_bytes()
    right = _content(file)
    rng = random.Random(11)
    noticed = 0
    # Half of them where rows are: what is written last lies at the ends of pages.
    rows = [i for i in range(len(whole)) if whole[i]]
    places = [rng.randrange(len(whole)) for _ in range(60)] + rng.sample(rows, 60)
    for place in places:
        _flipped(whole, file, place, rng.randrange(8))
        try:
            assert _content(file) == right, place
        except BenchError:
            noticed += 1
    assert noticed > 40


def _content(file):
    with RunStore.open(file) as store:
        frames = [store.pairs(), store.fusers(), store.metrics(), store.cells(), store.scores()]
        return [frame.to_json() for frame in frames], store.meta


def test_a_score_that_was_edited_by_hand_is_noticed(pairs, tmp_path):
    suite = pairs({"p1": (RAMP, RAMP.T)})
    run(suite, tmp_path / "run", "--fusers", "average")
    _sql(tmp_path / "run" / "run.sqlite", "UPDATE scores SET value = value + 1e-9")
    result = call("tables", tmp_path / "run")
    assert (result.code, "cells is not what was written" in result.err) == (2, True), result.err


def test_an_origin_is_kept_once_and_stays(tmp_path):
    with RunStore.create(tmp_path) as store:
        store.declare([PairRow("d", "p", "vif", "a", "b", None, None)], [], [])
        for fuser, host in (("x", "here"), ("y", "here"), ("z", "there")):
            store.add(CellResult("d", "p", fuser, "key", origin={"host": host}))
        origins = store.origins()
        assert [origins[number]["host"] for number in store.cells().set_index("fuser")["origin"][["x", "y", "z"]]] == [
            "here", "here", "there"
        ]  # fmt: skip
        assert len(origins) == 2
