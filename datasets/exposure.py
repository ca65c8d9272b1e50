"""Which pictures of an exposure sequence are the darkest and the brightest."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image as PilImage

from tcmoa_bench.datasets.cache import cache_folder
from tcmoa_bench.datasets.files import natural_key
from tcmoa_bench.images import FORMATS, SUFFIXES, write_bytes
from tcmoa_bench.types import Pair

#: Level of a file that cannot be read: below every picture, so that the pair fails with this file's name.
UNREADABLE = -1.0


def extremes(pictures: Sequence[Path], levels: dict[Path, float]) -> tuple[Path, Path]:
    """The darkest and the brightest of at least two pictures; of equal ones the first and the last."""
    order = sorted(range(len(pictures)), key=lambda index: (levels[pictures[index]], index))
    return pictures[order[0]], pictures[order[-1]]


def narrowed(pairs: Sequence[Pair], inward: int) -> list[Pair]:
    """Pairs of exposures that lie `inward` steps from the darkest and the brightest of their sequence.

    A sequence is a folder with one pair alone; other pairs stay. Of a sequence too short for so many steps the innermost
    two are taken.
    """
    if not inward:
        return list(pairs)
    folders = Counter(folder for pair in pairs for folder in {pair.a.parent, pair.b.parent})
    sequences = {pair.a.parent: _pictures(pair.a.parent) for pair in pairs if folders[pair.a.parent] == 1}
    levels = mean_luminances(path for pictures in sequences.values() for path in pictures)
    chosen = []
    for pair in pairs:
        found = sequences.get(pair.a.parent, []) if pair.a.parent == pair.b.parent else []
        by_light = sorted(found, key=lambda path: (levels[path], natural_key(path.name)))
        steps = min(inward, len(by_light) // 2 - 1)
        chosen.append(replace(pair, a=by_light[steps], b=by_light[-1 - steps]) if steps > 0 else pair)
    return chosen


def _pictures(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]


def mean_luminances(pictures: Iterable[Path]) -> dict[Path, float]:
    """Mean BT.601 luma of pictures, 0..255, `UNREADABLE` for a file that is no picture.

    Large JPEGs are decoded at an eighth of their size, which keeps the mean. Levels are remembered in the
    cache by path, size and time of change: SICE holds some 4,000 pictures of 12 megapixels.
    """
    memory = cache_folder() / "luminance-v1.json"
    known = _remembered(memory)
    keys = {path: _stamp(path) for path in pictures}
    new = [path for path, key in keys.items() if key not in known]
    with ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        levels = dict(zip((keys[path] for path in new), pool.map(mean_luminance, new), strict=True))
    known |= levels
    if levels:
        _remember(memory, known)
    return {path: known[key] for path, key in keys.items()}


def mean_luminance(path: Path) -> float:
    """Mean BT.601 luma of one picture, 0..255; `UNREADABLE` if it is none."""
    try:
        with PilImage.open(path, formats=FORMATS) as picture:
            picture.draft("L", (max(1, picture.width // 8), max(1, picture.height // 8)))
            return float(np.asarray(picture.convert("L")).mean())
    except Exception:  # decoders raise anything on damaged files
        return UNREADABLE


def _stamp(path: Path) -> str:
    try:
        state = path.stat()
    except OSError:
        return f"{os.fspath(path.absolute())!a}|absent"
    return f"{os.fspath(path.absolute())!a}|{state.st_size}|{state.st_mtime_ns}"


def _remembered(memory: Path) -> dict[str, float]:
    try:
        content = json.loads(memory.read_bytes())
        return {str(key): float(level) for key, level in dict(content).items()}
    except (OSError, ValueError, TypeError):
        return {}


def _remember(memory: Path, known: dict[str, float]) -> None:
    try:
        write_bytes(memory, json.dumps(known).encode())
    except OSError:
        # Only time is lost when the cache cannot be written.
        return
