"""What a fuser costs: run time by one written protocol, parameters, operations, peak memory.

The protocol: one fuser and one size in a process of its own, with the number of threads given; some calls to warm up, then
calls until there are `repeats` of them or `seconds` have passed (never fewer than three); the device is waited for
before and after each. End to end is from two `uint8` pictures to the fused `uint8` picture; the network's own time is
that of its forward pass within it. Run as a program, it reads a `Job` as JSON and prints a `Timing` as JSON.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import os
import platform
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tcmoa_bench.allocator import resident_memory
from tcmoa_bench.run.fusers import fuse, parse_spec
from tcmoa_bench.run.manifest import environment
from tcmoa_bench.types import BenchError, FuserOptions, Image, Networked, Pair, Task

#: Measured calls that there are at least, however long one takes.
LEAST = 3
_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
#: Folders and seeds of the measured pictures do not matter: no fuser here reads them.
_FILES = (Path("a.png"), Path("b.png"))


@dataclass(frozen=True)
class Protocol:
    """How times are taken.

    Attributes:
        warmup: Calls before the first measured one.
        repeats: Measured calls.
        seconds: No further call is begun after so many seconds of measured ones.
        threads: Threads of every library.
        device: Torch device.
        timeout: Seconds after which a fuser is given up.
    """

    warmup: int = 3
    repeats: int = 20
    seconds: float = 20.0
    threads: int = 1
    device: str = "cpu"
    timeout: float = 600.0


@dataclass(frozen=True)
class Timing:
    """What one fuser costs at one size; None where it has no such figure.

    Attributes:
        fuser: Its name, with its options.
        task: What was fused.
        height, width: Size of the pictures.
        problem: Why there are no figures; empty where there are.
        calls: Measured calls.
        seconds: Median of the calls, end to end.
        low, high: Their 10th and 90th percentile.
        cpu: Median of the processor's seconds in a call, all threads together: other work on the machine does not
            lengthen them.
        network: Median of the network's own seconds in a call.
        parameters: Numbers that the network learned.
        flops: Floating-point operations of its convolutions, matrix products and attention in a call (a multiplication and
            an addition are two), by torch's flop counter.
        memory: Bytes that fusing adds to the process's peak; on a GPU the peak of what torch allocated there.
        precision: Number format of the network.
    """

    fuser: str
    task: str
    height: int
    width: int
    problem: str = ""
    calls: int = 0
    seconds: float | None = None
    low: float | None = None
    high: float | None = None
    cpu: float | None = None
    network: float | None = None
    parameters: int | None = None
    flops: int | None = None
    memory: int | None = None
    precision: str = ""


@dataclass(frozen=True)
class Job:
    """What a process is to measure: a fuser as on the command line, a task (or none), a size, how."""

    fuser: str
    task: str
    height: int
    width: int
    protocol: Protocol
    weights: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


def in_own_process(job: Job) -> Timing:
    """Measure a job in a new process; what goes wrong is the result's `problem`."""
    limits = dict.fromkeys(_THREADS, str(job.protocol.threads))
    failed = Timing(job.fuser, job.task, job.height, job.width)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "tcmoa_bench.run.timing"],
            input=json.dumps(dataclasses.asdict(job)).encode(),
            env={**os.environ, **limits},
            capture_output=True,
            timeout=job.protocol.timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return dataclasses.replace(failed, problem=f"took longer than {job.protocol.timeout:g} s")
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        how = f"ended by signal {-done.returncode}" if done.returncode < 0 else last
        return dataclasses.replace(failed, problem=how or f"exit code {done.returncode}")
    return Timing(**json.loads(done.stdout.splitlines()[-1]))


def measure(job: Job) -> Timing:
    """Measure a job in this process, which should do nothing else.

    Raises:
        BenchError: The fuser cannot be had, or cannot fuse pictures of this size.
    """
    import cv2
    import torch

    protocol = job.protocol
    cv2.setNumThreads(protocol.threads)
    torch.set_num_threads(protocol.threads)
    options = FuserOptions(protocol.device, Path(job.weights) if job.weights else None, job.extra)
    fuser = parse_spec(job.fuser, options).create()
    task = Task(job.task) if job.task else fuser.record.tasks[0]
    pair = Pair("time", fuser.record.name, task, *_FILES)
    a, b = pictures(job.height, job.width, task)
    on_gpu = torch.device(protocol.device).type == "cuda"
    wait = torch.cuda.synchronize if on_gpu else lambda: None
    clock = _Clock(wait)
    network = fuser.network if isinstance(fuser, Networked) else None
    if isinstance(fuser, Networked):
        fuser.watch(clock.around)

    def call() -> None:
        fuse(fuser, fuser.record.name, a, b, pair)

    before = resident_memory()
    if on_gpu:
        torch.cuda.reset_peak_memory_stats()
    for _ in range(max(protocol.warmup, 1)):
        call()
    whole: list[float] = []
    used: list[float] = []
    inner: list[float] = []
    begin = time.perf_counter()
    while len(whole) < protocol.repeats and (
        len(whole) < LEAST or time.perf_counter() - begin < protocol.seconds
    ):
        clock.total = 0.0
        wait()
        start, cpu = time.perf_counter(), time.process_time()
        call()
        wait()
        whole.append(time.perf_counter() - start)
        used.append(time.process_time() - cpu)
        inner.append(clock.total)
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    memory = torch.cuda.max_memory_allocated() if on_gpu else peak - before
    low, median, high = np.percentile(whole, (10, 50, 90))
    return Timing(
        job.fuser,
        str(task),
        job.height,
        job.width,
        calls=len(whole),
        seconds=float(median),
        low=float(low),
        high=float(high),
        cpu=float(np.median(used)),
        network=None if network is None else float(np.median(inner)),
        parameters=None if network is None else sum(p.numel() for p in network.parameters()),
        flops=None if network is None else _count_flops(call),
        memory=memory,
        precision="" if network is None else _precision(job, network),
    )


