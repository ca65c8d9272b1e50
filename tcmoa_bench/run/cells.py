"""The work of one cell: load a pair, fuse it (or take the stored image), score it. Runs in any process."""

from __future__ import annotations

import json
import platform
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tcmoa_bench.datasets.labelled import map_colours, map_picture
from tcmoa_bench.datasets.roles import source_signs
from tcmoa_bench.images import (
    encode_png,
    pixel_hash,
    png_key,
    read_image,
    safe_name,
    write_bytes,
    write_image,
)
from tcmoa_bench.labels import Labels
from tcmoa_bench.metrics import WHOLE, Area, Undefined, each_object, resolve
from tcmoa_bench.metrics.scene import Scene, Sources
from tcmoa_bench.run import trials
from tcmoa_bench.run.fusers import FuserSpec, fuse_stack, tiled_key
from tcmoa_bench.run.manifest import environment
from tcmoa_bench.run.suspicion import fused_signs
from tcmoa_bench.store import CellResult
from tcmoa_bench.types import BenchError, Fuser, Image, Networked, Pair, PairError, Talking, Tiling


@dataclass(frozen=True)
class Cell:
    """One (pair, fuser) and what is still to do for it.

    Attributes:
        pair: The pair.
        fuser: The fuser.
        metrics: What finds the metrics to compute (`Metric.spec`).
        fuse_key: Digest of all that decides the fused pixels.
        folder: The run folder.
        area: The part of the pair that is measured.
        stored_hash: Pixel hash of the fused image as the store has it; None if it must be fused (an image on disk
            that carries `fuse_key`, left by a killed run, is taken all the same unless `anew`).
        anew: Fuse even if an image with this key lies on disk.
        views: Copy the sources into the run folder for the report.
    """

    pair: Pair
    fuser: FuserSpec
    metrics: tuple[str, ...]
    fuse_key: str
    folder: Path
    area: Area = WHOLE
    stored_hash: str | None = None
    anew: bool = False
    views: bool = False

    @property
    def key(self) -> tuple[str, str, str]:
        """(dataset, pair, fuser)."""
        return self.pair.dataset, self.pair.name, self.fuser.label

    @property
    def keys(self) -> tuple[str, str]:
        """`fuse_key`, and that of the same work done in tiles because memory ran out."""
        return self.fuse_key, tiled_key(self.fuse_key)

    @property
    def fused(self) -> str:
        """Where the fused image lies, relative to the run folder."""
        dataset, pair, fuser = (safe_name(part) for part in self.key)
        return f"fused/{fuser}/{dataset}/{pair}.png"

    @property
    def log(self) -> str:
        """Where the output of somebody else's code lies that fused the pair, relative to the run folder."""
        return self.fused.replace("fused/", "logs/", 1).removesuffix(".png") + ".log"

    @property
    def objects(self) -> str:
        """Where the visibility of each labelled object lies, relative to the run folder."""
        return self.fused.replace("fused/", "objects/", 1).removesuffix(".png") + ".json"


Stage = Literal["load", "fuse", "score"]


def _nobody(stage: Stage, what: str) -> None:
    """Who is told nothing."""


