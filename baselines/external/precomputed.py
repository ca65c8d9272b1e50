"""A folder of images fused elsewhere, matched to pairs by name in the patterns seen in the wild.

For a pair `p` of dataset `d` and a label `L`, with any picture ending in any case (names too, and other
Unicode compositions, where no file has the pair's exact spelling):

* `p.png`, `p_L.png`, `p-L.png`, `L_p.png`, in `<folder>/d/`, `<folder>/fused_images/`, `<folder>/L/d/` or `<folder>/L/`
  if there is such a folder, else in `<folder>`; a run's own `fused/` folder is of this kind;
* `p_other.png` or `other_p.png`, where the folder holds nothing under the label and one method only;
* `1.png ... n.png`, where no file fits any of the n pairs: the order of the pairs. That is said aloud.

A file belongs to the longest pair name that fits it (`walking2_GTF` to `walking2`, not to `walking`).
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tcmoa_bench.images import SUFFIXES, pair_name, read_image, safe_name, show
from tcmoa_bench.types import BenchError, FuserError, FuserRecord, Image, Pair

#: Files found for one pair: method name (empty where the stem is the pair's name) and path.
Found = list[tuple[str, Path]]


class Precomputed:
    """A fuser whose results lie in a folder.

    Args:
        label: The fuser's name in tables; in a folder of many methods it selects one.
        folder: Where the images lie.
        pairs: All pairs that will be asked for.

    Raises:
        BenchError: The folder does not exist.
    """

    def __init__(self, label: str, folder: Path, pairs: Sequence[Pair]) -> None:
        if not folder.is_dir():
            raise BenchError(f"{label}: no such folder: {show(folder)}; give the folder of the fused images")
        self.record = _record(label, pairs)
        self.folder = folder
        self._files: dict[tuple[str, str], Found] = {}
        self._datasets: dict[tuple[Path, str], list[str]] = defaultdict(list)
        self._roots: dict[str, Path] = {}
        #: What the user should know of how files were taken.
        self.remarks: list[str] = []
        for root, owners in _by_root(folder, pairs, label).items():
            found = _index(root, [pair.name for pair in owners], label)
            if not any(found.values()) and (numbered := _numbered(root, len(owners))):
                found = {pair.name: [("", file)] for pair, file in zip(owners, numbered, strict=True)}
                self.remarks.append(
                    f"{label}: the files of {show(root)} bear no pair's name; they are as many as the pairs and numbered, "
                    f"so they were taken IN ORDER: {show(numbered[0].name)} is {owners[0].name}, "
                    f"{show(numbered[-1].name)} is {owners[-1].name}. Check that this is right"
                )
            for pair in owners:
                self._roots[pair.dataset] = root
                self._files[pair.dataset, pair.name] = found[pair.name]
                self._datasets[root, pair.name].append(pair.dataset)
        named = any(_is_labelled(method, label) for files in self._files.values() for method, _ in files)
        others = sorted({method for files in self._files.values() for method, _ in files})
        self._only = None if named or len(others) != 1 else others[0]

    def inputs(self, pair: Pair) -> Sequence[Path]:
        """The file that holds the fused image of a pair.

        Raises:
            FuserError: There is none, or more than one fits; the text names the pair and the files.
        """
        label = self.record.name
        self._refuse_shared_name(pair)
        found = self._files.get((pair.dataset, pair.name), [])
        fitting = [path for method, path in found if _is_labelled(method, label) or method == self._only]
        if len(fitting) == 1:
            return fitting
        if fitting:
            names = ", ".join(show(path) for path in sorted(fitting))
            raise FuserError(f"{label}: more than one fused image fits pair {pair.name}: {names}; leave one")
        others = sorted({method for method, _ in found})
        root = self._root_of(pair)
        hint = f" (there are images of {', '.join(others)}: is one of these the label?)" if others else ""
        raise FuserError(
            f"{label}: no fused image for pair {pair.name}; looked for {pair.name}, {pair.name}_{label} and "
            f"{label}_{pair.name} with any picture ending in {show(root)}{hint}. {_lying_in(root)}"
        )

    def _root_of(self, pair: Pair) -> Path:
        known = self._roots.get(pair.dataset)
        return known or _root(self.folder, pair.dataset, self.record.name)

    def _refuse_shared_name(self, pair: Pair) -> None:
        root = self._root_of(pair)
        datasets = sorted(set(self._datasets.get((root, pair.name), ())))
        if len(datasets) > 1:
            raise FuserError(
                f"{self.record.name}: pair {pair.name} is in {' and '.join(datasets)}, not one file; "
                f"put the images into subfolders of {show(self.folder)} named after the datasets"
            )

    def fuse(self, a: Image, b: Image, pair: Pair) -> NDArray[np.uint8]:
        """Read the fused image of a pair; FuserError if it is missing or unreadable."""
        (file,) = self.inputs(pair)
        return _read(self.record.name, file)


class FusedMap:
    """A fuser whose results are named one by one in a list.

    Args:
        label: The fuser's name in tables.
        files: Fused images by pair name, or dataset/name.
        source: The list, for messages.
        pairs: All pairs that will be asked for.
    """

    def __init__(self, label: str, files: Mapping[str, Path], source: Path, pairs: Sequence[Pair]) -> None:
        self.record = _record(label, pairs)
        self._files = files
        self._source = source

    def inputs(self, pair: Pair) -> Sequence[Path]:
        """The file that the list names; FuserError where it names none, or one that is not there."""
        file = self._files.get(f"{pair.dataset}/{pair.name}") or self._files.get(pair.name)
        if file is None:
            raise FuserError(
                f"{self.record.name}: {show(self._source)} names no fused image for pair {pair.name}"
            )
        if not file.is_file():
            raise FuserError(
                f"{self.record.name}: {show(self._source)} names {show(file)} for pair {pair.name}, which is not there"
            )
        return (file,)

    def fuse(self, a: Image, b: Image, pair: Pair) -> NDArray[np.uint8]:
        """Read the fused image of a pair; FuserError if it is missing or unreadable."""
        (file,) = self.inputs(pair)
        return _read(self.record.name, file)


class FusedFile:
    """A fuser whose one result is a file: all that a worker needs to know of a folder of images.

    Args:
        label: The fuser's name in tables.
        file: The fused image of the pair that will be asked for.
    """

    stacks = True

    def __init__(self, label: str, file: Path) -> None:
        self.record = _record(label)
        self.file = file

    def inputs(self, pair: Pair) -> Sequence[Path]:
        """The file; see `Fuser.inputs`."""
        return (self.file,)

    def fuse(self, a: Image, b: Image, pair: Pair) -> NDArray[np.uint8]:
        """Read the file; FuserError if it is missing or unreadable."""
        return _read(self.record.name, self.file)

    def fuse_stack(self, images: Sequence[Image], pair: Pair) -> NDArray[np.uint8]:
        """As `fuse`: the file is the stack's, whoever fused it."""
        return _read(self.record.name, self.file)


