"""Cells in worker processes of this machine. A worker that dies costs the one cell that killed it."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator, Sequence
from typing import Any

from tcmoa_bench.run.cells import Cell, run_cell
from tcmoa_bench.store import CellResult


def in_workers(cells: Sequence[Cell], jobs: int) -> Iterator[CellResult]:
    """Results of cells as they come, in any order, from `jobs` processes."""
    from joblib.externals.loky.process_executor import BrokenProcessPool

    waiting = list(cells)
    while waiting:
        finished: set[tuple[str, str, str]] = set()
        started: list[Cell] = []
        try:
            for result in _parallel(waiting, jobs, started):
                finished.add((result.dataset, result.pair, result.fuser))
                yield result
            return
        except BrokenProcessPool:
            # Whichever of the cells in flight did it is found by giving each a process of its own.
            suspects = [cell for cell in started if cell.key not in finished]
            for cell in suspects:
                yield _alone(cell)
            done = finished | {cell.key for cell in suspects}
            waiting = [cell for cell in waiting if cell.key not in done]


def killed(cell: Cell, where: str, cause: str = "") -> CellResult:
    """The failure of a cell whose process died."""
    return CellResult(
        *cell.key,
        fuse_key=cell.fuse_key,
        status="failed",
        stage="fuse",
        message=f"{where} was killed while it worked on {cell.key[2]} and pair {cell.key[1]} "
        f"({cause or 'out of memory, or a crash in native code'})",
    )


def _parallel(cells: Sequence[Cell], jobs: int, started: list[Cell]) -> Iterator[CellResult]:
    from joblib import Parallel, delayed

    here = os.getcwd()

    def dispatch() -> Iterator[Any]:
        for cell in cells:
            started.append(cell)
            yield delayed(_in_worker)(cell, jobs, here)

    yield from Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch="n_jobs", batch_size=1)(
        dispatch()
    )


def _alone(cell: Cell) -> CellResult:
    """A cell in a process of its own, whose death is the cell's failure."""
    from joblib.externals.loky import ProcessPoolExecutor
    from joblib.externals.loky.process_executor import BrokenProcessPool

    try:
        with ProcessPoolExecutor(max_workers=1) as executor:
            return executor.submit(_in_worker, cell, 1, os.getcwd()).result()
    except BrokenProcessPool as error:
        return killed(cell, "the worker process", _cause(str(error)))


# What loky says of a worker's end, such as `SIGKILL(-9)`, and what it means to a user.
_ENDS = {
    "SIGKILL": "SIGKILL: out of memory, or ended by somebody",
    "SIGSEGV": "SIGSEGV: a crash in native code",
    "SIGABRT": "SIGABRT: native code gave up",
    "SIGBUS": "SIGBUS: a file in use was cut, or a crash in native code",
    "SIGILL": "SIGILL: native code for another processor",
}


def _cause(text: str) -> str:
    name = re.search(r"SIG[A-Z]+(?=\(-\d+\))", text)
    if name:
        return _ENDS.get(name[0], name[0])
    code = re.search(r"EXIT\((\d+)\)", text)
    return f"it ended itself with exit code {code[1]}" if code else ""


def _in_worker(cell: Cell, jobs: int, here: str) -> CellResult:
    """A cell in a worker: the machine's cores are shared among the workers."""
    import cv2

    # Ctrl-C reaches the whole group: the main process says that the run ends, and ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.chdir(here)  # a worker may be older than the caller's working folder, where plug-ins are looked for
    cv2.setNumThreads(max(1, (os.cpu_count() or 1) // jobs))
    return run_cell(cell)
