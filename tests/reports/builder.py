"""Small finished runs, made in a folder without fusing or scoring anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tcmoa_bench.reports.summary import Run, load_run
from tcmoa_bench.store import CellResult, FuserRow, MetricRow, PairRow, RunStore

ENVIRONMENT = {"tcmoa_bench": "0.1.0", "python": "3.11", "libraries": {"numpy": "2.4.0", "scipy": "1.17.0"}}


def make_run(
    folder: Path,
    values: Mapping[str, Mapping[str, Sequence[float | None]]],
    *,
    down: Sequence[str] = (),
    pairs: Sequence[str] | None = None,
    dataset: str = "d",
    task: str = "vif",
    suite: str = "s",
    signatures: Mapping[str, str] | None = None,
    fused: Mapping[tuple[str, str], str] | None = None,
    sources: Mapping[str, str] | None = None,
    records: Mapping[str, Mapping[str, Any]] | None = None,
    environment: Mapping[str, Any] | None = None,
    attributes: Mapping[str, Mapping[str, str]] | None = None,
    failed: Mapping[tuple[str, str], str] | None = None,
) -> Run:
    """A run from `values[fuser][qualified metric] = one value a pair` (None is a null score).

    Args:
        down: Metrics for which lower is better.
        failed: Message by (fuser, pair); such a cell has no scores.
        fused, sources, records, environment: What a drift check looks at, where it differs from the default.
    """
    count = max(len(column) for metrics in values.values() for column in metrics.values())
    names = list(pairs or [f"p{i + 1}" for i in range(count)])
    metrics = list(dict.fromkeys(name for columns in values.values() for name in columns))
    signature = {name: (signatures or {}).get(name, f"{name}|v1") for name in metrics}
    with RunStore.create(folder) as store:
        store.declare(
            [
                PairRow(
                    dataset, name, task, f"{name}_a.png", f"{name}_b.png",
                    (sources or {}).get(name, f"a-{name}"), f"b-{name}", (attributes or {}).get(name, {}),
                )
                for name in names
            ],
            [
                FuserRow(fuser, {"version": 1, "colour": "rgb", **(records or {}).get(fuser, {})})
                for fuser in values
            ],
            [
                MetricRow(name, *name.split("@"), name, signature[name], name not in down)
                for name in metrics
            ],
        )  # fmt: skip
        store.set_meta(
            suite={"name": suite, "version": 1, "title": "A suite", "paper": ""},
            environment=environment or ENVIRONMENT,
            device="cpu",
        )
        for fuser, columns in values.items():
            for index, name in enumerate(names):
                message = (failed or {}).get((fuser, name))
                if message is not None:
                    store.add(CellResult(dataset, name, fuser, "key", "failed", "fuse", message))
                    continue
                scores = [
                    (
                        metric,
                        signature[metric],
                        column[index],
                        None if column[index] is not None else "no value",
                    )
                    for metric, column in columns.items()
                    if index < len(column)
                ]
                image = (fused or {}).get((fuser, name), f"pixels-{fuser}-{name}")
                store.add(
                    CellResult(dataset, name, fuser, "key", fused="x.png", fused_hash=image, scores=scores)
                )
    return load_run(folder)
