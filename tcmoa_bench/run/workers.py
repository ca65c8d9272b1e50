"""Cells in worker processes of this machine. One that dies or hangs costs the cell that it was given, nothing else.

No cell is worked on in the process that plans and writes, not with one worker either.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
import time
import warnings
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait

from tcmoa_bench.baselines.external.isolated import plain
from tcmoa_bench.processes import Process
from tcmoa_bench.run.cells import Cell, Stage, forget, make_fuser, run_cell
from tcmoa_bench.run.fusers import AT_ONCE, FuserSpec, how_joined
from tcmoa_bench.store import CellResult
from tcmoa_bench.types import BenchError, Computed, Fuser, FuserError, FuserRecord, Image, Pair

#: Seconds after which a worker without work ends. Until then the next run of this process uses it.
IDLE = 60.0
#: Seconds for a worker's start.
START = 120.0
#: Seconds beyond `--timeout`: plug-ins and commands are ended by their own watch, which has their output to show.
GRACE = 3.0

_WORDS: dict[Stage, str] = {"load": "reading the pair", "fuse": "fusing", "score": "computing"}


def in_workers(cells: Sequence[Cell], jobs: int) -> Iterator[CellResult]:
    """Results of cells as they come, in any order, from `jobs` processes.

    A cell whose process dies, or takes longer than the fuser's `timeout` for a step (reading, fusing, one metric), fails
    with the cause. Where others were at work beside it, it gets a second try with nothing beside it: together they may
    have needed more memory than there is.
    """
    waiting = deque(cells)
    again: list[Cell] = []
    idle: list[_Worker] = []
    busy: dict[Connection, _Worker] = {}
    heard: list[CellResult] = []
    try:
        while waiting or busy or heard:
            while waiting and len(busy) < jobs:
                worker = idle.pop() if idle else _worker(jobs)
                worker.give(waiting.popleft())
                busy[worker.pipe] = worker
            yield from heard  # the workers are at work while these are written
            heard = []
            if not busy:
                continue
            alone = len(busy) == 1
            ready = set(wait(list(busy), max(0.0, min(w.deadline for w in busy.values()) - time.monotonic())))
            for pipe, worker in list(busy.items()):
                if pipe in ready:
                    result = worker.hear()
                elif worker.late:
                    result = worker.overdue()
                else:
                    continue
                if result is None:
                    continue
                del busy[pipe]
                if worker.alive:
                    idle.append(worker)
                if worker.died and not alone:
                    again.append(worker.cell)
                else:
                    heard.append(result)
        yield from in_workers(again, 1) if again else ()
    finally:
        for worker in busy.values():
            worker.end()
        _keep(idle)


class _Worker:
    """A worker process and the cell that it works on."""

    def __init__(self, jobs: int) -> None:
        self.key = _key(jobs)
        self._process = Process(f"{__name__}:serve", environment=_environment(jobs))
        self._process.send(_threads(jobs))
        self.pipe = self._process.pipe
        self.end = self._process.end
        self.died = False
        self.idle_since = time.monotonic()

    @property
    def alive(self) -> bool:
        """Whether the process has not ended."""
        return self._process.alive

    def give(self, cell: Cell) -> None:
        """Let it work on a cell."""
        self.cell = cell
        self._stage: Stage = "load"
        self._what = ""
        self._process.send((os.getcwd(), cell))  # it may be older than this process's stay in this folder
        self.deadline = time.monotonic() + max(START, self._limit)

    @property
    def late(self) -> bool:
        """Whether it takes too long."""
        return time.monotonic() >= self.deadline

    @property
    def _limit(self) -> float:
        return self.cell.fuser.options.timeout + GRACE

    def hear(self) -> CellResult | None:
        """The cell's result, the failure that the process's end is, or None: it has only said what it does now."""
        try:
            said = self.pipe.recv()
        except (EOFError, OSError):
            self.died = True
            return self._failure(f"the worker process {self._process.ending()} while {self._doing}")
        if isinstance(said, CellResult):
            self.idle_since = time.monotonic()
            return said
        self._stage, self._what = said
        self.deadline = time.monotonic() + self._limit
        return None

    def overdue(self) -> CellResult:
        """End it; the failure that this is."""
        self.end()
        return self._failure(
            f"took longer than {self.cell.fuser.options.timeout:g} s {self._doing} and was ended"
        )

    def make(self, spec: FuserSpec) -> Fuser | None:
        """As `made`."""
        self._process.send((os.getcwd(), spec))
        what = ""
        try:
            if not self.pipe.poll(max(START, spec.options.timeout)):
                self.end()
                what = f"took longer than {max(START, spec.options.timeout):g} s to be made and was ended"
            else:
                good, answer = self.pipe.recv()
        except (EOFError, OSError):
            what = f"the process that made it {self._process.ending()}"
        self.idle_since = time.monotonic()
        if what:
            raise FuserError(f"{spec.label}: {what}")
        if not good:
            raise answer
        return Elsewhere(*answer) if answer is not None else None

    def forget(self) -> None:
        """Have it drop what it keeps between cells."""
        self._process.send((os.getcwd(), None))

    @property
    def _doing(self) -> str:
        return f"{_WORDS[self._stage]} {self._what}".rstrip()

    def _failure(self, what: str) -> CellResult:
        return failed(self.cell, what, self._stage)


class Elsewhere(Computed):
    """A fuser that a worker made: what is known of it.

    Args:
        record: Its record.
        remarks: What the user should know.
    """

    def __init__(self, record: FuserRecord, remarks: Sequence[str]) -> None:
        self.record, self.remarks = record, remarks

    def fuse(self, a: Image, b: Image, pair: Pair) -> Image:
        """Never done here."""
        raise FuserError(f"{self.record.name} is in a worker process")


def start() -> None:
    """Start the worker of a run with one, if there is none: it takes as long as a plan."""
    _kept.append(_worker(1))


def made(spec: FuserSpec) -> Fuser | None:
    """Have a fuser made by a worker, which keeps it for its cells: a network is loaded once, and not where runs are planned.

    Returns:
        What is known of it; None where a plan needs more: it reads files of its own, or takes stacks at once.

    Raises:
        BenchError: It cannot be made.
    """
    start()
    return _kept[-1].make(spec)


def failed(cell: Cell, what: str, stage: Stage = "fuse") -> CellResult:
    """The failure of a cell whose process died or was ended."""
    return CellResult(*cell.key, fuse_key=cell.fuse_key, status="failed", stage=stage, message=what)


# Workers without work, for the next run of this process: their start costs more than a small run's cells.
_kept: list[_Worker] = []


def _worker(jobs: int) -> _Worker:
    key, now = _key(jobs), time.monotonic()
    while _kept:
        worker = _kept.pop()
        if worker.key == key and worker.alive and now - worker.idle_since < IDLE / 2:
            return worker
        worker.end()
    return _Worker(jobs)


def _keep(workers: Sequence[_Worker]) -> None:
    for worker in workers:
        # Somebody's metric may be another when the next run starts.
        if any(":" in spec for spec in worker.cell.metrics):
            worker.end()
        else:
            worker.forget()
            _kept.append(worker)


def _key(jobs: int) -> object:
    """What a worker took over from this process when it was started."""
    # pytest's variable changes with every test and says nothing to a worker.
    environment = {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"}
    return jobs, os.getpid(), tuple(sys.path), environment


def _threads(jobs: int) -> int:
    return max(1, (os.cpu_count() or 1) // jobs)


def _environment(jobs: int) -> dict[str, str]:
    """The machine's cores are shared among the workers."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS") if jobs > 1 else ()
    return {**dict.fromkeys(names, str(_threads(jobs))), **os.environ}


