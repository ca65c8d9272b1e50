"""`data check`: open every image of a dataset and say what is wrong."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from PIL import ImageFile

from tcmoa_bench.datasets.catalogue import find_dataset, open_spec
from tcmoa_bench.datasets.dataset import Opened
from tcmoa_bench.datasets.files import Tree
from tcmoa_bench.datasets.registration import LARGE, Shift, estimate, overlay, worst_first
from tcmoa_bench.datasets.roles import source_signs
from tcmoa_bench.images import safe_name, show, write_image
from tcmoa_bench.tasks import exchanged
from tcmoa_bench.types import Image, Pair, PairError

#: How many lines of one kind the text report prints before it only counts.
SHOWN = 20


@dataclass(frozen=True)
class CheckReport:
    """What a check found. Lists hold valid text, in the order of the pairs.

    Attributes:
        dataset: The dataset's name.
        found: Number of pairs found; ambiguous ones do not count.
        expected: Number of pairs of the full set, or None if it is not known.
        unmatched_a: Files of A without a partner: stem and path.
        unmatched_b: Files of B without a partner: stem and path.
        ambiguous: Stems that several files of one source share, so that no partner is certain.
        sizes: Pairs whose members differ in size.
        unreadable: Files that cannot be read, with the reason.
        identical: Names of the pairs whose A and B hold the same pixels.
        labels: Labels that cannot be right, with the reason; pairs without labels in a set that has some.
        notes: What is worth a word and no error: part of the set, ignored files, other copies.
        shifts: How far B seems shifted against A, the worst first; None where nobody asked. No error: it is an estimate.
    """

    dataset: str
    found: int
    expected: int | None = None
    unmatched_a: list[tuple[str, str]] = field(default_factory=list)
    unmatched_b: list[tuple[str, str]] = field(default_factory=list)
    ambiguous: list[str] = field(default_factory=list)
    sizes: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    identical: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    shifts: list[Shift] | None = None

    @property
    def ok(self) -> bool:
        """Whether there are pairs and nothing is wrong; notes are not wrong."""
        return self.found > 0 and not any(
            (
                self.unmatched_a,
                self.unmatched_b,
                self.ambiguous,
                self.sizes,
                self.unreadable,
                self.identical,
                self.labels,
            )
        )

    @property
    def remark(self) -> str:
        """A word on pairs whose A and B are identical; empty if there are none."""
        if not self.identical:
            return ""
        return (
            f"A and B are identical in {len(self.identical)} of {self.found} pairs: "
            "do both roles read the same folder?"
        )

    def as_dict(self) -> dict[str, object]:
        """The report for JSON."""
        return {
            "dataset": self.dataset,
            "ok": self.ok,
            "pairs_found": self.found,
            "pairs_expected": self.expected,
            "unmatched_a": [{"stem": stem, "file": file} for stem, file in self.unmatched_a],
            "unmatched_b": [{"stem": stem, "file": file} for stem, file in self.unmatched_b],
            "ambiguous": self.ambiguous,
            "size_mismatches": self.sizes,
            "unreadable": self.unreadable,
            "identical": self.identical,
            "labels": self.labels,
            "remark": self.remark,
            "notes": self.notes,
            **({} if self.shifts is None else {"registration": [_facts(shift) for shift in self.shifts]}),
        }

    def as_text(self) -> str:
        """The report for a terminal."""
        of = "" if self.expected is None else f" of {self.expected}"
        lines = [f"{self.dataset}: {_count(self.found, 'pair')}{of}, {'ok' if self.ok else 'NOT ok'}"]
        for title, items in (
            ("unreadable", self.unreadable),
            ("ambiguous", self.ambiguous),
            ("size mismatch", self.sizes),
            ("labels", self.labels),
            ("unmatched A", [f"{stem} ({file})" for stem, file in self.unmatched_a]),
            ("unmatched B", [f"{stem} ({file})" for stem, file in self.unmatched_b]),
        ):
            lines += _lines(title, items)
        if self.remark:
            lines.append(f"  {self.remark}")
            lines += _lines("identical", self.identical)
        lines += [f"  note: {note}" for note in self.notes]
        if self.shifts is not None:
            lines += _registration(self.shifts, self.found)
        return "\n".join(lines)


def check(
    what: str | Mapping[str, object] | Opened,
    data: Path | None = None,
    base: Path = Path(),
    tree: Tree | None = None,
    registration: bool = False,
    overlays: Path | None = None,
) -> CheckReport:
    """Open every image of a dataset with the reader that fusers and metrics use, and report.

    Args:
        what: A dataset's name, an entry of a suite (see `open_dataset`), or an opened dataset.
        data: The `--data` folder.
        base: Folder that relative paths of an entry start from.
        tree: A view of the file system to share among several checks.
        registration: Estimate how far B is shifted against A (`registration`).
        overlays: Folder for a picture of each pair's edges, named by rank, worst first.

    Raises:
        Unavailable: The dataset is not there.
        BenchError: There is nothing to check, not even a file without a partner.
    """
    spec = {"name": what} if isinstance(what, str) else what
    opened = spec if isinstance(spec, Opened) else open_spec(spec, data, base, by_name=True)
    pairs = [] if opened.only_unmatched else opened.pairs()
    pairs = [pair for pair, match in zip(pairs, opened.found.matches, strict=True) if not match.problem]
    report = CheckReport(
        opened.label,
        len(pairs),
        opened.expected,
        [(show(path.stem), show(path)) for path in opened.found.unmatched_a],
        [(show(path.stem), show(path)) for path in opened.found.unmatched_b],
        [match.problem for match in opened.found.matches if match.problem],
        notes=[
            *([opened.exchanged_folders] if opened.exchanged_folders else []),
            *_notes(opened, len(pairs)),
            *_other_copies(opened, data, tree),
        ],
        shifts=[] if registration else None,
    )
    signs: Counter[str] = Counter()
    shifts: list[Shift] = []
    for pair, outcome in zip(pairs, _look_at_all(pairs, registration), strict=True):
        report.unreadable.extend(outcome.unreadable)
        report.sizes.extend(outcome.sizes)
        report.notes.extend(outcome.notes)
        report.labels.extend(outcome.labels)
        signs.update(outcome.signs)
        shifts += [outcome.shift] if outcome.shift else []
        if outcome.identical:
            report.identical.append(pair.name)
    report.notes.extend(exchanged(signs, len(pairs)))
    shifts = worst_first(shifts)
    if report.shifts is not None:
        report.shifts.extend(shifts)
    if overlays is not None:
        _draw(shifts, pairs, overlays / safe_name(report.dataset))
    labelled = sum(pair.labels is not None for pair in pairs)
    if labelled:
        report.labels.extend(f"{pair.name}: not labelled" for pair in pairs if pair.labels is None)
        report.notes.append(f"{labelled} of {_count(len(pairs), 'pair')} labelled")
    return report


def _draw(shifts: Sequence[Shift], pairs: Sequence[Pair], folder: Path) -> None:
    named = {pair.name: pair for pair in pairs}
    digits = len(str(len(shifts)))
    for rank, shift in enumerate(shifts, 1):
        a, b = named[shift.pair].load()
        write_image(folder / f"{rank:0{digits}d}_{safe_name(shift.pair)}.png", overlay(a, b, shift))


@dataclass
class _Outcome:
    unreadable: list[str] = field(default_factory=list)
    sizes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    signs: list[str] = field(default_factory=list)
    identical: bool = False
    shift: Shift | None = None


def _look_at_all(pairs: Sequence[Pair], registration: bool) -> Iterator[_Outcome]:
    """Outcomes in the order of the pairs; decoders release the interpreter's lock, so threads are enough."""
    # Pillow's tolerance for cut files is one switch for all threads: it stays off until the last is done.
    tolerant, ImageFile.LOAD_TRUNCATED_IMAGES = ImageFile.LOAD_TRUNCATED_IMAGES, False
    pool = ThreadPoolExecutor(min(8, os.cpu_count() or 1))
    try:
        yield from pool.map(partial(_look, registration=registration), pairs)
    finally:
        pool.shutdown(cancel_futures=True)
        ImageFile.LOAD_TRUNCATED_IMAGES = tolerant


