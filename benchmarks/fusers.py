"""Milliseconds and peak memory of every classical fuser, beside the authors' code and pip's openfocus.

    python benchmarks/fusers.py [NAME ...] [--weights DIR] [--methods METHODS.csv] [--peers DIR]
        [-o benchmarks/fusers.md]

`--peers` is a folder made by `pip install --target DIR --no-deps openfocus dtcwt six imageio pillow-heif
rawpy`: openfocus installs modules named `core` and `utils`, which should not lie beside anything else.

Every fuser runs in a process of its own with two threads, on a colour source A and a gray source B (two
colour sources for multi-exposure and multi-focus methods): one run to warm up, then the best of a few.
CPU milliseconds are the process's own time, which other load on the machine does not lengthen.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import platform
import resource
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

THREADS = "2"
SIZES = ((480, 640), (1024, 1280))
REPEATS, SECONDS = 5, 5.0
#: Methods of openfocus that stand nearest to ours; their parameters and maps differ.
PEERS = {"gff": "guided_filter", "dtcwt": "dtcwt", "gfdf": "gfgfgf", "dct_var_cv": "dct"}
ROOT = Path(__file__).resolve().parent.parent


def measure(name: str, height: int, width: int, weights: str, colour: bool, peers: str) -> dict[str, float]:
    """Wall and CPU milliseconds and peak memory of one fuser, or of its peer, in this process; gray B or `colour`."""
    import cv2
    import numpy as np
    from skimage import data

    from tcmoa_bench.baselines import FUSERS
    from tcmoa_bench.types import FuserOptions, Pair, Task

    cv2.setNumThreads(int(THREADS))
    photo = data.astronaut()
    a = cv2.resize(photo, (width, height), interpolation=cv2.INTER_CUBIC)
    b = cv2.GaussianBlur(255 - a[..., ::-1], (0, 0), 2)
    if peers:
        sys.path.insert(0, peers)
        from core.multi_focus_fusion import MultiFocusFusion

        peer = MultiFocusFusion(PEERS[name])
        fuse = partial(peer.fuse, [a, b])
    else:
        fuser = FUSERS[name].create(FuserOptions(weights=Path(weights) if weights else None))
        if Task.VIF in fuser.record.tasks and not colour:
            b = b[..., 1].copy()
        fuse = partial(fuser.fuse, a, b, Pair("benchmark", name, fuser.record.tasks[0], Path("a"), Path("b")))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = [], []
    begin = time.perf_counter()
    while len(wall) < REPEATS and (len(wall) < 1 or time.perf_counter() - begin < SECONDS):
        start, used = time.perf_counter(), time.process_time()
        result = fuse()
        wall.append(time.perf_counter() - start)
        cpu.append(time.process_time() - used)
        assert np.isfinite(result).all()
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"wall": 1000 * min(wall), "cpu": 1000 * min(cpu), "memory": (after - before) / 1024}


def in_own_process(name: str, size: tuple[int, int], *options: str) -> dict[str, float]:
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), THREADS)
    command = [sys.executable, __file__, "--measure", name, *map(str, size), *options]
    done = subprocess.run(command, env={**os.environ, **limits}, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{name}: {done.stderr}")
    return json.loads(done.stdout)


def octave_seconds(methods: Path) -> dict[str, str]:
    """Seconds at 640x480 of the authors' code under Octave, as recorded in METHODS.csv."""
    if not methods.is_file():
        return {}
    with open(methods, encoding="utf-8") as file:
        return {row["method"].lower(): row["seconds_640x480_octave"] for row in csv.DictReader(file)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="default: all classical fusers")
    parser.add_argument("--weights", default="", help="folder of the learned matrices (latlrr, lp_sr, rp_sr)")
    parser.add_argument("--methods", type=Path, default=ROOT.parent / "shared" / "baselines" / "METHODS.csv")
    parser.add_argument(
        "--peers", default="", help="folder with openfocus, installed by pip install --target"
    )
    parser.add_argument("--colour", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("-o", "--output", type=Path, help="Markdown file to write")
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        name, height, width = arguments.measure
        print(
            json.dumps(
                measure(name, int(height), int(width), arguments.weights, arguments.colour, arguments.peers)
            )
        )
        return
    from tcmoa_bench.baselines import FUSERS

    names = arguments.names or [
        name
        for name, entry in FUSERS.items()
        if ".deep." not in entry.build and (arguments.weights or not entry.record.weights)
    ]
    octave = octave_seconds(arguments.methods)
    lines = [
        "| Fuser | 640x480, ms (CPU ms) | 1280x1024, ms (CPU ms) | Memory at 1280x1024 | openfocus at 1280x1024 "
        "| Octave at 640x480 | Times faster |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for name in names:
        weights = ("--weights", arguments.weights)
        small, large = (in_own_process(name, size, *weights) for size in SIZES)
        peer = ""
        if arguments.peers and name in PEERS:
            other = in_own_process(name, SIZES[1], "--peers", arguments.peers)
            own = in_own_process(name, SIZES[1], *weights, "--colour")
            peer = (
                f"{other['wall']:.0f} ({other['cpu']:.0f}), {other['memory']:.0f} MiB; here "
                f"{own['wall']:.0f} ({own['cpu']:.0f}), {own['memory']:.0f} MiB"
            )
        reference = octave.get(name, "")
        factor = f"{float(reference.lstrip('~')) * 1000 / small['cpu']:.0f}" if reference else ""
        lines.append(
            f"| {name} | {small['wall']:.0f} ({small['cpu']:.0f}) | {large['wall']:.0f} ({large['cpu']:.0f}) "
            f"| {large['memory']:.0f} MiB | {peer} | {reference + ' s' if reference else ''} | {factor} |"
        )
        print(lines[-1], flush=True)
        if arguments.output:
            arguments.output.write_text(
                PAGE.format(cores=os.cpu_count(), load=os.getloadavg()[1], rows="\n".join(lines))
            )


PAGE = f"""# Speed of the classical fusers

Written by `python benchmarks/fusers.py -o benchmarks/fusers.md`. {platform.machine()}, {{cores}} cores, {THREADS} threads a
fuser; load average of the last five minutes at the end: {{load:.1f}}. With more load than cores the wall times are too
long by about that factor, and only the CPU times tell; they count both threads. Memory is what fusing adds to the process's
peak. *openfocus* (1.72) is its nearest method on two colour images, with ours on the same; parameters and maps differ.
*Octave* is the authors' code, and *times faster* compares its seconds with our CPU seconds.

{{rows}}

The networks are in docs/deep-fusers.md; what was tried for speed is in docs/notes/fuser-speed.md.
"""


if __name__ == "__main__":
    main()
