"""What a run leaves beside its store: scores as CSV and Parquet, tables, the manifest, the HTML report."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tcmoa_bench.images import write_bytes
from tcmoa_bench.reports.summary import Run, groups, load_run, over_datasets, summarise
from tcmoa_bench.reports.tables.dress import side_by_side
from tcmoa_bench.reports.tables.external import Column, add_columns, stored_columns
from tcmoa_bench.reports.tables.scores import make_table
from tcmoa_bench.reports.tables.table import MISSING, RENDERERS, Table
from tcmoa_bench.types import BenchError

#: Columns of `scores.csv` and `scores.parquet`.
COLUMNS = [
    "suite",
    "task",
    "dataset",
    "pair",
    "fuser",
    "metric",
    "convention",
    "value",
    "reason",
    "signature",
]


def write_outputs(folder: Path, report: bool = True, run: Run | None = None) -> Path | None:
    """Write all outputs of a run folder; returns the path of its HTML report, None if none is wanted.

    Args:
        folder: The run folder.
        report: Write the HTML report too.
        run: What the folder holds, where it was read already.
    """
    run = run or load_run(folder)
    scores = run.scores[COLUMNS]
    _write_csv(scores, folder / "scores.csv")
    _write_parquet(scores, folder / "scores.parquet")
    _write_pairs(run.pairs, folder / "pairs.csv")
    tables = run_tables(run)
    for ending in ("md", "csv", "tex"):
        text = "\n".join(RENDERERS[ending](table) for table in tables)
        write_bytes(folder / f"tables.{ending}", text.encode("utf-8", "backslashreplace"))
    if not report:
        return None
    from tcmoa_bench.reports.html import build_report

    return build_report(folder)


def run_tables(
    run: Run,
    by: tuple[str, ...] = (),
    digits: int | None = None,
    caption: str | None = None,
    external: Sequence[Column] = (),
) -> list[Table]:
    """The run's tables: the whole, the macro mean where there are several datasets, then one for each group.

    External columns, those given and those that the run keeps, stand in the first: they are of all pairs together.
    """
    tables = []
    for label, pairs in groups(run, by):
        summary = summarise(run, pairs)
        if not label:
            summary = add_columns(summary, [*stored_columns(run), *external])
        title = f"{run.caption(caption or '')}{', ' if label else ''}{label}"
        tables.append(make_table(summary, digits, title))
    macro = over_datasets(run)
    if macro is not None:
        title = f"{run.caption(caption)}, macro mean over {macro.pairs} datasets" if caption else macro.title
        tables.insert(1, make_table(macro, digits, title))
    return tables


def grouped_table(
    run: Run, by: Sequence[str], digits: int | None = None, caption: str | None = None
) -> Table:
    """One table whose groups of columns are the run's datasets, tasks, or values of an attribute."""
    parts = [(label, summarise(run, pairs)) for label, pairs in groups(run, tuple(by)) if label]
    if not parts:
        raise BenchError(f"{run.folder}: no pair has {' or '.join(by)}; there is nothing to set side by side")
    # Of one attribute the values are names enough.
    start = f"{by[0]} " if len(by) == 1 else ""
    tables = [make_table(summary, digits, label.removeprefix(start)) for label, summary in parts]
    return side_by_side(tables, caption or summarise(run).title)


def read_scores(file: Path) -> pd.DataFrame:
    """Read a `scores.csv` back without guessing: names stay text, values are floats, `n/a` is NaN."""
    frame = pd.read_csv(file, dtype=str, keep_default_na=False, na_filter=False)
    frame["value"] = [float("nan") if text == MISSING else float(text) for text in frame["value"]]
    return frame


def _write_csv(scores: pd.DataFrame, file: Path) -> None:
    texts = scores.assign(
        value=[MISSING if value != value else repr(value) for value in scores["value"].tolist()],
        reason=scores["reason"].fillna(""),
    )
    write_bytes(file, texts.to_csv(index=False, lineterminator="\n").encode("utf-8", "backslashreplace"))


def _write_pairs(pairs: pd.DataFrame, file: Path) -> None:
    """The list of pairs with the hashes of their files, in the form that `run --pairs` takes."""
    columns = {"dataset": "dataset", "pair": "pair", "hash_a": "sha256_a", "hash_b": "sha256_b"}
    rows = pairs[list(columns)].rename(columns=columns)
    if pairs["further"].map(bool).any():
        rows["sha256_further"] = [
            ";".join(digest or "" for digest in hashes[2:]) for hashes in pairs["hashes"]
        ]
    text = rows.to_csv(index=False, lineterminator="\n")
    write_bytes(file, text.encode("utf-8", "backslashreplace"))


def _write_parquet(scores: pd.DataFrame, file: Path) -> None:
    names = [column for column in scores.columns if column != "value"]
    # By way of memory: the library takes no file name that is not valid text.
    buffer = io.BytesIO()
    scores.astype(dict.fromkeys(names, "string")).to_parquet(buffer, index=False)
    write_bytes(file, buffer.getvalue())
