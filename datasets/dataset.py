"""A dataset: what it is, where it comes from, and how its pairs are found on disk."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import NoReturn

from tcmoa_bench.datasets.files import Tree
from tcmoa_bench.datasets.layouts import Layout
from tcmoa_bench.datasets.matching import Found, Match
from tcmoa_bench.datasets.roles import exchanged_folders
from tcmoa_bench.images import read_image, show
from tcmoa_bench.types import BenchError, Image, Pair, Task, Unavailable

#: How deep below `--data` a dataset's root may lie.
DEPTH = 5


@dataclass(frozen=True)
class Dataset:
    """Facts about a dataset, and its adapter.

    Attributes:
        name: Canonical lower-case name.
        title: What a table calls it.
        task: What kind of sources its pairs are.
        expected: Number of pairs of the full set.
        source: Where it was published: citation and address.
        layout: What its folders look like, in words.
        licence: Terms of use as far as they are stated.
        how_to_get: How to come by it.
        layouts: The layouts it is known in, the preferred one first.
        aliases: Other spellings of the name.
        read: How its files are decoded.
    """

    name: str
    title: str
    task: Task
    expected: int
    source: str
    layout: str
    licence: str
    how_to_get: str
    layouts: tuple[Layout, ...]
    aliases: tuple[str, ...] = ()
    read: Callable[[Path], Image] = read_image

    @property
    def tasks(self) -> tuple[Task, ...]:
        """The tasks it serves."""
        return (self.task,)

    def find(self, data: Path | None, by_name: bool = False, tree: Tree | None = None) -> Path | None:
        """Its root at or below `data`, by what is there; None if it is not there.

        Of several places those with pairs go before those with files that match nothing; then the one in
        the preferred layout counts, then the shallowest, then the first by name.

        Args:
            data: A folder with datasets at any depth down to `DEPTH`, or the dataset's own root.
            by_name: Whether the user named this dataset and no other. Then `data` itself may be the root by
                its folders alone; otherwise a layout that other sets share also needs a telling name.
            tree: A view of the file system to share among several searches.
        """
        second: Path | None = None
        for root, found in self._places(data, by_name, tree or Tree()):
            if found.matches:
                return root
            second = second or root
        return second

    def other_roots(self, data: Path, root: Path, tree: Tree | None = None) -> list[Path]:
        """Further places at or below `data` that hold this dataset, as other files than those at `root`."""
        used = {match.a for match in self.scan(root).matches}
        others: list[Path] = []
        for place, found in self._places(data, False, tree or Tree()):
            files = {match.a for match in found.matches}
            if not files <= used:
                others.append(place)
                used |= files
        return others

    def _places(self, data: Path | None, by_name: bool, tree: Tree) -> Iterator[tuple[Path, Found]]:
        if data is None or not Path(data).is_dir():
            return
        data = Path(data)
        # The name of `data` itself is the weaker hint: it may speak of one of the sets in it.
        for own_name in (False, True):
            for layout in self.layouts:
                if own_name and not layout.hint:
                    continue
                for folder in tree.walk(data, DEPTH):
                    here = by_name and folder == data
                    if not layout.suits(data, folder, own_name, trusted=here):
                        continue
                    try:
                        found = layout.scan(folder, tree)
                    except BenchError:
                        # Two spellings of one folder: whoever opens this place gets the error.
                        if here:
                            yield folder, Found()
                        continue
                    if found:
                        yield folder, found

    def scan(self, root: Path) -> Found:
        """Everything its adapter sees at `root`: pairs, unmatched files, strangers."""
        tree = Tree()
        second = Found()
        for layout in self.layouts:
            found = layout.scan(Path(root), tree)
            if found.matches:
                return found
            second = second or found
        return second

    def open(self, root: Path) -> Opened:
        """What lies at `root`."""
        found = self.scan(root)
        expected = self.expected if found.expected is None else found.expected
        return Opened(
            self.name, self.task, found, f"{self.layout} In {show(root)}.", expected, self.read, root
        )

    def pairs(self, root: Path) -> list[Pair]:
        """Its pairs at `root`, in the order that every machine gives them; BenchError if there are none."""
        return self.open(root).pairs()

    def root(self, data: Path | None, by_name: bool = True) -> Path:
        """Its root at or below `data`.

        Raises:
            Unavailable: It is not there; the text says what was looked for and how to get it.
            BenchError: There is no such folder as `data`.
        """
        data = None if data is None else Path(data)
        if data is not None and not data.is_dir():
            raise BenchError(f"no folder {show(data)}; give the folder that holds the datasets")
        root = self.find(data, by_name)
        if root is None:
            where = (
                f"at or below {show(data)}" if data is not None else "anywhere: no --data folder was given"
            )
            raise Unavailable(
                f"dataset {self.name!r} ({self.title}) was not found {where}. "
                f"Looked for: {self.layout} How to get it: {self.how_to_get}"
            )
        return root


@dataclass(frozen=True)
class Opened:
    """A dataset that was found on disk: what is there, and how to read it.

    Attributes:
        label: The dataset's name in tables.
        task: What kind of sources its pairs are.
        found: What its adapter sees.
        wanted: What was looked for and where, for messages.
        expected: Number of pairs of the full set, where it is known.
        read: How its files are decoded.
        root: Its root, where it has a single one.
    """

    label: str
    task: Task
    found: Found
    wanted: str
    expected: int | None = None
    read: Callable[[Path], Image] = read_image
    root: Path | None = None

    def pairs(self) -> list[Pair]:
        """Its pairs; one whose partners are ambiguous fails, with the reason, when it is read.

        Raises:
            BenchError: There are none, or two have the same name.
        """
        pairs: dict[str, Pair] = {}
        for match in self.found.matches:
            name = match.name
            if name in pairs and "\\" in name:
                # An escaped file name may equal another one that is spelled like the escape.
                name = next(f"{name}~{n}" for n in count(2) if f"{name}~{n}" not in pairs)
            if name in pairs:
                raise BenchError(
                    f"two pairs of {self.label!r} are named {name!r}: "
                    f"{show(pairs[name].a)} and {show(match.a)}; rename one"
                )
            pairs[name] = self._pair(name, match)
        if not pairs:
            raise BenchError(f"0 pairs in dataset {self.label!r}: looked for {self.wanted}")
        return list(pairs.values())

    def _pair(self, name: str, match: Match) -> Pair:
        read = partial(refuse, match.problem) if match.problem else self.read
        stack = {"sources": str(2 + len(match.further))} if match.further else {}
        return Pair(
            self.label,
            name,
            self.task,
            match.a,
            match.b,
            match.reference,
            {**stack, **match.attributes},
            read,
            match.labels,
            further=match.further,
        )

    @property
    def only_unmatched(self) -> bool:
        """Whether there are files of its sources, but not one pair."""
        return bool(self.found) and not self.found.matches

    def remarks(self) -> list[str]:
        """Files that look like members and are in no pair, and folders that are called the other way round."""
        exchanged = self.exchanged_folders
        return [
            *([f"{self.label}: {exchanged}"] if exchanged else []),
            *(
                f"{self.label}: {len(files)} of source {role} without a partner: {_names(files)}"
                for role, files in (("A", self.found.unmatched_a), ("B", self.found.unmatched_b))
                if files
            ),
        ]

    @property
    def exchanged_folders(self) -> str:
        """A word on folders that are called the other way round; see `roles.exchanged_folders`."""
        return exchanged_folders([(match.a, match.b) for match in self.found.matches])


def _names(files: Sequence[Path], limit: int = 5) -> str:
    names = ", ".join(show(path.name) for path in files[:limit])
    return names if len(files) <= limit else f"{names} and {len(files) - limit} more"


def refuse(problem: str, path: Path) -> NoReturn:
    """A reader for pairs that must not be read; it raises ValueError with the reason."""
    raise ValueError(problem)
