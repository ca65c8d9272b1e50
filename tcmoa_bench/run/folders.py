"""A suite made of what the user points at: two folders of sources, a folder that holds them, or a list of pairs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tcmoa_bench import datasets
from tcmoa_bench.datasets import generic
from tcmoa_bench.datasets.roles import task_of_names
from tcmoa_bench.images import show
from tcmoa_bench.run.suite import Suite, load_suite, suite_names
from tcmoa_bench.types import BenchError, Task

#: The shipped suite whose metrics and fusers stand in where the user names none; tasks that no paper's table
#: covers take those of visible-infrared fusion, as unseen tasks do in TC-MoA's paper.
_TEMPLATES: Mapping[Task, str] = {Task.VIF: "vif", Task.MEF: "mef", Task.MFF: "mff"}


def suite_of_folders(
    a: Path | None = None,
    b: Path | None = None,
    csv: Path | None = None,
    data: Path | None = None,
    task: str | None = None,
    fusers_too: bool = True,
    stacks: Path | None = None,
    further: Sequence[Path] = (),
) -> Suite:
    """A suite of the user's own pairs, with no file written by hand.

    Args:
        a: Folder of source A, and
        b: folder of source B, whose pictures have the same stems; or
        csv: List of pairs with the columns `a,b[,name,reference,fused,further]`; or
        data: A folder that holds two folders of known names, such as `visible/` and `infrared/`.
        task: What the sources are; by default what the folders' names say, else `vif`.
        fusers_too: Whether the fusers of the task's shipped suite belong to it.
        stacks: Folder of stacks of more than two sources, a folder for each scene; needs `task`.
        further: Folders of the sources after B, beside `a` and `b`.

    Returns:
        The suite, named after the folder that holds the sources. Its metrics are those of the task's shipped suite.

    Raises:
        BenchError: Folders or lists are missing, ambiguous or of no known names.
    """
    entry: dict[str, object]
    if csv is not None:
        name, entry = csv.stem, {"csv": str(csv)}
    elif stacks is not None:
        if task is None:
            raise BenchError("say with --task what the stacks are: mef (exposures) or mff (focus)")
        name, entry = stacks.absolute().name, {"stacks": str(stacks)}
    elif a is not None and b is not None:
        a_root, b_root = a.absolute().parent, b.absolute().parent
        name, entry = (a_root.name if a_root == b_root else "", {"a": str(a), "b": str(b)})
        task = task or task_of_names(a.absolute().name, b.absolute().name)
        entry |= {"further": [str(folder) for folder in further]} if further else {}
    elif data is not None:
        try:
            a, b, shown = generic.find_folders(data)
        except BenchError as error:
            raise BenchError(f"{error}{_known_sets(data)}") from None
        name, entry, task = data.absolute().name, {"a": str(a), "b": str(b)}, task or shown
    else:
        raise BenchError(
            "nothing to run: give --suite NAME (see `tcmoa-bench ls suites`), or your own pairs by --a DIR --b DIR, "
            "--csv FILE, --stacks DIR, or --data DIR with folders such as visible/ and infrared/"
        )
    kind = Task(task or Task.VIF)
    template = load_suite(_TEMPLATES.get(kind, "vif"))
    title = show(name) or "pairs"
    return replace(
        Suite(title, title=f"{title} ({kind})"),
        datasets=({"name": "pairs", "label": title, "task": str(kind), **entry},),
        metrics=template.metrics,
        fusers=template.fusers if fusers_too else (),
        fused_maps={"fused": str(csv)} if csv is not None and generic.has_fused(csv) else {},
    )


def _known_sets(data: Path) -> str:
    """Which datasets of the catalogue lie there, and the suites that run them."""
    there = [dataset.name for dataset, _ in datasets.found_in(data)]
    if not there:
        return ""
    fitting = [
        name
        for name in suite_names()
        if any(str(entry["name"]) in there for entry in load_suite(name).datasets)
    ]
    by = f" with --suite {' or '.join(fitting)}" if fitting else " by a suite file"
    return f". There are known datasets ({', '.join(there)}): run them{by}"


def hint(data: Path | None) -> str:
    """How to run what lies in `data` where a suite's own datasets do not; empty if nothing is known there."""
    if data is None:
        return ""
    try:
        a, b, task = generic.find_folders(data)
    except BenchError:
        return _known_sets(data).removeprefix(". ")
    return (
        f"There are folders of sources, {show(a.name)} and {show(b.name)}"
        f"{f' ({task})' if task else ''}: leave out --suite to run them"
    )