def run_cell(cell: Cell, tell: Callable[[Stage, str], None] = _nobody) -> CellResult:
    """Do a cell's work; what goes wrong becomes a failed result, never an exception.

    Args:
        cell: What to do.
        tell: Called before each step with the stage, and the metric that is computed next.
    """
    stage: Stage = "load"
    views: dict[str, object] = {}
    try:
        tell(stage, "")
        sources = _sources(cell.pair)
        if cell.views:
            views = _write_views(cell, sources)
        stage = "fuse"
        tell(stage, "")
        started = time.perf_counter()
        fuse_seconds = None
        if (stored := _stored(cell)) is not None:
            fused, key = stored
        else:
            _fuser(cell.fuser)
            tell(stage, "")  # somebody's code has the whole time for the pair, after its own start
            fused, key = _fuse(cell, sources)
            fuse_seconds = time.perf_counter() - started
        stage = "score"
        started = time.perf_counter()
        scene = Scene(sources, fused)
        metrics = [m.for_sources(len(cell.pair.files)) for m in resolve(cell.metrics, area=cell.area)]
        scores = []
        for metric in metrics:
            tell(stage, metric.qualified)
            scores.append(metric.score(scene))
        if any(metric.convention.startswith("region") for metric in metrics):
            _write_labels(cell, sources)
            _write_objects(cell, scene)
        return CellResult(
            *cell.key,
            fuse_key=key,
            remark=_remark(scene, sources, cell.pair, key != cell.fuse_key),
            fused=cell.fused,
            fused_hash=pixel_hash(fused),
            fuse_seconds=fuse_seconds,
            score_seconds=time.perf_counter() - started if scores else None,
            scores=[(s.metric.qualified, s.signature, s.value, s.reason) for s in scores],
            views=views,
            origin=_origin(cell.fuser),
        )
    except Exception as error:
        text = (
            str(error) if isinstance(error, BenchError | ValueError) else f"{type(error).__name__}: {error}"
        )
        return CellResult(
            *cell.key, fuse_key=cell.fuse_key, status="failed", stage=stage, message=text, views=views
        )


# What a process keeps from one cell to the next. Cells come pair by pair, so two pairs are enough.
# A pair that cannot be read is kept as well, with the reason: it would be decoded again for each fuser.
_loaded: OrderedDict[tuple[str, str, tuple[Path, ...]], Sources | BenchError] = OrderedDict()
_fusers: dict[str, tuple[FuserSpec, Fuser]] = {}


def _sources(pair: Pair) -> Sources:
    key = (pair.dataset, pair.name, pair.files)
    if key in _loaded:
        _loaded.move_to_end(key)
    else:
        try:
            _loaded[key] = Sources.of_pair(pair)
        except (BenchError, ValueError) as error:
            _loaded[key] = PairError(str(error))
        while len(_loaded) > 2:
            _loaded.popitem(last=False)
    loaded = _loaded[key]
    if isinstance(loaded, BenchError):
        raise loaded.with_traceback(None)
    return loaded


def forget() -> None:
    """Drop what this process keeps between cells (files may change between two runs in one process)."""
    _loaded.clear()
    _fusers.clear()
    trials.forget()


def make_fuser(spec: FuserSpec) -> Fuser:
    """Make a fuser anew and keep it for this process's cells."""
    _fusers[spec.label] = (spec, spec.create())
    return _fusers[spec.label][1]


def _fuser(spec: FuserSpec) -> Fuser:
    known = _fusers.get(spec.label)
    return known[1] if known is not None and known[0] == spec else make_fuser(spec)


def _origin(spec: FuserSpec) -> dict[str, object]:
    """What computed a cell, for whoever asks later why it differs from another."""
    fuser = _fuser(spec)
    record = fuser.record
    network = fuser.network if isinstance(fuser, Networked) else None
    count = sum(tensor.numel() for tensor in network.parameters()) if network is not None else 0
    return {
        **environment(),
        "device": spec.options.device,
        "host": platform.node(),
        "fuser": {
            "version": record.version,
            "fingerprint": record.fingerprint,
            **({"parameters": count} if count else {}),
        },
    }


def _stored(cell: Cell) -> tuple[Image, str] | None:
    """The fused image on disk and its key, if it is one that this cell would make."""
    path = cell.folder / cell.fused
    key = png_key(path) if path.is_file() and not cell.anew else None
    if key is None or key not in cell.keys:
        return None
    try:
        image = read_image(path)
    except (OSError, ValueError):
        return None
    if cell.stored_hash is not None and pixel_hash(image) != cell.stored_hash:
        return None
    return image, key


