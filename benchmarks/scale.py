"""What a run of many pairs costs before any pixel is made: CPU seconds to plan, bytes of a cell that goes to a worker.

`python -m benchmarks.scale 500 4000 20000` prints a line for each number of pairs (16 x 16 pixels), once with one fuser
and once with a folder of fused images beside it.
"""

from __future__ import annotations

import pickle
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tcmoa_bench.images import encode_png
from tcmoa_bench.run.plan import make_plan
from tcmoa_bench.run.request import Request
from tcmoa_bench.run.suite import load_suite

SUITE = 'name = "scale"\nmetrics = ["EN@textbook"]\n[[datasets]]\nname = "pairs"\ntask = "vif"\na = "A"\nb = "B"\n'


def measure(root: Path, pairs: int) -> None:
    picture = encode_png(np.arange(256, dtype=np.uint8).reshape(16, 16))
    for folder in ("A", "B", "fused"):
        (root / folder).mkdir(parents=True)
        for number in range(pairs):
            (root / folder / f"p{number:06}.png").write_bytes(picture)
    (root / "suite.toml").write_text(SUITE)
    suite = load_suite(str(root / "suite.toml"))
    for label, fused in (("average", ()), ("average and a folder", (("OURS", root / "fused"),))):
        started = time.process_time()
        plan = make_plan(Request(suite, root / "run", fusers=("average",), fused=fused), None)
        seconds = time.process_time() - started
        size = max(len(pickle.dumps(cell)) for cell in plan.todo)
        print(
            f"{pairs:6} pairs, {label:20}: {seconds:6.2f} CPU s to plan, {1e6 * seconds / len(plan.todo):5.0f} us a cell, "
            f"{size} bytes the largest cell"
        )


def main() -> None:
    for count in map(int, sys.argv[1:] or ("500", "4000")):
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), count)


if __name__ == "__main__":
    main()