Order = tuple[str, Cell | FuserSpec | None]


def serve(pipe: Connection) -> None:
    """Work on cells, one after another; the whole life of a worker."""
    import cv2

    warnings.filterwarnings("ignore", module="PIL")  # as the command line does
    cv2.setNumThreads(pipe.recv())
    given: queue.SimpleQueue[Order] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(pipe, given), daemon=True).start()
    while True:
        try:
            here, thing = given.get(timeout=IDLE)
        except queue.Empty:
            return
        os.chdir(here)
        if isinstance(thing, Cell):
            pipe.send(run_cell(thing, lambda stage, what: pipe.send((stage, what))))
        elif isinstance(thing, FuserSpec):
            pipe.send(_make(thing))
        else:
            forget()


def _make(spec: FuserSpec) -> tuple[bool, object]:
    try:
        fuser = make_fuser(spec)
    except BenchError as error:
        return False, plain(error)
    known = (fuser.record, tuple(getattr(fuser, "remarks", ())))
    return True, known if isinstance(fuser, Computed) and how_joined(fuser) != AT_ONCE else None


def _listen(pipe: Connection, given: queue.SimpleQueue[Order]) -> None:
    """Take orders also while a cell is worked on: where nobody is left to give them, its result is nobody's."""
    try:
        while True:
            given.put(pipe.recv())
    except (EOFError, OSError):
        os._exit(0)
