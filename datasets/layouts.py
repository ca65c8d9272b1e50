"""The ways in which datasets lie on disk.

A layout is data: where sources A and B are below a root, and how a file name says which pair it belongs
to. `docs/datasets.md` lists the layouts of every dataset.
"""

from __future__ import annotations

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tcmoa_bench.datasets.exposure import extremes, mean_luminances
from tcmoa_bench.datasets.files import Tree, natural_key, split_name
from tcmoa_bench.datasets.matching import Found, Match, by_loose_key, by_path, loose, match_files
from tcmoa_bench.images import show
from tcmoa_bench.labels import ENDINGS, Form, LabelFile
from tcmoa_bench.types import BenchError

Attributes = Callable[[str], Mapping[str, str]]


def no_attributes(name: str) -> Mapping[str, str]:
    """Scene attributes of a dataset that states none."""
    return {}


@dataclass(frozen=True)
class LabelFolder:
    """Where a layout has its label files: named like the pairs, with the ending of their form.

    Attributes:
        folder: Folder below the root.
        form: How the files are written.
        classes: Known classes by number.
    """

    folder: str
    form: Form
    classes: tuple[str, ...] = ()

    def add(self, matches: Iterable[Match], root: Path, tree: Tree) -> Iterable[Match]:
        """The matches, each with its label file where there is one."""
        files: dict[str, Path] = {}
        for folder in tree.resolve(root, self.folder):
            listing = tree.entries(folder)
            for name in (*listing.pictures, *listing.ignored):
                stem, ending = split_name(name)
                if ending.lower() == ENDINGS[self.form] and not name.startswith("."):
                    files.setdefault(loose(stem), folder / name)
        for match in matches:
            file = files.get(loose(match.name))
            yield match if file is None else replace(match, labels=LabelFile(file, self.form, self.classes))


@dataclass(frozen=True, kw_only=True)
class Layout(ABC):
    """One way in which a dataset lies on disk.

    Attributes:
        hint: Regular expression that the root's path must contain, where the folders and file names
            alone could belong to other sets; the path is in lower case, other signs than `/` are blanks.
        never: Regular expression that the root's path must not contain.
        expected: Number of pairs of the whole set in this layout, if it differs from the dataset's.
    """

    hint: str = ""
    never: str = ""
    expected: int | None = None

    @abstractmethod
    def scan(self, root: Path, tree: Tree) -> Found:
        """Pairs, leftovers and strangers below `root`; an empty `Found` if the layout is not there."""

    def suits(self, data: Path, folder: Path, own_name: bool, trusted: bool = False) -> bool:
        """Whether the names on the way from `data` to `folder` speak for this layout.

        Args:
            data: Where the search starts.
            folder: `data` or a folder below it.
            own_name: Whether the name of `data` itself may be the hint.
            trusted: The user says that `folder` is the root, so no hint is needed.
        """
        if not self.never and (trusted or not self.hint):
            return True
        below = _words(folder.relative_to(data).parts)
        whole = _words((Path(os.path.abspath(data)).name, *folder.relative_to(data).parts))
        if self.never and re.search(self.never, whole):
            return False
        return trusted or not self.hint or re.search(self.hint, whole if own_name else below) is not None


def _words(parts: Iterable[str]) -> str:
    return "/".join(re.sub(r"[^a-z0-9]+", " ", part.casefold()) for part in parts)