def _record(label: str, pairs: Iterable[Pair] = ()) -> FuserRecord:
    tasks = tuple(sorted({pair.task for pair in pairs}))
    return FuserRecord(label, tasks, "given", notes="images fused elsewhere")


def _read(label: str, file: Path) -> NDArray[np.uint8]:
    try:
        return read_image(file)
    except (OSError, ValueError) as error:
        raise FuserError(f"{label}: {error}") from error


def discover(folder: Path, pairs: Sequence[Pair]) -> dict[str, int]:
    """Methods that a folder of `<pair>_<method>` images holds, with the number of pairs of each.

    Images that are named like a pair and nothing else are counted under an empty name.
    """
    if not folder.is_dir():
        raise BenchError(f"no such folder: {show(folder)}")
    counts: Counter[str] = Counter()
    for root, owners in _by_root(folder, pairs, "").items():
        for files in _index(root, [pair.name for pair in owners], "").values():
            counts.update({method for method, _ in files})
    return dict(sorted(counts.items()))


def _root(folder: Path, dataset: str, label: str) -> Path:
    """The folder's part for a dataset and a label, `fused_images` as in the benchmarks' own packs, or the folder itself."""
    own, method = safe_name(dataset), safe_name(label)
    places = [folder / dataset, folder / own, folder / "fused_images"]
    if label:
        places += [folder / name / own for name in (label, method)] + [folder / label, folder / method]
    return next((place for place in places if place.is_dir()), folder)


