"""Anybody's own pairs: two folders matched by stem, or a CSV file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from tcmoa_bench.datasets.dataset import Opened
from tcmoa_bench.datasets.files import Tree, split_name
from tcmoa_bench.datasets.layouts import members
from tcmoa_bench.datasets.matching import Found, Match, match_files
from tcmoa_bench.datasets.roles import FOLDER_NAMES
from tcmoa_bench.datasets.stacks import scan_stacks, with_further
from tcmoa_bench.images import SUFFIXES, pair_name, show
from tcmoa_bench.lists import read_list
from tcmoa_bench.types import BenchError, Pair, Task

#: What `data show pairs` says of this adapter.
PAIRS: Mapping[str, object] = {
    "name": "pairs",
    "title": "your own pairs: two folders or a CSV file",
    "task": "any; by the folders' names, or task = in a suite",
    "layout": "two folders whose pictures have the same stems: A + B, "
    + ", ".join(f"{'|'.join(a)} + {'|'.join(b)}" for a, b, task in FOLDER_NAMES if task)
    + " (any case), or any two named by a = and b =; or a CSV file with the columns a,b[,name,reference]; of more than two "
    "sources: stacks = (a folder for each scene), further = (folders after b), or a column further (files, with ;)",
}


def pairs_from_folders(
    a: Path, b: Path, task: Task | str = Task.VIF, dataset_name: str = "pairs"
) -> list[Pair]:
    """Pairs of the pictures of two folders by stem, in natural order.

    Args:
        a: Folder of source A.
        b: Folder of source B.
        task: What kind of sources they are.
        dataset_name: The dataset's name in tables.

    Returns:
        Pairs; a stem with several candidates is a pair that fails, by name, when it is read.

    Raises:
        BenchError: A folder is missing, or no stem is in both.
    """
    return Opened(dataset_name, _task(task), scan_folders(a, b), looked_for(a, b)).pairs()


def pairs_from_csv(path: Path, task: Task | str = Task.VIF, dataset_name: str = "pairs") -> list[Pair]:
    """Pairs of a CSV file with the columns `a,b` and, if wanted, `name` and `reference`, in its order.

    Every cell is text, whatever it looks like. Paths are relative to the file's folder. Without a `name`
    the pair is named by the stem of `a`, or by more of its path where stems repeat. `further` holds the sources after B,
    separated by semicolons. Other columns become scene attributes.

    Args:
        path: The CSV file, UTF-8, with a head line.
        task: What kind of sources they are.
        dataset_name: The dataset's name in tables.

    Raises:
        BenchError: No such file, a column or cell is missing, a name repeats, or there is no row.
    """
    return Opened(dataset_name, _task(task), scan_csv(path), f"rows in {show(path)}").pairs()


def scan_folders(a: Path, b: Path) -> Found:
    """Everything seen in two folders: pairs, unmatched files, strangers."""
    a, b = Path(a), Path(b)
    tree = Tree()
    for role, folder in (("A", a), ("B", b)):
        if not folder.is_dir():
            raise BenchError(
                f"no folder {show(folder)} for source {role}; give the folder that holds its pictures"
            )
    files_a, key_a, strangers_a = members(a, r"(.+)", tree)
    files_b, key_b, strangers_b = members(b, r"(.+)", tree)
    found = match_files(files_a, files_b, key_a, key_b)
    return Found(found.matches, found.unmatched_a, found.unmatched_b, (*strangers_a, *strangers_b))


def scan_csv(path: Path) -> Found:
    """Everything named by a CSV file of pairs."""
    path = Path(path)
    rows = _rows(path)
    names = _names(path, rows)
    reserved = {"a", "b", "name", "reference", "fused", "further"}
    matches = []
    for (_, row), name in zip(rows, names, strict=True):
        reference = path.parent / row["reference"] if row.get("reference") else None
        attributes = {
            pair_name(key): pair_name(value) for key, value in row.items() if key not in reserved and value
        }
        further = tuple(path.parent / file for file in row.get("further", "").split(";") if file)
        matches.append(
            Match(
                name, path.parent / row["a"], path.parent / row["b"], reference, attributes, further=further
            )
        )
    return Found(tuple(matches))


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Line numbers and cells of the rows that are not blank."""
    rows = read_list(path, ("a", "b"), "a,b[,name,reference]")
    for row in rows:
        if row.problem:
            raise BenchError(row.problem)
    return [(row.line, row.cells) for row in rows]


