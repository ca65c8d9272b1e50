"""What a folder holds: pictures, sub-folders and the rest, in an order that no machine changes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tcmoa_bench.images import SUFFIXES, show
from tcmoa_bench.types import BenchError

_DIGITS = re.compile(r"([0-9]+)")

#: Folders that archivers and systems leave behind; nothing inside them is a picture of the set.
_JUNK_FOLDERS = frozenset({"__macosx", "$recycle.bin", "system volume information", "@eadir"})


def natural_key(text: str) -> tuple[tuple[str | tuple[int, str], ...], str]:
    """Sort key that puts `9` before `10`, by code points and ASCII digits only (no locale).

    Names that count the same (`7`, `07`) are kept apart by their spelling.
    """
    parts = _DIGITS.split(text)
    # A number compares by its length, then its digits: no integer that a long name could make huge.
    key = tuple(
        (len(part.lstrip("0")), part.lstrip("0")) if index % 2 else part for index, part in enumerate(parts)
    )
    return key, text


def split_name(name: str) -> tuple[str, str]:
    """Stem and ending of a file name; the ending includes its dot and ends at the last one."""
    stem, ending = os.path.splitext(name)
    return stem, ending


@dataclass(frozen=True)
class Listing:
    """Entries of one folder, each in natural order.

    Attributes:
        pictures: Names of the files whose ending, in any case, is that of a picture.
        folders: Names of the sub-folders.
        ignored: Names of all the rest: hidden and shadow files, other endings, junk folders.
    """

    pictures: tuple[str, ...]
    folders: tuple[str, ...]
    ignored: tuple[str, ...]


class Tree:
    """A view of the file system that reads each folder once."""

    def __init__(self) -> None:
        self._listings: dict[Path, Listing] = {}

    def entries(self, folder: Path) -> Listing:
        """Entries of `folder`; BenchError if it cannot be listed."""
        listing = self._listings.get(folder)
        if listing is None:
            listing = self._listings[folder] = _read(folder)
        return listing

    def resolve(self, root: Path, pattern: str) -> list[Path]:
        """Folders below `root` that `pattern` names, such as `input/*` or `visible/test`.

        A part that is `*` stands for every sub-folder. Otherwise the case of a name does not matter,
        unless a folder with the exact spelling is there.
        """
        found = [root]
        for part in pattern.split("/"):
            if part != ".":
                found = [folder / name for folder in found for name in self._named(folder, part)]
        return found

    def _named(self, folder: Path, part: str) -> list[str]:
        names = self.entries(folder).folders
        if part == "*":
            return list(names)
        if part in names:
            return [part]
        return [name for name in names if name.casefold() == part.casefold()]

    def walk(self, root: Path, depth: int) -> Iterator[Path]:
        """`root` and its sub-folders down to `depth`, the shallow ones first; unreadable ones are passed."""
        level = [root]
        for _ in range(depth + 1):
            deeper: list[Path] = []
            for folder in level:
                try:
                    names = self.entries(folder).folders
                except BenchError:
                    continue
                yield folder
                deeper.extend(folder / name for name in names)
            level = deeper


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself
        return False


def _can_be_read(entry: os.DirEntry[str]) -> bool:
    """A file, or a link that leads nowhere: it has to fail by name, not vanish. No pipe or device: reading waits."""
    return (entry.is_symlink() and not os.path.exists(entry.path)) or entry.is_file()


def _read(folder: Path) -> Listing:
    pictures, folders, ignored = [], [], []
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                name = entry.name
                is_folder = _is_folder(entry)
                if name.startswith(".") or (is_folder and name.lower() in _JUNK_FOLDERS):
                    ignored.append(name)
                elif is_folder:
                    folders.append(name)
                elif split_name(name)[1].lower() in SUFFIXES and _can_be_read(entry):
                    pictures.append(name)
                else:
                    ignored.append(name)
    except OSError as error:
        raise BenchError(f"cannot list the folder {show(folder)}: {error.strerror or error}") from None
    return Listing(*(tuple(sorted(names, key=natural_key)) for names in (pictures, folders, ignored)))