def _by_root(folder: Path, pairs: Iterable[Pair], label: str) -> Mapping[Path, list[Pair]]:
    by_dataset: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        by_dataset[pair.dataset].append(pair)
    roots: dict[Path, list[Pair]] = defaultdict(list)
    for dataset, owners in by_dataset.items():
        roots[_root(folder, dataset, label)] += owners
    return roots


def _pictures(root: Path) -> list[Path]:
    return [path for path in sorted(root.iterdir()) if path.suffix.lower() in SUFFIXES and path.is_file()]


def _numbered(root: Path, count: int) -> list[Path]:
    """The pictures 1..n of a folder in their order; empty where they are not exactly that."""
    pictures = _pictures(root)
    numbers = {int(path.stem): path for path in pictures if path.stem.isascii() and path.stem.isdigit()}
    if len(pictures) != count or sorted(numbers) != list(range(1, count + 1)):
        return []
    return [numbers[number] for number in range(1, count + 1)]


def _lying_in(root: Path, most: int = 4) -> str:
    """What pictures do lie in a folder."""
    names = [show(path.name) for path in _pictures(root)]
    if not names:
        return "No picture lies there"
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"There lie {', '.join(repr(name) for name in names[:most])}{more}"


def _index(root: Path, names: Iterable[str], label: str) -> dict[str, Found]:
    """Files of a folder by the pair they belong to."""
    found: dict[str, Found] = {name: [] for name in names}
    # A run writes its images under the safe form of a name.
    known = {safe_name(name): name for name in found} | {name: name for name in found}
    left = []
    for path in _pictures(root):
        # As pairs are named: bytes that are no text, tabs and newlines as escapes.
        fit = _assign(pair_name(path.stem), known, label)
        if fit is None:
            left.append(path)
        else:
            found[fit[0]].append((fit[1], path))
    # Pairs that no exact spelling fits: another case, or another Unicode composition, as macOS and unpackers leave it.
    loosely: dict[str, str] = {}
    for name in found:
        if not found[name]:
            loosely[_loose(name)] = "" if _loose(name) in loosely else name
    for path in left:
        spelled = _loose(pair_name(path.stem))
        fit = _assign(spelled, {key: name for key, name in loosely.items() if name}, label)
        if fit is not None:
            found[fit[0]].append((fit[1], path))
    return found


def _loose(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _assign(stem: str, known: Mapping[str, str], label: str) -> tuple[str, str] | None:
    """Pair and method of a stem: the longest pair name, at equal length the reading that gives the label.

    Args:
        stem: The file's name without its ending.
        known: Pairs by the spelling that is looked for.
        label: The method that is looked for.
    """
    if stem in known:
        return known[stem], ""
    cuts = [i for i, character in enumerate(stem) if character in "_-"]
    readings = [(stem[:cut], stem[cut + 1 :]) for cut in cuts] + [
        (stem[cut + 1 :], stem[:cut]) for cut in cuts
    ]
    fits = [(name, method) for name, method in readings if name in known and method]
    if not fits:
        return None
    name, method = max(fits, key=lambda fit: (len(fit[0]), _is_labelled(fit[1], label)))
    return known[name], method


def _is_labelled(method: str, label: str) -> bool:
    return not method or _loose(method) == _loose(label)