def _names(path: Path, rows: list[tuple[int, dict[str, str]]]) -> list[str]:
    stems = Counter(split_name(Path(row["a"]).name)[0] for _, row in rows if not row.get("name"))
    names: dict[str, int] = {}
    for line, row in rows:
        stem = split_name(Path(row["a"]).name)[0]
        name = row.get("name") or (stem if stems[stem] == 1 else _long_name(Path(row["a"])))
        name = pair_name(name)
        if "/" in name or name in (".", ".."):
            raise BenchError(
                f"{show(path)}, line {line}: the name {name!r} cannot be a file's name; leave out slashes"
            )
        if name in names:
            raise BenchError(
                f"{show(path)}: lines {names[name]} and {line} are both named {name!r}; "
                "give each a `name` of its own"
            )
        names[name] = line
    return list(names)


def _long_name(path: Path) -> str:
    """`s1/vi.png` as `s1_vi`: the path without its ending, without what leads upwards."""
    parts = [part for part in path.with_suffix("").parts if part not in (path.anchor, "..")]
    return "_".join(parts)


def find_folders(root: Path) -> tuple[Path, Path, Task | None]:
    """The folders of sources A and B below `root`, by their names (`FOLDER_NAMES`), and the task if it shows.

    Raises:
        BenchError: There is no such pair of folders, or more than one.
    """
    root = Path(root)
    if not root.is_dir():
        raise BenchError(f"no folder {show(root)}")
    tree = Tree()
    hits = [
        (a, b, task)
        for names_a, names_b, task in FOLDER_NAMES
        for name_a in names_a
        for name_b in names_b
        for a in tree.resolve(root, name_a)
        for b in tree.resolve(root, name_b)
    ]
    if len(hits) == 1:
        return hits[0]
    if not hits:
        known = ", ".join(f"{'|'.join(a)} + {'|'.join(b)}" for a, b, _ in FOLDER_NAMES)
        raise BenchError(
            f"0 pairs: no two folders of sources in {show(root)}; looked for {known} (any case). "
            "Or say which with --a and --b (a= and b= in a suite)"
        )
    several = "; ".join(f"{a.name} + {b.name}" for a, b, _ in hits)
    raise BenchError(
        f"{show(root)} holds more than one pair of folders: {several}; "
        "say which with --a and --b (a= and b= in a suite)"
    )


def has_fused(path: Path) -> bool:
    """Whether a CSV file of pairs names a fused image in a column `fused`."""
    return any(row.get("fused") for _, row in _rows(Path(path)))


def fused_of_csv(path: Path) -> dict[str, Path]:
    """Fused images by pair name: the `fused` column of a list of pairs, or of a list with `name` and `fused` alone.

    Paths are relative to the file's folder. Rows without a fused image are left out.

    Raises:
        BenchError: No such file, or it has neither form.
    """
    path = Path(path)
    rows = read_list(path, ("fused",), "name,fused  or  a,b,fused[,name]")
    for row in rows:
        if row.problem and row.cells.get("fused"):
            raise BenchError(row.problem)
    if rows and "a" in rows[0].cells:
        names = _names(path, [(row.line, row.cells) for row in rows])
    else:
        names = [pair_name(row.cells.get("name", "")) for row in rows]
    for row, name in zip(rows, names, strict=True):
        if not name:
            raise BenchError(f"{show(path)}, line {row.line}: no `name` of a pair; the head is `name,fused`")
    return {
        name: path.parent / row.cells["fused"]
        for name, row in zip(names, rows, strict=True)
        if row.cells.get("fused")
    }


