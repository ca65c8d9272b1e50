"""Pictures of a report: thumbnails, and pixel data that a page opened from disk may read.

A browser lets no script read the pixels of an image that a page loaded from disk, but it runs a script from there.
So the viewer's pixel values come from small scripts beside the page, each of which holds one image file's bytes.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image as PilImage

from tcmoa_bench.images import read_image
from tcmoa_bench.reports.html.text import link

#: Longest side of a thumbnail, in pixels.
THUMBNAIL = 224

#: Thumbnails of up to so many bytes together stand in the page itself.
EMBEDDED = 8_000_000


def thumbnails(folder: Path, pictures: Sequence[str | None]) -> list[bytes | None]:
    """WebP thumbnails of pictures of a run folder; None where there is no picture or it cannot be read."""
    with ThreadPoolExecutor(max_workers=2) as pool:
        return list(pool.map(lambda name: _thumbnail(folder / name) if name else None, pictures))


def _thumbnail(path: Path) -> bytes | None:
    try:
        picture = PilImage.fromarray(read_image(path))
    except (OSError, ValueError):
        return None
    picture.thumbnail((THUMBNAIL, THUMBNAIL), PilImage.Resampling.BOX, reducing_gap=2.0)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=78, method=2)
    return buffer.getvalue()


def place_thumbnails(data: Sequence[bytes | None], files: Path) -> list[str | None]:
    """URLs of thumbnails: data URLs while they are few, else files in `<files>/thumbs/`, relative to `files`' parent."""
    if sum(len(item) for item in data if item) <= EMBEDDED:
        return [
            f"data:image/webp;base64,{base64.b64encode(item).decode()}" if item else None for item in data
        ]
    folder = _fresh(files / "thumbs")
    for number, item in enumerate(data):
        if item:
            (folder / f"{number}.webp").write_bytes(item)
    return [link(f"{files.name}/thumbs/{number}.webp") if item else None for number, item in enumerate(data)]


def write_pixels(folder: Path, pictures: Iterable[Sequence[str | None]], files: Path, budget: int) -> int:
    """Write the scripts that hold pixel data, pair by pair, while they fit.

    Args:
        folder: The run folder.
        pictures: For each pair its pictures' names (A, B, reference, fused ...), relative to the run folder.
        files: The report's folder for files beside it; picture k of pair i becomes `pixels/i-k.js`.
        budget: Bytes that the scripts may take together.

    Returns:
        How many pairs, counted from the first, have their pixel data there.
    """
    scripts = _fresh(files / "pixels")
    spent, done = 0, 0
    for number, names in enumerate(pictures):
        paths = {k: folder / name for k, name in enumerate(names) if name and (folder / name).is_file()}
        spent += sum(path.stat().st_size * 4 // 3 for path in paths.values())
        if spent > budget:
            break
        for k, path in paths.items():
            text = base64.b64encode(path.read_bytes()).decode()
            (scripts / f"{number}-{k}.js").write_text(f'tcmoaPixels("{number}-{k}","{text}");\n')
        done = number + 1
    return done


def _fresh(folder: Path) -> Path:
    """The folder, without what an earlier report left there."""
    folder.mkdir(parents=True, exist_ok=True)
    for ending in ("js", "webp"):
        for old in folder.glob(f"*.{ending}"):
            old.unlink()
    return folder