def _fuse(cell: Cell, sources: Sources) -> tuple[Image, str]:
    fuser = _fuser(cell.fuser)
    try:
        images = [picture.pixels for picture in sources.all]
        fused = fuse_stack(fuser, cell.fuser.label, images, cell.pair)
    finally:
        if isinstance(fuser, Talking) and (said := fuser.take_output()):
            write_bytes(cell.folder / cell.log, said)
    key = cell.keys[isinstance(fuser, Tiling) and fuser.in_tiles]
    write_image(cell.folder / cell.fused, fused, key=key)
    (cell.folder / cell.objects).unlink(missing_ok=True)  # of another image
    return fused, key


def _remark(scene: Scene, sources: Sources, pair: Pair, in_tiles: bool) -> str:
    """Signs that the fused image, or the pair, is not what it should be."""
    signs = fused_signs([picture.gray for picture in sources.all], scene.fused.gray)
    if not pair.further:  # of a stack no source has a role
        signs += source_signs(sources.a.pixels, sources.b.pixels, pair.task)
    return "; ".join([*signs, *(["was made in tiles, as memory ran out"] if in_tiles else [])])


def _write_views(cell: Cell, sources: Sources) -> dict[str, object]:
    """Put pictures of the sources that a browser can show into the run folder, so that it can be moved whole."""
    pair = cell.pair
    height, width = sources.a.shape
    views: dict[str, object] = {"height": height, "width": width}
    further = {
        str(number): item for number, item in enumerate(zip(pair.further, sources.further, strict=True), 3)
    }
    pictures = {"a": (pair.a, sources.a), "b": (pair.b, sources.b), **further}
    if pair.reference is not None and sources.reference is not None:
        pictures["reference"] = (pair.reference, sources.reference)
    _write_labels(cell, sources)
    for role, (file, picture) in pictures.items():
        stem = f"sources/{safe_name(pair.dataset)}/{safe_name(pair.name)}_{role}"
        suffix, data = _as_browsers_show(file, picture.pixels)
        write_bytes(cell.folder / f"{stem}{suffix}", data)
        views[f"view_{role}"] = f"{stem}{suffix}"
    if further:
        views["further"] = [views.pop(f"view_{role}") for role in further]
    return views


def _write_labels(cell: Cell, sources: Sources) -> None:
    """A pair's labels for the report to draw: boxes (class, left, top, right, bottom), or the class map in colours."""
    try:
        labels = sources.labels
    except (Undefined, BenchError):
        labels = Labels()
    stem = f"labels/{safe_name(cell.pair.dataset)}/{safe_name(cell.pair.name)}"
    _write_list(
        cell.folder / f"{stem}.json", [(b.name, b.left, b.top, b.right, b.bottom) for b in labels.boxes]
    )
    numbers, drawn = labels.class_map, cell.folder / f"{stem}.png"
    colours = [] if numbers is None else map_colours(numbers, labels.classes)
    if numbers is not None and colours:
        write_bytes(drawn, map_picture(numbers))
    else:
        drawn.unlink(missing_ok=True)
    _write_list(cell.folder / f"{stem}.colours.json", colours)


def _write_objects(cell: Cell, scene: Scene) -> None:
    """How visible each labelled object is, for the report's list of the worst."""
    try:
        found = each_object(scene, cell.area)
    except (Undefined, BenchError):
        found = []
    _write_list(cell.folder / cell.objects, found)


def _write_list(file: Path, items: Sequence[object]) -> None:
    """A list as JSON; no file where it is empty, nor one of before."""
    if items:
        write_bytes(file, json.dumps(items).encode())
    else:
        file.unlink(missing_ok=True)


def _as_browsers_show(file: Path, pixels: Image) -> tuple[str, bytes]:
    """The file itself where it is a JPEG (many times smaller than its pixels), else a PNG of the pixels."""
    head = file.read_bytes()
    if head.startswith(b"\xff\xd8\xff"):
        return ".jpg", head
    return ".png", encode_png(pixels)
