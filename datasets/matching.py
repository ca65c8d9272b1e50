"""Partners by name, never by position."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tcmoa_bench.datasets.files import natural_key, split_name
from tcmoa_bench.images import pair_name, show
from tcmoa_bench.labels import LabelFile


@dataclass(frozen=True)
class Match:
    """Two files that belong together.

    Attributes:
        name: The pair's name, valid text.
        a: File of source A.
        b: File of source B.
        reference: File of the ground truth, if there is one.
        attributes: Scene attributes.
        problem: Why the partner cannot be told for certain; such a pair is listed and never read.
        labels: File that says what is where in the scene, if there is one.
        further: Files of the sources after B, of a stack of more than two.
    """

    name: str
    a: Path
    b: Path
    reference: Path | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    labels: LabelFile | None = None
    further: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Found:
    """What a layout finds below its root.

    Attributes:
        matches: The pairs, in natural order of their names.
        unmatched_a: Files of source A without a partner.
        unmatched_b: Files of source B without a partner.
        ignored: Files and folders that are no members (junk, copies, other endings).
        expected: Number of pairs of the whole set in this layout, if it differs from the dataset's.
    """

    matches: tuple[Match, ...] = ()
    unmatched_a: tuple[Path, ...] = ()
    unmatched_b: tuple[Path, ...] = ()
    ignored: tuple[Path, ...] = ()
    expected: int | None = None

    def __bool__(self) -> bool:
        return bool(self.matches or self.unmatched_a or self.unmatched_b)


def loose(key: str) -> str:
    """A key by which spellings that differ only in case or Unicode composition are equal."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", key).casefold())


def match_files(
    a: Iterable[Path],
    b: Iterable[Path],
    key_a: Callable[[Path], str],
    key_b: Callable[[Path], str],
    references: Mapping[str, Sequence[Path]] | None = None,
) -> Found:
    """Partners of the files `a` among the files `b`, by key.

    Equal keys first; what is left over by `loose` keys. Where one key stands for several files of a
    source (`01.png` beside `01.jpg`), files of the same full name are partners if that settles all of
    them, else the pair carries a `problem`; so it does where several ground truths have its key.

    Args:
        a: Files of source A.
        b: Files of source B.
        key_a: Key of a file of A; the pair is named by it.
        key_b: Key of a file of B.
        references: Ground truths by `loose` key.
    """
    references = references or {}
    left = _by_key(a, key_a)
    right = _by_key(b, key_b)
    matches: list[Match] = []
    for key in sorted(left.keys() & right.keys(), key=natural_key):
        matches += _settle(key, left.pop(key), right.pop(key), references)
    left = _by_key((path for paths in left.values() for path in paths), lambda path: loose(key_a(path)))
    right = _by_key((path for paths in right.values() for path in paths), lambda path: loose(key_b(path)))
    for key in sorted(left.keys() & right.keys(), key=natural_key):
        partners = left.pop(key)
        matches += _settle(key_a(partners[0]), partners, right.pop(key), references)
    return Found(
        matches=tuple(sorted(matches, key=lambda match: natural_key(match.name))),
        unmatched_a=_rest(left),
        unmatched_b=_rest(right),
    )


def by_loose_key(files: Iterable[Path], key: Callable[[Path], str]) -> Mapping[str, Sequence[Path]]:
    """Files in groups of equal `loose` keys."""
    return _by_key(files, lambda path: loose(key(path)))


def _by_key(files: Iterable[Path], key: Callable[[Path], str]) -> dict[str, list[Path]]:
    groups: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        groups[key(path)].append(path)
    return groups


def _rest(groups: Mapping[str, list[Path]]) -> tuple[Path, ...]:
    return tuple(sorted((path for group in groups.values() for path in group), key=by_path))


def _settle(key: str, a: list[Path], b: list[Path], references: Mapping[str, Sequence[Path]]) -> list[Match]:
    """The pairs of one key: usually one file on each side."""
    truths = references.get(loose(key), ())
    reference = truths[0] if truths else None
    if len(a) == len(b) == 1 and len(truths) < 2:
        return [Match(pair_name(key), a[0], b[0], reference)]
    same = {path.name: path for path in b}
    if len(a) == len(b) > 1 and len(truths) < 2 and all(path.name in same for path in a):
        endings = {split_name(path.name)[1] for path in a}
        if len(endings) == len(a):
            return [Match(pair_name(path.name), path, same[path.name], reference) for path in a]
    names = sorted([*a, *b, *(truths if len(truths) > 1 else ())], key=by_path)
    files = ", ".join(f"{path.parent.name}/{path.name}" for path in names)
    problem = show(f"partners for {key!r} are ambiguous: {files}; keep one file for each source")
    return [Match(pair_name(key), a[0], b[0], reference, problem=problem)]


def by_path(path: Path) -> tuple[object, ...]:
    """Sort key of a path: its parts in natural order."""
    return tuple(natural_key(part) for part in path.parts)