def _look(pair: Pair, registration: bool) -> _Outcome:
    outcome = _Outcome()
    a, b = _open(pair, pair.a, outcome), _open(pair, pair.b, outcome)
    if a is not None and b is not None:
        if a.shape[:2] != b.shape[:2]:
            outcome.sizes.append(f"{pair.name}: {_size(pair.a, a)}, {_size(pair.b, b)} (height x width)")
        outcome.identical = _same(a, b)
        outcome.signs = [] if pair.further else source_signs(a, b, pair.task)
        if registration and a.shape[:2] == b.shape[:2]:
            outcome.shift = estimate(pair.name, a, b)
    for file in pair.further:
        more = _open(pair, file, outcome)
        if a is not None and more is not None and more.shape[:2] != a.shape[:2]:
            outcome.sizes.append(f"{pair.name}: {_size(pair.a, a)}, {_size(file, more)} (height x width)")
    if a is not None:
        outcome.labels.extend(f"{pair.name}: {problem}" for problem in _label_problems(pair, a))
    if pair.reference is None:
        return outcome
    reference = _open(pair, pair.reference, outcome)
    if reference is None:
        return outcome
    for role, path, source in (("A", pair.a, a), ("B", pair.b, b)):
        if source is None:
            continue
        if source.shape[:2] != reference.shape[:2]:
            outcome.sizes.append(
                f"{pair.name}: {_size(path, source)}, "
                f"its reference {_size(pair.reference, reference)} (height x width)"
            )
        elif _same(source, reference):
            outcome.notes.append(f"{pair.name}: source {role} equals the reference")
    return outcome


