"""Small runs and what they left."""

import os
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


def planted(tmp_path, monkeypatch, code):
    """Code that the workers' processes run before anything else, as a fault in this package's own would be there."""
    (tmp_path / "site").mkdir()
    (tmp_path / "site/sitecustomize.py").write_text(
        f"import sys\nif 'tcmoa_bench.run.workers:serve' in ' '.join(sys.orig_argv):\n{code}"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"), prepend=os.pathsep)