@dataclass(frozen=True, kw_only=True)
class Folders(Layout):
    """Two folders; partners have the same stem.

    Attributes:
        folders: Pairs of folder names `(a, b)` below the root; the first that is there counts.
        stem: Regular expression for whole stems of A, any case; its first group is the pair's name.
            Files that do not fit are ignored.
        stem_b: The same for B, where it differs.
        reference: Folder of the ground truths, or empty.
        stem_reference: Stems of the ground truths, where they differ from A's.
        attributes: Scene attributes of a pair name.
        labels: Folder of the label files, or none.
    """

    folders: tuple[tuple[str, str], ...]
    stem: str = r"(.+)"
    stem_b: str = ""
    reference: str = ""
    stem_reference: str = ""
    attributes: Attributes = no_attributes
    labels: LabelFolder | None = None

    def scan(self, root: Path, tree: Tree) -> Found:
        """Pairs in the first pair of folders that is there and holds a member."""
        for pattern_a, pattern_b in self.folders:
            a, b = tree.resolve(root, pattern_a), tree.resolve(root, pattern_b)
            if not a or not b:
                continue
            found = self._match(_only(a), _only(b), root, tree)
            if found:
                return replace(found, expected=self.expected)
        return Found()

    def _match(self, a: Path, b: Path, root: Path, tree: Tree) -> Found:
        files_a, key_a, strangers_a = members(a, self.stem, tree)
        files_b, key_b, strangers_b = members(b, self.stem_b or self.stem, tree)
        references: Mapping[str, Sequence[Path]] = {}
        folders = tree.resolve(root, self.reference) if self.reference else []
        if folders:
            files, key, _ = members(_only(folders), self.stem_reference or self.stem, tree)
            references = by_loose_key(files, key)
        found = match_files(files_a, files_b, key_a, key_b, references)
        matches: Iterable[Match] = (
            replace(match, attributes=self.attributes(match.name)) for match in found.matches
        )
        if self.labels is not None:
            matches = self.labels.add(matches, root, tree)
        return replace(
            found,
            matches=tuple(matches),
            ignored=(*strangers_a, *strangers_b),
        )


@dataclass(frozen=True, kw_only=True)
class Suffixes(Layout):
    """Partners side by side in one folder, told apart by the end of their stems (`_A`, `_B`).

    Attributes:
        folder: Folder below the root, or many with `*`.
        stem: Regular expression for whole stems of A, any case; its first group is the pair's name.
        stem_b: The same for B.
        scene: Regular expression for the folders that count, any case; then each of them is one scene,
            named by its folder, whose files need not be spelled like it.
        tell: Regular expression for a folder that tells this set from others of the same layout: one of
            them at least has to be there.
    """

    folder: str
    stem: str
    stem_b: str
    scene: str = ""
    tell: str = ""

    def suits(self, data: Path, folder: Path, own_name: bool, trusted: bool = False) -> bool:
        """As for every layout; but scenes that other sets have too need the hint even from a trusted root."""
        return super().suits(data, folder, own_name, trusted and not self.scene)

    def scan(self, root: Path, tree: Tree) -> Found:
        """Pairs of all the folders together."""
        parts: list[Found] = []
        folders = tree.resolve(root, self.folder)
        if self.tell and not any(re.fullmatch(self.tell, folder.name, re.IGNORECASE) for folder in folders):
            return Found()
        for folder in folders:
            if self.scene and not re.fullmatch(self.scene, folder.name, re.IGNORECASE):
                continue
            files_a, key_a, _ = members(folder, self.stem, tree)
            files_b, key_b, _ = members(folder, self.stem_b, tree)
            if self.scene:
                found = _one_scene(
                    folder.name, _like(folder.name, files_a, key_a), _like(folder.name, files_b, key_b)
                )
            else:
                found = match_files(files_a, files_b, key_a, key_b)
            if found:
                listing = tree.entries(folder)
                used = {path.name for path in (*files_a, *files_b)}
                others = (*listing.pictures, *listing.folders, *listing.ignored)
                strangers = tuple(folder / name for name in others if name not in used)
                parts.append(replace(found, ignored=strangers))
        return replace(join(parts), expected=self.expected)