def _label_problems(pair: Pair, image: Image) -> list[str]:
    size = (image.shape[0], image.shape[1])
    try:
        labels = pair.load_labels(size)
    except PairError as error:
        return [show(str(error))]
    return [] if labels is None else labels.problems(size)


def _open(pair: Pair, path: Path, outcome: _Outcome) -> Image | None:
    try:
        return pair.read(path)
    except (OSError, ValueError) as error:
        outcome.unreadable.append(f"{pair.name}: {show(str(error))}")
        return None


def _same(one: Image, other: Image) -> bool:
    """Whether two images hold the same picture; gray equals RGB with three equal channels."""
    if one.ndim != other.ndim:
        one, other = (np.atleast_3d(image) for image in (one, other))
    return one.shape[:2] == other.shape[:2] and bool((one == other).all())


def _size(path: Path, image: Image) -> str:
    return f"{show(path)} is {image.shape[0]}x{image.shape[1]}"


def _notes(opened: Opened, found: int) -> list[str]:
    notes = []
    if opened.expected is not None and found != opened.expected:
        kind = "part of the set" if found < opened.expected else "more than the set is known to hold"
        notes.append(f"{found} of {opened.expected} pairs: {kind}")
    with_reference = sum(match.reference is not None for match in opened.found.matches)
    if 0 < with_reference < len(opened.found.matches):
        notes.append(f"{with_reference} of {len(opened.found.matches)} pairs have a reference")
    ignored = opened.found.ignored
    if ignored:
        names = ", ".join(show(Path(path.parent.name) / path.name) for path in ignored[:SHOWN])
        more = f" and {len(ignored) - SHOWN} more" if len(ignored) > SHOWN else ""
        notes.append(f"ignored {_count(len(ignored), 'entry')}: {names}{more}")
    return notes


def _other_copies(opened: Opened, data: Path | None, tree: Tree | None) -> list[str]:
    if data is None or opened.root is None:
        return []
    others = find_dataset(opened.label).other_roots(data, opened.root, tree)
    return [f"another copy is not used: {show(root)}" for root in others]


def _registration(shifts: Sequence[Shift], pairs: int) -> list[str]:
    """Lines on what seems shifted, what seems in place, and what cannot be told."""
    clear = [shift for shift in shifts if shift.is_clear]
    large = [shift for shift in clear if shift.size >= LARGE]
    unclear = pairs - len(clear)
    head = (
        f"  registration: B seems shifted by {LARGE:g} pixels or more in {len(large)} of {_count(pairs, 'pair')}, in place "
        f"in {len(clear) - len(large)}, not clear in {unclear} (whole shifts only; no scale, rotation or parallax)"
    )
    lines = [f"{shift.pair}: {_moved(shift)}, trust {shift.trust:.1f}" for shift in large]
    return [head, *_lines("shifted", lines)]


def _moved(shift: Shift) -> str:
    down = f"{abs(shift.down)} {'down' if shift.down > 0 else 'up'}"
    right = f"{abs(shift.right)} to the {'right' if shift.right > 0 else 'left'}"
    return " and ".join(word for word, size in ((down, shift.down), (right, shift.right)) if size)


def _facts(shift: Shift) -> dict[str, object]:
    return {
        "pair": shift.pair,
        "down": shift.down,
        "right": shift.right,
        "trust": round(shift.trust, 3),
        "margin": round(min(shift.margin, 999.0), 3),
        "clear": shift.is_clear,
    }


def _count(number: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number} {noun if number == 1 else plural}"


def _lines(title: str, items: Iterable[str]) -> list[str]:
    items = list(items)
    lines = [f"  {title}: {item}" for item in items[:SHOWN]]
    if len(items) > SHOWN:
        lines.append(f"  {title}: and {len(items) - SHOWN} more (all of them with --format json)")
    return lines
