"""Which source is A and which is B: what folders' names say, and signs that the two were exchanged."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tcmoa_bench.recolour import is_coloured
from tcmoa_bench.tasks import OF_SOURCES, Task
from tcmoa_bench.types import Image

#: Folder names that stand for sources A and B below one root, any case, with the task they speak for.
#: `A` and `B` speak for none.
FOLDER_NAMES: tuple[tuple[tuple[str, ...], tuple[str, ...], Task | None], ...] = (
    (("a",), ("b",), None),
    (("visible", "vis", "vi", "rgb"), ("infrared", "ir", "thermal"), Task.VIF),
    (("under", "ue"), ("over", "oe"), Task.MEF),
    (("near", "source_1"), ("far", "source_2"), Task.MFF),
    (("mri",), ("ct", "pet", "spect"), Task.MED),
    (("pan",), ("ms",), Task.PAN),
)


def task_of_names(a: str, b: str) -> Task | None:
    """The task that two folders' names speak for, A's first; None where they speak for none."""
    for names_a, names_b, task in FOLDER_NAMES:
        if a.lower() in names_a and b.lower() in names_b:
            return task
    return None


def exchanged_folders(files: Sequence[tuple[Path, Path]]) -> str:
    """A word on folders that are called the other way round (`infrared` as A); empty where they are not."""
    names = {(a.parent.name, b.parent.name) for a, b in files}
    if len(names) != 1:
        return ""
    ((a, b),) = names
    if task_of_names(b, a) is None:
        return ""
    return f"A lies in {a!r} and B in {b!r}: are the sources EXCHANGED? A is the {b} one by these names"


def source_signs(a: Image, b: Image, task: Task) -> list[str]:
    """Signs that a pair's sources are given the other way round; empty where nothing is odd.

    Args:
        a: Source A, `H x W` or `H x W x 3`.
        b: Source B.
        task: What they are said to be.
    """
    if task in (Task.VIF, Task.PAN):
        # The visible and the multispectral source are the ones in colour.
        colour, gray = (a, b) if task is Task.VIF else (b, a)
        if not is_coloured(colour) and is_coloured(gray):
            return [f"{OF_SOURCES}the gray one stands where the colour one belongs"]
    if task is Task.MEF and a.mean() > b.mean():
        return [f"{OF_SOURCES}A (under) is brighter than B (over)"]
    return []