def open_pairs(spec: Mapping[str, object], data: Path | None, base: Path) -> Opened:
    """What a `pairs` entry of a suite names; see `tcmoa_bench.datasets.open_dataset`."""
    known = {"name", "label", "task", "path", "a", "b", "csv", "stacks", "further"}
    refuse_unknown(spec, known)
    label = pair_name(str(spec.get("label", "pairs")))
    if not label:
        raise BenchError("dataset 'pairs': its `label` is empty; leave it out or give it a name for tables")
    ways = [way for way in ("path", "csv", "a", "stacks") if way in spec] or (["b"] if "b" in spec else [])
    if len(ways) > 1 or ("a" in spec) != ("b" in spec):
        raise BenchError(f"dataset {label!r}: give either path=, or a= and b=, or csv=, or stacks=")
    if "further" in spec and "a" not in spec:
        raise BenchError(
            f"dataset {label!r}: further= are folders of the sources after b=; give a= and b= too"
        )
    if "stacks" in spec:
        if "task" not in spec:
            raise BenchError(
                f"dataset {label!r}: say with task= what the stacks are: mef (exposures) or mff (focus)"
            )
        root, task = base / str(spec["stacks"]), _task(spec["task"])
        _refuse_sources(root)
        return Opened(label, task, scan_stacks(root, task is Task.MEF), f"stacks in {show(root)}")
    if "csv" in spec:
        path = base / str(spec["csv"])
        return Opened(label, _task(spec.get("task", Task.VIF)), scan_csv(path), f"rows in {show(path)}")
    if "a" in spec:
        a, b, shown_task = base / str(spec["a"]), base / str(spec["b"]), None
    elif "path" in spec or data is not None:
        a, b, shown_task = find_folders(base / str(spec["path"]) if "path" in spec else Path(str(data)))
    else:
        raise BenchError(
            f"dataset {label!r}: where are its pairs? Give path=, or a= and b=, or csv=, or --data"
        )
    found = with_further(scan_folders(a, b), [base / folder for folder in _folders(spec, label)])
    return Opened(label, _task(spec.get("task", shown_task or Task.VIF)), found, looked_for(a, b))


def _refuse_sources(root: Path) -> None:
    """BenchError where a folder that should hold scenes holds folders of sources."""
    try:
        a, b, task = find_folders(root)
    except BenchError:
        return
    if task is not None:
        raise BenchError(
            f"{show(root)} holds a folder for each source ({show(a.name)}, {show(b.name)}), not for each scene: say "
            "which with --a, --b and --further (a=, b= and further= in a suite)"
        )


def _folders(spec: Mapping[str, object], label: str) -> list[str]:
    """The folders of an entry's further sources."""
    named = spec.get("further", [])
    items = [named] if isinstance(named, str) else named
    if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
        raise BenchError(f"dataset {label!r}: further= is a list of folders")
    return [str(item) for item in items]


def refuse_unknown(spec: Mapping[str, object], known: set[str]) -> None:
    """BenchError for a key of a suite's entry that is not known."""
    for key in spec:
        if key not in known:
            raise BenchError(
                f"dataset {spec.get('name')!r}: unknown key {key!r}. Known: {', '.join(sorted(known))}"
            )


def looked_for(a: Path, b: Path) -> str:
    """What the folders adapter looks for, for messages."""
    endings = " ".join(sorted(SUFFIXES))
    return f"pictures ({endings}, any case) with the same stem in {show(a)} and {show(b)}"


def _task(task: object) -> Task:
    try:
        return Task(str(task).lower())
    except ValueError:
        raise BenchError(f"unknown task {task!r}. Known: {', '.join(Task)}") from None
