"""All the datasets by name, and the ways to open one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from tcmoa_bench import plugins
from tcmoa_bench.datasets import generic, med, mef, mff, pan, sample, vif
from tcmoa_bench.datasets.dataset import Dataset, Opened
from tcmoa_bench.datasets.files import Tree
from tcmoa_bench.registry import Registry
from tcmoa_bench.types import BenchError, Pair

#: Every dataset that has a name of its own; `pairs`, the generic one, is opened by `open_dataset`.
DATASETS: Registry[Dataset] = Registry("dataset")

for _module in (sample, vif, mef, mff, med, pan):
    for _dataset in _module.DATASETS:
        DATASETS.add(_dataset.name, _dataset, _dataset.aliases)


GROUP = "tcmoa_bench.datasets"
FORM = "module:name, such as my_data:HARBOUR"


def find_dataset(name: str) -> Dataset:
    """A dataset by its name or alias, built in or installed as an entry point, or by `module:name` of the user's own.

    Raises:
        BenchError: The name is not known, or what it names cannot be loaded or is no `Dataset`.
    """
    if ":" in name:
        return _registered(plugins.load(name, FORM), name)
    if name not in DATASETS:
        load_installed()
    return DATASETS[name]


@cache
def load_installed() -> tuple[str, ...]:
    """Add the datasets of installed entry points to `DATASETS`, once.

    Returns:
        A line for each that could not be loaded.
    """
    return plugins.load_group(GROUP, _registered)


def _registered(found: object, spec: str) -> Dataset:
    if not isinstance(found, Dataset):
        raise BenchError(
            f"plug-in {spec} is a {type(found).__name__}; a Dataset is expected, see docs/adding-a-dataset.md"
        )
    if found.name not in DATASETS:
        DATASETS.add(found.name, found, found.aliases)
    elif DATASETS[found.name] is not found:
        raise BenchError(
            f"plug-in {spec}: {found.name!r} is the name of another dataset; choose another name"
        )
    return found


def load(name: str, data: Path | None = None) -> list[Pair]:
    """The pairs of a named dataset at or below `data`, in the order that every machine gives them.

    Raises:
        Unavailable: It is not there; the text says what was looked for, where, and how to get it.
        BenchError: The name is unknown, or there are no pairs.
    """
    return open_spec({"name": name}, data, Path(), by_name=True).pairs()


def open_dataset(spec: Mapping[str, object], data: Path | None, base: Path) -> list[Pair]:
    """The pairs that an entry of a suite names.

    Args:
        spec: `name` and, for a named dataset, `path` (its root, or a folder above); for `name = "pairs"`
            either `path` (a folder with A/ and B/ or the like), or `a` and `b`, or `csv`, and if wanted
            `task` and `label` (the dataset's name in tables).
        data: The `--data` folder.
        base: Folder that relative paths of `spec` start from: the suite file's.

    Raises:
        Unavailable: A named dataset is not there.
        BenchError: The entry is wrong, or there are no pairs.
    """
    return open_spec(spec, data, base).pairs()


def open_any(
    name: str | None = None,
    data: Path | str | None = None,
    *,
    a: Path | str | None = None,
    b: Path | str | None = None,
    csv: Path | str | None = None,
    task: str = "vif",
) -> Opened:
    """A dataset by name, or pairs of your own; `datasets.open` is this.

    Args:
        name: As `tcmoa-bench data ls` has it, or `module:name`; left out for pairs of your own.
        data: Folder that holds the dataset, or a folder above.
        a: Folder of source A of your own pairs, and
        b: folder of source B, matched by stem; or
        csv: a list with the columns `a,b[,name,reference]`.
        task: What your own pairs are.

    Returns:
        What was found: `.pairs()`, and what was left out (`.remarks()`).

    Raises:
        Unavailable: A named dataset is not there; the text says how to get it.
        BenchError: The name is unknown, or the arguments do not say whose pairs are meant.
    """
    own = {key: str(value) for key, value in (("a", a), ("b", b), ("csv", csv)) if value is not None}
    root = None if data is None else Path(data)
    if own and name not in (None, "pairs"):
        raise BenchError(f"a, b and csv are for your own pairs, not for dataset {name!r}")
    if own or name == "pairs":
        return open_spec({"name": "pairs", "task": task, **own}, root, Path())
    if name is None:
        raise BenchError("say which pairs: a dataset's name, or a and b, or csv")
    return open_spec({"name": name}, root, Path(), by_name=True)


def open_spec(spec: Mapping[str, object], data: Path | None, base: Path, by_name: bool = False) -> Opened:
    """Everything that the adapter of an entry sees: pairs, unmatched files, strangers.

    Args:
        spec: As for `open_dataset`.
        data: As for `open_dataset`.
        base: As for `open_dataset`.
        by_name: Whether the user means `data` for this dataset alone; see `Dataset.find`.
    """
    name = spec.get("name")
    if not isinstance(name, str):
        raise BenchError('a dataset entry needs a name, such as name = "llvip" or name = "pairs"')
    if name.lower() == "pairs":
        return generic.open_pairs(spec, data, base)
    dataset = find_dataset(name)
    generic.refuse_unknown(spec, {"name", "path"})
    if "path" in spec:
        data, by_name = base / str(spec["path"]), True
    return dataset.open(dataset.root(data, by_name))


def found_in(data: Path, tree: Tree | None = None) -> Iterator[tuple[Dataset, Path]]:
    """The named datasets that lie at or below `data`, with their roots; samples are not looked for."""
    tree = tree or Tree()
    load_installed()
    for dataset in DATASETS.values():
        root = None if isinstance(dataset, sample.Sample) else dataset.find(data, tree=tree)
        if root is not None:
            yield dataset, root
