"""Small runs and what they left."""

import sys

from tcmoa_bench.store import RunStore
from tests.commands import call, const

THREE = {f"p{i}": (const(100), const(100)) for i in (1, 2, 3)}
COPY = f"CALLED={sys.executable} copier.py {{a}} {{out}}"


def scores(folder):
    with RunStore.open(folder) as store:
        frame = store.scores()
    return {(r.pair, r.fuser, r.metric): r.value for r in frame.itertuples()}


def run(suite, out, *args):
    """A run without its page, which costs more than all the rest of a small one."""
    return call("run", "--suite", suite, "--out", out, "--no-report", *args)
