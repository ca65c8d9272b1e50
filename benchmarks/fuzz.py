"""Coverage-guided fuzzing of the readers: files that `benchmarks.mutants` would not think of.

`python -m benchmarks.fuzz KIND SECONDS` (needs `pip install atheris`) grows files of one kind (`benchmarks.mutants` names
them) towards lines of code that no file reached before, and stops at the first that its reader neither takes nor refuses.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import atheris

GUIDED = ["tcmoa_bench", "csv", "tomllib", "json", "xml", "PIL", "pickle", "zipfile"]
with atheris.instrument_imports(include=GUIDED):
    import tcmoa_bench.checkpoints
    import tcmoa_bench.cli.run
    import tcmoa_bench.cli.score
    import tcmoa_bench.cli.train
    import tcmoa_bench.convert
    import tcmoa_bench.documents
    import tcmoa_bench.images
    import tcmoa_bench.labelled.imported
    import tcmoa_bench.labels
    import tcmoa_bench.lists
    import tcmoa_bench.reports.drift.compare
    import tcmoa_bench.run.suite  # noqa: F401
from benchmarks.mutants import ROOMS, Kind  # noqa: E402


def main() -> None:
    name, seconds = sys.argv[1:3]
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        kinds: dict[str, Kind] = {}
        for room, make in enumerate(ROOMS):
            if name not in kinds:
                (Path(folder) / str(room)).mkdir()
                kinds = make(Path(folder) / str(room))
        kind = kinds[name]
        with atheris.instrument_imports(include=GUIDED):
            kind.run()  # what is imported when it is used, such as Pillow's reader of a form
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        (corpus / "whole").write_bytes(kind.whole)

        def once(data: bytes) -> None:
            kind.file.write_bytes(data)
            code, err = kind.run()
            if code not in (0, 1, 2) or "Traceback" in err:
                raise RuntimeError(err)

        found = f"-artifact_prefix={os.environ.get('FOUND', '/tmp')}/fuzz-{name}-"
        atheris.Setup(
            ["fuzz", str(corpus), f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1000", found],
            once,
        )
        atheris.Fuzz()


if __name__ == "__main__":
    main()