class _Clock:
    """Adds up the seconds of a network's calls, its device waited for."""

    def __init__(self, wait: Callable[[], None]) -> None:
        self.total = 0.0
        self._wait = wait

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, timed."""

        def timed(*args: Any, **kwargs: Any) -> Any:
            self._wait()
            start = time.perf_counter()
            result = function(*args, **kwargs)
            self._wait()
            self.total += time.perf_counter() - start
            return result

        return timed


def _count_flops(call: Callable[[], None]) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        call()
    return int(counter.get_total_flops())


def _precision(job: Job, network: Any) -> str:
    chosen = job.extra.get("precision") or dict(
        part.partition("=")[::2] for part in job.fuser.split(":")[1:]
    ).get("precision", "full")
    own = str(next(network.parameters()).dtype).removeprefix("torch.")
    return {"full": own, "half": "float16"}.get(chosen, chosen)


def pictures(height: int, width: int, task: Task) -> tuple[Image, Image]:
    """Two registered pictures of a size: a photograph (NASA, public domain) and its blurred negative.

    B is gray where the task's is (infrared); pan-sharpening's A.
    """
    import cv2
    from skimage import data

    a = cv2.resize(data.astronaut(), (width, height), interpolation=cv2.INTER_CUBIC)
    b = cv2.GaussianBlur(255 - a[..., ::-1], (0, 0), 2)
    gray = {Task.VIF: 1, Task.MED: 0, Task.PAN: 0}.get(task)
    sources = [a, b]
    if gray is not None:
        sources[gray] = sources[gray][..., 1].copy()
    return sources[0], sources[1]


def time_all(
    fusers: Sequence[str],
    sizes: Sequence[tuple[int, int]],
    protocol: Protocol,
    task: str = "",
    weights: str = "",
    extra: Mapping[str, str] | None = None,
) -> Iterator[Timing]:
    """Timings of fusers (as on the command line) at sizes (height, width), one after the other."""
    for name in fusers:
        for height, width in sizes:
            yield in_own_process(Job(name, task, height, width, protocol, weights, extra or {}))


def hardware(device: str) -> str:
    """What the times are of: the card, or the processor."""
    import torch

    if torch.device(device).type == "cuda":
        return torch.cuda.get_device_name(torch.device(device))
    return str(environment()["cpu"] or platform.machine())


def file_name(protocol: Protocol, precision: str = "float32") -> str:
    """A CSV's name as timm names its own: what was done, in which precision of networks, by which torch, on what.

    `benchmark-fuse-float32-pt2.9.1-cpu-amd-epyc-1t.csv`
    """
    import torch

    version = torch.__version__.partition("+")[0]
    words = re.sub(r"[^a-z0-9]+", "-", hardware(protocol.device).lower()).strip("-")
    place = torch.device(protocol.device).type
    place = f"cu{(torch.version.cuda or '').replace('.', '')}" if place == "cuda" else place
    threads = f"-{protocol.threads}t" if place == "cpu" else ""
    return f"benchmark-fuse-{precision}-pt{version}-{place}-{words}{threads}.csv"


def to_csv(timings: Iterable[Timing], protocol: Protocol) -> str:
    """One line for each fuser and size, with timm's names where it has them, and the protocol in every line."""
    heads = (
        "model", "infer_samples_per_sec", "infer_step_time", "infer_step_time_p10", "infer_step_time_p90",
        "cpu_step_time", "network_step_time", "infer_batch_size", "infer_img_size", "infer_gflops", "param_count",
        "peak_memory_mib", "task", "precision", "calls", "warmup", "threads", "device", "hardware", "problem",
    )  # fmt: skip
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(heads)
    where = hardware(protocol.device)
    for t in timings:
        milliseconds = (t.seconds, t.low, t.high, t.cpu, t.network)
        writer.writerow([
            t.fuser, _shown(t.seconds and 1 / t.seconds, 3), *(_shown(s and 1000 * s, 3) for s in milliseconds),
            1, f"{t.width}x{t.height}", _shown(t.flops and t.flops / 1e9, 3),
            _shown(t.parameters and t.parameters / 1e6, 4), _shown(t.memory and t.memory / 2**20, 1), t.task,
            t.precision, t.calls, protocol.warmup, protocol.threads, protocol.device, where, t.problem,
        ])  # fmt: skip
    return buffer.getvalue()


def _shown(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def main() -> None:
    """Read a `Job` as JSON, measure, print a `Timing` as JSON; exit code 2 with the reason on standard error."""
    facts = json.load(sys.stdin)
    try:
        timing = measure(Job(**{**facts, "protocol": Protocol(**facts["protocol"])}))
    except (BenchError, ValueError) as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        sys.exit(2)
    print(json.dumps(dataclasses.asdict(timing)))


if __name__ == "__main__":
    main()
