"""The labelled pairs of a run, and the images that stand for each of its fusers and for each source alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tcmoa_bench.datasets import load
from tcmoa_bench.images import encode_png, safe_name, show
from tcmoa_bench.labels import Labels
from tcmoa_bench.reports.summary import Run
from tcmoa_bench.types import BenchError, Image, Pair


@dataclass(frozen=True)
class Scene:
    """One labelled pair of a run.

    Attributes:
        name: What its images are called, without ending; unique in the run.
        pair: The pair.
        size: Height and width.
        labels: Its labels.
    """

    name: str
    pair: Pair
    size: tuple[int, int]
    labels: Labels


def scenes(run: Run, data: Path) -> list[Scene]:
    """The run's pairs with their labels, in its order.

    Args:
        run: The run.
        data: The folder with its datasets.

    Raises:
        BenchError: A pair is not there, has changed since, has no labels or wrong ones, or the pairs' classes differ.
    """
    several = run.pairs["dataset"].nunique() > 1
    known: dict[str, dict[str, Pair]] = {}
    found = []
    for row in run.pairs.itertuples():
        place = f"{row.dataset}/{row.pair}"
        if row.dataset not in known:
            known[row.dataset] = {pair.name: pair for pair in load(str(row.dataset), data)}
        pair = known[row.dataset].get(str(row.pair))
        if pair is None:
            raise BenchError(
                f"pair {place} of the run is not in {show(data)}; give the folder that it was run on"
            )
        if sha256(pair.a.read_bytes()) != row.hash_a:
            raise BenchError(f"{show(pair.a)} has changed since the run; run {place} again")
        size = _size(pair)
        labels = pair.load_labels(size)
        if labels is None:
            raise BenchError(
                f"pair {place} has no labels; `tcmoa-bench data show {row.dataset}` says where they belong"
            )
        if problems := labels.problems(size):
            raise BenchError(f"labels of {place}: {problems[0]}")
        name = safe_name(f"{row.dataset}__{row.pair}" if several else str(row.pair))
        found.append(Scene(name, pair, size, labels))
    kinds = {(scene.labels.classes, scene.labels.class_map is None) for scene in found}
    if len(kinds) > 1:
        raise BenchError(
            "the pairs of this run have other classes or forms of labels; run each dataset alone"
        )
    return found


def _size(pair: Pair) -> tuple[int, int]:
    a, _ = pair.load()
    return a.shape[0], a.shape[1]


def images(run: Run, found: Sequence[Scene], fusers: Sequence[str]) -> Iterator[tuple[str, Scene, bytes]]:
    """Row, pair and PNG file of every image: those of the fusers, then each source alone under its role.

    Raises:
        BenchError: A fuser has no image of a pair, or a file is not there.
    """
    cells = {
        (row.dataset, row.pair, row.fuser): row for row in run.cells.itertuples() if row.status == "done"
    }
    keys = {(fuser, s.name): (s.pair.dataset, s.pair.name, fuser) for fuser in fusers for s in found}
    for dataset, pair, fuser in keys.values():
        if (dataset, pair, fuser) not in cells:
            raise BenchError(f"{fuser} has no image of {dataset}/{pair}; leave it out or run it")
    for fuser in fusers:
        for scene in found:
            yield fuser, scene, (run.folder / cells[keys[fuser, scene.name]].fused).read_bytes()
    for place, role in enumerate(found[0].pair.roles):
        for scene in found:
            source: Image = scene.pair.load()[place]
            yield role, scene, encode_png(source)


def image_ids(found: Sequence[Scene]) -> Mapping[str, int]:
    """COCO's image number of each image: its name where all names are different numbers, else its place from 1."""
    names = [scene.name for scene in found]
    if all(name.isdecimal() for name in names) and len({int(name) for name in names}) == len(names):
        return {name: int(name) for name in names}
    return {name: place for place, name in enumerate(names, 1)}


def sha256(data: bytes) -> str:
    """Digest of a file's bytes."""
    return hashlib.sha256(data).hexdigest()
