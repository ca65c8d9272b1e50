"""From predictions to columns of a run's tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from tcmoa_bench.labelled import evaluate as measures
from tcmoa_bench.labelled.predictions import read
from tcmoa_bench.labelled.rows import Scene, sha256
from tcmoa_bench.reports.summary import Run
from tcmoa_bench.reports.tables.external import EXTERNAL, Column, as_stored, images_digest
from tcmoa_bench.store import RunStore

#: Raised when the values change.
VERSION = 1


def evaluate(
    run: Run,
    scenes: Sequence[Scene],
    files: Mapping[str, Path],
    detector: str,
    first: int = 1,
    facts: str = "",
) -> tuple[dict[str, dict[str, float]], list[Column]]:
    """Read and score the predictions of some rows.

    Args:
        run: The run.
        scenes: Its labelled pairs.
        files: Predictions by row: a fuser, or a source's role.
        detector: What made them, as the user says.
        first: Number of the first class in COCO's files.
        facts: What more is known of it, for signatures.

    Returns:
        Values by row and measure, and the columns of the rows that are fusers.

    Raises:
        BenchError: A file cannot be taken in; nothing is kept then.
    """
    found = {row: read(file, scenes, first) for row, file in files.items()}
    boxes = scenes[0].labels.class_map is None
    measure = measures.detection if boxes else measures.segmentation
    values = {row: measure(scenes, one) for row, one in found.items()}
    settings = f"by:{measures.library()}|max:100" if boxes else "over:all-pixels"
    truth = sha256(
        "".join(sha256(scene.pair.labels.path.read_bytes()) for scene in scenes if scene.pair.labels).encode()
    )
    fusers = [row for row in values if row in set(run.fusers["fuser"])]
    predictions = sha256("".join(f"{row}:{found[row].digest}" for row in fusers).encode())
    images = {row: images_digest(run, row) for row in fusers}
    names = dict.fromkeys(name for row in fusers for name in values[row])
    made_by = f"detector:{detector}{f'|{facts}' if facts else ''}"
    columns = [
        Column(
            f"{name} {detector}",
            True,
            f"{name}@{EXTERNAL}|v{VERSION}|{settings}|{made_by}|labels:{truth[:12]}|predictions:{predictions[:12]}",
            {row: values[row][name] for row in fusers if name in values[row]},
            images,
        )
        for name in names
    ]
    return values, columns


def keep(folder: Path, columns: Iterable[Column], detector: str) -> None:
    """Keep columns with a run, in the place of those of the same detector."""
    with RunStore.create(folder) as store:
        others = [
            facts
            for facts in store.meta.get(EXTERNAL, [])
            if f"|detector:{detector}|" not in str(facts["signature"])
        ]
        store.set_meta(**{EXTERNAL: [*others, *as_stored(columns)]})