@dataclass(frozen=True, kw_only=True)
class Sequences(Layout):
    """One folder of exposures for each scene; A is the darkest, B the brightest by mean luminance.

    Attributes:
        folder: The scenes' folders, such as `Dataset_Part1/*`.
        reference: Folder of the ground truths, named like the scenes, or empty.
        skip: Regular expression for folders that are no scenes, any case.
    """

    folder: str
    reference: str = ""
    skip: str = "label"

    def scan(self, root: Path, tree: Tree) -> Found:
        """Pairs of all the scenes that hold at least two pictures."""
        truths = [
            folder / name
            for folder in (tree.resolve(root, self.reference) if self.reference else [])
            for name in tree.entries(folder).pictures
        ]
        references = by_loose_key(truths, lambda path: split_name(path.name)[0])
        scenes: dict[Path, list[Path]] = {}
        alone: list[Path] = []
        ignored: list[Path] = []
        for folder in tree.resolve(root, self.folder):
            if re.fullmatch(self.skip, folder.name, re.IGNORECASE):
                continue
            listing = tree.entries(folder)
            pictures = [folder / name for name in listing.pictures]
            ignored += [folder / name for name in listing.ignored]
            if len(pictures) < 2:
                alone += pictures
            else:
                scenes[folder] = pictures
        if not scenes and not alone:
            return Found()
        levels = mean_luminances(path for pictures in scenes.values() for path in pictures)
        matches: list[Match] = []
        for pictures in scenes.values():
            a, b = extremes(pictures, levels)
            found = match_files(
                [a], [b], lambda path: path.parent.name, lambda path: path.parent.name, references
            )
            matches += found.matches
        matches.sort(key=lambda match: natural_key(match.name))
        return Found(tuple(matches), tuple(alone), (), tuple(ignored), self.expected)


@dataclass(frozen=True, kw_only=True)
class Union(Layout):
    """Several parts below one root that make one dataset together.

    Attributes:
        parts: `(prefix of the pair names, attributes, layouts of which the first that fits counts)`.
        every: Whether each part has to be there; otherwise one is enough.
    """

    parts: tuple[tuple[str, Mapping[str, str], tuple[Layout, ...]], ...]
    every: bool = False

    def scan(self, root: Path, tree: Tree) -> Found:
        """Pairs of all the parts that are there, in the order of the parts."""
        found: list[Found] = []
        for prefix, attributes, layouts in self.parts:
            part = next(filter(None, (layout.scan(root, tree) for layout in layouts)), Found())
            matches = tuple(
                replace(match, name=prefix + match.name, attributes={**match.attributes, **attributes})
                for match in part.matches
            )
            found.append(replace(part, matches=matches))
        if self.every and not all(found):
            return Found()
        joined = join(found)
        if self.expected is not None:
            return replace(joined, expected=self.expected)
        counts = [part.expected for part in found if part]
        if counts and None not in counts:
            return replace(joined, expected=sum(count for count in counts if count is not None))
        return joined


def join(parts: list[Found]) -> Found:
    """Several finds as one, in their order."""
    return Found(
        tuple(match for part in parts for match in part.matches),
        tuple(path for part in parts for path in part.unmatched_a),
        tuple(path for part in parts for path in part.unmatched_b),
        tuple(path for part in parts for path in part.ignored),
    )


def members(folder: Path, stem: str, tree: Tree) -> tuple[list[Path], Callable[[Path], str], list[Path]]:
    """Pictures of `folder` whose stem fits, the function that tells a member's key, and the strangers."""
    pattern = re.compile(stem, re.IGNORECASE | re.DOTALL)
    listing = tree.entries(folder)
    keys: dict[str, str] = {}
    strangers: list[Path] = [folder / name for name in (*listing.folders, *listing.ignored)]
    for name in listing.pictures:
        hit = pattern.fullmatch(split_name(name)[0])
        if hit:
            keys[name] = hit.group(1)
        else:
            strangers.append(folder / name)
    return [folder / name for name in keys], lambda path: keys[path.name], sorted(strangers, key=by_path)


def _only(folders: list[Path]) -> Path:
    if len(folders) > 1:
        names = ", ".join(show(folder) for folder in folders)
        raise BenchError(f"several folders could be meant: {names}; rename or remove all but one")
    return folders[0]


def _like(scene: str, files: list[Path], key: Callable[[Path], str]) -> list[Path]:
    """Of several candidates of a scene's folder the one that is spelled like the folder, if one is."""
    named = [path for path in files if loose(key(path)) == loose(scene)]
    return named if len(named) == 1 else files


def _one_scene(scene: str, a: list[Path], b: list[Path]) -> Found:
    if not a or not b:
        return Found((), tuple(a), tuple(b))
    return match_files(a, b, lambda path: scene, lambda path: scene)
