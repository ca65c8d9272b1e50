"""Cells on a dask cluster whose workers see the same folders. Results go into the store by the client alone."""

from __future__ import annotations

import logging
import os
import platform
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tcmoa_bench.images import WRITING, show
from tcmoa_bench.run.cells import Cell
from tcmoa_bench.run.manifest import file_hash
from tcmoa_bench.run.workers import failed, in_workers
from tcmoa_bench.store import CellResult, PairKey
from tcmoa_bench.types import BenchError
from tcmoa_bench.version import __version__

if TYPE_CHECKING:
    from distributed import Client

#: Seconds to wait for a scheduler's answer, and for its first worker.
ANSWER, WORKERS = 10, 60

#: Most cells of one task: consecutive ones share a pair's decoded sources, and a killed worker loses no more.
BATCH = 8

Hashes = Mapping[PairKey, tuple[str | None, ...]]


def on_cluster(cells: Sequence[Cell], address: str, hashes: Hashes) -> Iterator[CellResult]:
    """Results of cells as they come, in any order.

    A worker that dies has its cells done again by others, as often as the scheduler allows
    (`distributed.scheduler.allowed-failures`). Cells that were in flight whenever workers died are then done one
    after another with nothing beside them: the one that kills again fails, the others are done.

    Args:
        cells: What to do.
        address: The scheduler's, such as `tcp://node1:8786`.
        hashes: SHA-256 of A's and B's file as this process sees them, by pair; a worker that sees others refuses.

    Raises:
        BenchError: No scheduler, no workers, or the scheduler went away; finished cells are stored by then.
    """
    try:
        from distributed import CancelledError, KilledWorker, as_completed
    except ImportError:
        raise BenchError("--scheduler needs dask: pip install 'tcmoa-bench[cluster]'") from None
    with _client(address) as client, _token(cells[0].folder) as token:
        size = max(1, min(BATCH, len(cells) // (4 * sum(client.nthreads().values()) or 1)))
        batches = [cells[start : start + size] for start in range(0, len(cells), size)]

        def submit(batch: Sequence[Cell]) -> Any:
            seen = {cell.key[:2]: hashes[cell.key[:2]] for cell in batch}
            return client.submit(_work, list(batch), seen, os.getcwd(), token, pure=False)

        waiting = {future: batch for batch in batches for future in [submit(batch)]}
        suspects: list[Cell] = []
        try:
            for future in as_completed(list(waiting)):
                batch = waiting.pop(future)
                try:
                    yield from future.result()
                except KilledWorker:
                    suspects += batch
                except CancelledError:
                    raise _gone(address) from None
                future.release()
            for cell in suspects:
                try:
                    yield from submit([cell]).result()
                except KilledWorker as error:
                    last = getattr(error, "last_worker", None)
                    where = getattr(last, "address", last)
                    yield failed(cell, f"every worker that took it was killed, the last at {where}")
        except Exception as error:
            if isinstance(error, BenchError) or client.status == "running":
                raise
            raise _gone(address) from None


@contextmanager
def _client(address: str) -> Iterator[Client]:
    from distributed import Client

    # Its own account of a lost connection is a page of tracebacks; ours is a sentence.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        client = Client(address, timeout=ANSWER)
    except (OSError, ValueError, TimeoutError) as error:
        what = str(error).partition("\n")[0] or type(error).__name__
        raise BenchError(
            f"no dask scheduler answers at {address} ({what}); start one with `dask scheduler`, and give the address that "
            "it prints"
        ) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=WORKERS)
        except TimeoutError:
            raise BenchError(
                f"the dask scheduler at {address} has no workers after {WORKERS} s; start some with "
                f"`dask worker {address} --nthreads 1`"
            ) from None
        try:
            found = client.submit(_version, pure=False).result()
        except Exception as error:  # whatever the worker's Python raises when it cannot load this package
            raise BenchError(
                f"the workers at {address} cannot load tcmoa_bench ({type(error).__name__}: {error}); install the same "
                "version there"
            ) from None
        if found != __version__:
            raise BenchError(
                f"the workers at {address} have tcmoa-bench {found}, this is {__version__}; install one version"
            )
        yield client


def _gone(address: str) -> BenchError:
    return BenchError(
        f"the dask scheduler at {address} went away; finished cells are stored, the same command goes on from there"
    )


@contextmanager
def _token(folder: Path) -> Iterator[str]:
    """A file in the run folder by which a worker knows that it sees this folder and no namesake on its own disk."""
    name = f"{WRITING}{uuid4().hex}"  # swept by the next start, should this one be killed
    (folder / name).touch()
    try:
        yield name
    finally:
        (folder / name).unlink(missing_ok=True)


def _version() -> str:
    return __version__


# Decoded sources and fusers are kept by process: threads of one worker take turns.
_TURN = threading.Lock()


def _work(cells: Sequence[Cell], hashes: Hashes, here: str, token: str) -> list[CellResult]:
    """A batch of cells in a worker's process."""
    with _TURN:
        before = os.getcwd()
        try:
            os.chdir(here)  # relative paths and plug-ins are looked for where the client is
        except OSError as error:
            return [_blind(cell, show(here), error.strerror or str(error)) for cell in cells]
        try:
            refused = {cell.key: _refusal(cell, hashes[cell.key[:2]], token) for cell in cells}
            taken = [cell for cell in cells if refused[cell.key] is None]
            return [*filter(None, refused.values()), *in_workers(taken, 1)]
        finally:
            os.chdir(before)


def _refusal(cell: Cell, hashes: tuple[str | None, ...], token: str) -> CellResult | None:
    if not (cell.folder / token).exists():
        return _blind(cell, show(cell.folder), "not the client's folder")
    for file, stated in zip(cell.pair.files, hashes, strict=True):
        if stated is not None and (found := file_hash(file)) != stated:
            return _blind(
                cell, show(file), "no such file" if found is None else "other bytes than the client's"
            )
    return None


def _blind(cell: Cell, what: str, why: str) -> CellResult:
    message = f"worker {platform.node()} does not see {what} as the client does ({why}); give workers the same folders"
    return CellResult(*cell.key, fuse_key=cell.fuse_key, status="failed", stage="load", message=message)
