"""Where a page's numbers come from: what the run is made of, what failed, how to start it again, on what machine."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from filelock import FileLock, Timeout

from tcmoa_bench.reports.html.text import Anonymous, link
from tcmoa_bench.reports.summary import Run, Summary
from tcmoa_bench.reports.tables.scores import counted
from tcmoa_bench.reports.tables.table import MISSING


def failures(run: Run, clean: Anonymous) -> list[tuple[str, str, str, str, str]]:
    """Failed cells: dataset, pair, fuser, stage and message."""
    return [
        (row.dataset, row.pair, row.fuser, row.stage, clean(row.message))
        for row in run.failures().itertuples()
    ]


def repeat_command(run: Run, clean: Anonymous) -> str:
    """The run's own command: started again, it does only what failed or is missing."""
    return clean(shlex.join(str(part) for part in run.meta.get("command", ())))


def facts(run: Run, clean: Anonymous) -> list[tuple[str, str]]:
    """Lines of the page's head about where the numbers come from."""
    meta: Mapping[str, Any] = run.meta
    machine = meta.get("environment", {})
    suite = meta.get("suite", {})
    libraries = ", ".join(f"{name} {version}" for name, version in machine.get("libraries", {}).items())
    rows = [
        ("Suite", f"{suite.get('name', '')} (version {suite.get('version', '')})"),
        ("Started", meta.get("started")),
        ("Finished", meta.get("finished") or "not yet: this run was ended before its last cell"),
        ("Device", meta.get("device")),
        ("Machine", ", ".join(str(part) for part in (machine.get("cpu"), machine.get("platform")) if part)),
        (
            "tcmoa-bench",
            " ".join(str(part) for part in (machine.get("tcmoa_bench"), machine.get("commit")) if part),
        ),
        ("Python", machine.get("python")),
        ("Libraries", libraries),
        ("Dataset fingerprint", meta.get("dataset_fingerprint")),
        ("Seed", meta.get("seed")),
    ]
    return [(name, clean(str(value))) for name, value in rows if value not in (None, "")]


def state(run: Run) -> str:
    """Whether a run is finished, at work, or was ended before its last cell."""
    if not run.missing:
        return "finished"
    tried = f"{len(run.cells)} of {len(run.cells) + run.missing} cells"
    return f"{'at work' if _at_work(run.folder) else 'stopped'}: {tried}"


def _at_work(folder: Path) -> bool:
    """Whether a process holds the run folder; a killed one leaves its file, but not its lock."""
    file = folder / ".lock"
    if not file.is_file():
        return False
    lock = FileLock(file, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        return True
    except OSError:
        return False
    lock.release()
    return False


def unfinished(run: Run, compared: int) -> str:
    """What a reader must know of a run that lacks cells; empty for a finished one."""
    if not run.missing:
        return ""
    tried, pairs = len(run.cells), len(run.pairs)
    how = "still at work" if _at_work(run.folder) else "not finished"
    text = f"{tried} of {tried + run.missing} cells: this run is {how}."
    if compared < pairs:
        text += f" Means, ranks and tests are over the {counted(compared, 'pair')} of {pairs} that every fuser has."
    return f"{text} The same command goes on with it."


def outputs(folder: Path, base: str) -> list[tuple[str, str]]:
    """Files of the run folder with the numbers: name and link."""
    names = (
        "scores.csv",
        "scores.parquet",
        "tables.csv",
        "tables.tex",
        "tables.md",
        "pairs.csv",
        "manifest.json",
    )
    return [(name, url) for name in names if (folder / name).is_file() and (url := link(name, base))]


def source_folders(run: Run) -> set[str]:
    """Folders of the sources, and those above them down to three parts: their names stand in messages."""
    names = [*run.pairs["file_a"], *run.pairs["file_b"]]
    names += [source["file"] for own in run.pairs["further"] for source in own]
    files = [PurePath(name) for name in names]
    return {str(parent) for file in set(files) for parent in file.parents if len(parent.parts) > 1}


def counts(run: Run, summary: Summary, order: Sequence[str]) -> list[tuple[int, str]]:
    """What the run is made of, in numbers."""
    datasets = run.pairs["dataset"].nunique()
    numbers = [
        (datasets, "dataset"),
        (len(run.pairs), "pair"),
        (len(order), "fuser"),
        (len(summary.qualified), "metric"),
    ]
    return [(n, noun if n == 1 else f"{noun}s") for n, noun in numbers]


def fusers(run: Run, order: Sequence[str], clean: Anonymous) -> list[dict[str, str]]:
    """What is known of each fuser, and its run time."""
    records = dict(zip(run.fusers["fuser"], run.fusers["record"], strict=True))
    seconds = run.cells.groupby("fuser")["fuse_seconds"].mean()
    return [
        {
            "name": name,
            "colour": str(records[name].get("colour", "")),
            "seconds": f"{seconds[name]:.3g}"
            if name in seconds and seconds[name] == seconds[name]
            else MISSING,
            "words": clean(
                ". ".join(str(text) for key in ("paper", "notes") if (text := records[name].get(key)))
            ),
        }
        for name in order
    ]
