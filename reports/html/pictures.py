"""Pictures of a report: thumbnails, and pixel data that a page opened from disk may read.

A browser lets no script read the pixels of an image that a page loaded from disk. The reader may hand the folder over
(`static/pixels.js`), or the page runs scripts from beside it, each of which holds one image file's bytes.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image as PilImage

from tcmoa_bench.images import read_image

#: Longest side of a thumbnail, in pixels.
THUMBNAIL = 224

#: So many pictures have thumbnails, of so many bytes together, in the page itself. The other pairs show the pictures, which
#: a browser loads when they come into view: making thumbnails of all took most of the time that a large report took.
THUMBNAILS, EMBEDDED = 400, 6_000_000


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


def data_urls(pictures: Iterable[bytes | None]) -> list[str | None]:
    """Thumbnails as data URLs while they are less than `EMBEDDED` bytes together; None for the rest."""
    urls: list[str | None] = []
    spent = 0
    for item in pictures:
        spent += len(item or b"")
        fits = item and spent <= EMBEDDED
        urls.append(f"data:image/webp;base64,{base64.b64encode(item).decode()}" if item and fits else None)
    return urls


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
    scripts = files / "pixels"
    # Thumbnails lay beside the page before version 0.2.
    for old in [*scripts.glob("*.js"), *files.glob("thumbs/*.webp")]:
        old.unlink()
    if not budget:
        return 0
    scripts.mkdir(parents=True, exist_ok=True)
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
