"""The one reader and the one writer of images: check, fusers, metrics and reports all come through here.

The reader refuses what it would have to guess (16-bit pictures, real transparency, several pages, cut
files) instead of narrowing, flattening or repairing it in silence.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import struct
import tempfile
import threading
import unicodedata
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, ImageFile, UnidentifiedImageError
from PIL import Image as PilImage
from PIL.PngImagePlugin import PngInfo

from tcmoa_bench.decoders import jpeg_damage, silence_libtiff

#: Lower-case endings of files that count as pictures in a folder.
SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp"})

#: Formats that are read, by content: those of which the reader knows how to ask for depth, pages and bands.
FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF", "PPM")

#: Most pixels that a file may declare, and what changes it: a few kilobytes can stand for gigabytes of pixels.
MAX_PIXELS = 100_000_000
MAX_PIXELS_VARIABLE = "TCMOA_BENCH_MAX_PIXELS"

_KEY = "tcmoa-bench"
_PILLOW_SWITCH = threading.Lock()

_WIDE_MODES = {
    "I;16": "16-bit",
    "I;16B": "16-bit",
    "I;16L": "16-bit",
    "I;16N": "16-bit",
    "I": "32-bit integer",
    "F": "float",
}

# How pictures of these formats begin, where a cut file keeps Pillow from knowing them.
_BEGINNINGS = (b"\x89PNG", b"\xff\xd8", b"BM", b"II*\0", b"MM\0*", b"RIFF", b"GIF8")

_PNG_END = b"IEND\xaeB\x60\x82"

# Numbers of TIFF tags.
_SUBFILE, _BITS, _SAMPLES, _SAMPLE_FORMAT = 254, 258, 277, 339


_TURNS = {
    2: PilImage.Transpose.FLIP_LEFT_RIGHT,
    3: PilImage.Transpose.ROTATE_180,
    4: PilImage.Transpose.FLIP_TOP_BOTTOM,
    5: PilImage.Transpose.TRANSPOSE,
    6: PilImage.Transpose.ROTATE_270,
    7: PilImage.Transpose.TRANSVERSE,
    8: PilImage.Transpose.ROTATE_90,
}


class _Refused(ValueError):
    """A picture that was understood, and is not taken."""


def read_image(path: str | os.PathLike[str], reduce: int = 1) -> NDArray[np.uint8]:
    """Decode an 8-bit picture the way every viewer shows it.

    Palettes become their colours, EXIF orientation is applied, an opaque alpha channel is dropped.

    Args:
        path: File of one of `FORMATS`; the content decides, not the ending.
        reduce: Decode a JPEG at 1/2, 1/4 or 1/8 of its sides, rounded up, in as much less time; others come whole.

    Returns:
        `uint8` array, `H x W` for gray files or `H x W x 3` in RGB order.

    Raises:
        FileNotFoundError: There is no such file.
        ValueError: The file is empty, truncated or no picture, has more than 8 bits a channel, more than
            one page, or pixels that are not opaque. The text names the file and the remedy.
    """
    return to_pixels(read_picture(path, reduce), show(path))


def read_picture(path: str | os.PathLike[str], reduce: int = 1) -> PilImage.Image:
    """Decode a picture as it lies in its file, for readers of unusual bands; raises as `read_image`, but for colour."""
    return _decode(_bytes_of(Path(path)), show(path), reduce)


def _bytes_of(path: Path) -> bytes:
    try:
        # Reading a pipe or a device could wait for ever, or never end.
        if not (path.is_file() or path.is_dir()) and path.exists():
            raise ValueError(f"{show(path)} is a pipe, a socket or a device; give a regular file")
        return path.read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"no such file: {show(path)}") from None
    except OSError as error:
        raise ValueError(f"cannot read {show(path)}: {error.strerror or error}") from None


def declared_size(path: str | os.PathLike[str]) -> tuple[int, int] | None:
    """Height and width that a picture file declares, without decoding it; None where it says none that can be read.

    A JPEG's as it is turned; other formats' tags may lie behind their pixels and are not asked.
    """
    try:
        with PilImage.open(path, formats=FORMATS) as picture:
            turn = picture.getexif().get(ExifTags.Base.Orientation) if picture.format == "JPEG" else None
            height, width = picture.height, picture.width
            return (width, height) if turn in (5, 6, 7, 8) else (height, width)
    except Exception:  # decoders raise anything; what is wrong is said when the file is read
        return None


def decode_image(data: bytes, name: str) -> NDArray[np.uint8]:
    """Decode the bytes of a picture file; `name` stands for it in errors. See `read_image`."""
    return to_pixels(_decode(data, name), name)


def _decode(data: bytes, name: str, reduce: int = 1) -> PilImage.Image:
    if not data:
        raise ValueError(f"{name} is empty (0 bytes); fetch it again")
    silence_libtiff()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", PilImage.DecompressionBombWarning)  # the limit here is our own
            picture = PilImage.open(io.BytesIO(data), formats=FORMATS)
        _refuse_bombs(picture, name)
        _refuse_unread_parts(picture, name)
        if picture.format in ("JPEG", "MPO") and (damage := jpeg_damage(data)):
            raise _Refused(f"{name} is truncated or damaged ({damage}); fetch it again")
        if reduce > 1:
            # Pillow takes the greatest of 1, 2, 4, 8 that leaves at least this; rounded up it would miss it.
            picture.draft(None, (picture.width // reduce or 1, picture.height // reduce or 1))
        _load_strictly(picture, name)
    except _Refused:
        raise
    except UnidentifiedImageError:
        cut = "truncated, damaged, or " if data.startswith(_BEGINNINGS) else ""
        raise ValueError(
            f"{name} is {cut}not a picture that can be decoded (8-bit gray or RGB as PNG, JPEG, BMP, TIFF, WebP, GIF "
            "or PNM is expected); convert it, fetch it again or remove it"
        ) from None
    except PilImage.DecompressionBombError as error:
        raise ValueError(
            f"{name} is too large ({error}); if that is its true size, cut it into parts"
        ) from None
    except MemoryError:
        raise ValueError(
            f"{name}: not enough memory to decode it; cut it into parts, or allow more memory"
        ) from None
    except Exception as error:  # decoders raise anything on damaged files
        raise ValueError(f"{name} is truncated or damaged ({error}); fetch it again") from None
    if picture.format == "PNG" and _PNG_END not in data:
        raise ValueError(f"{name} is truncated (the end of the PNG is missing); fetch it again")
    return picture


def _refuse_bombs(picture: PilImage.Image, name: str) -> None:
    limit = int(os.environ.get(MAX_PIXELS_VARIABLE) or MAX_PIXELS)
    if picture.width * picture.height > limit:
        raise _Refused(
            f"{name} is too large: {picture.height}x{picture.width} pixels (height x width), more than {limit:,}; if that "
            f"is its true size, cut it into parts or set {MAX_PIXELS_VARIABLE}"
        )


def _pages(picture: PilImage.Image) -> int:
    """Pictures in a file that are as good as the first: previews of phones and thumbnails of TIFF are not."""
    count = getattr(picture, "n_frames", 1)
    if count == 1 or picture.format not in ("MPO", "TIFF"):
        return count
    area, full = picture.width * picture.height, 1
    for page in range(1, count):
        picture.seek(page)
        is_thumbnail = bool(getattr(picture, "tag_v2", {}).get(_SUBFILE, 0) & 1)
        is_preview = picture.format == "MPO" and picture.width * picture.height < area
        full += not (is_thumbnail or is_preview)
    picture.seek(0)
    return full


def _refuse_unread_parts(picture: PilImage.Image, name: str) -> None:
    """Refuse what Pillow would leave out in silence: further pages, bits and bands."""
    pages = _pages(picture)
    if pages != 1:
        raise _Refused(f"{name} holds {pages} pages; save the one that is meant as a file of its own")
    kind = _too_wide(picture)
    if kind:
        raise _Refused(f"{name} is a {kind} picture; 8-bit gray or RGB is expected, convert it first")
    samples, bands = getattr(picture, "tag_v2", {}).get(_SAMPLES, 0), len(picture.getbands())
    if samples > bands:
        raise _Refused(
            f"{name} has {samples} bands, {samples - bands} of them neither colour nor alpha; "
            "8-bit gray or RGB is expected, save the bands that are meant as a file of their own"
        )


def _too_wide(picture: PilImage.Image) -> str:
    """What a channel holds where that is not 0..255, such as `16-bit`; empty where it is."""
    tags = getattr(picture, "tag_v2", {})
    formats = tags.get(_SAMPLE_FORMAT, ())
    bits = max(tags.get(_BITS, (8,)))
    tile = next(iter(getattr(picture, "tile", ())), None)
    if picture.format == "PNG" and tile is not None and "16" in str(tile.args):
        bits = 16
    if picture.format == "PPM" and tile is not None and tile.codec_name != "raw" and tile.args[1] > 255:
        bits = 16
    if picture.mode in _WIDE_MODES and picture.format == "PPM" and picture.mode != "F":
        bits = 16  # Pillow opens a 16-bit PGM as 32-bit integers
    if bits in (8, 32) and picture.mode in _WIDE_MODES:
        return _WIDE_MODES[picture.mode]
    if bits > 8:
        return f"{bits}-bit"
    return "signed 8-bit" if 2 in formats else ""


def _load_strictly(picture: PilImage.Image, name: str) -> None:
    try:
        if not ImageFile.LOAD_TRUNCATED_IMAGES:
            picture.load()
            return
        # Another library in this process has set Pillow's process-wide tolerance for cut files.
        with _PILLOW_SWITCH:
            ImageFile.LOAD_TRUNCATED_IMAGES = False
            try:
                picture.load()
            finally:
                ImageFile.LOAD_TRUNCATED_IMAGES = True
    except (OSError, SyntaxError, EOFError) as error:
        raise _Refused(f"{name} is truncated or damaged ({error}); fetch it again") from None


def to_pixels(picture: PilImage.Image, name: str) -> NDArray[np.uint8]:
    """Pixels of a decoded picture as a viewer shows them; see `read_image`."""
    picture = _upright(picture, name)
    mode = picture.mode
    if mode == "P":
        used, known = int(np.asarray(picture).max()), len(picture.getpalette() or ()) // 3
        if used >= known:
            raise ValueError(
                f"{name} is damaged: it uses colour {used} of a palette of {known}; fetch it again"
            )
    if mode in ("P", "PA") or "transparency" in picture.info:
        transparent = mode == "PA" or "transparency" in picture.info
        picture = picture.convert("RGBA" if transparent else "RGB")
        mode = picture.mode
    if mode in ("RGBA", "LA", "La", "RGBa"):
        alpha = np.asarray(picture.getchannel("A" if "A" in mode else "a"))
        if (alpha != 255).any():
            raise ValueError(
                f"{name} has transparent pixels or a fourth band that is no transparency (infrared, say): flatten it if it "
                "is transparent, save its bands as files of their own if it is not"
            )
        picture = picture.convert("RGB" if mode.startswith("RGB") else "L")
        mode = picture.mode
    if mode == "1":
        picture, mode = picture.convert("L"), "L"
    if mode == "CMYK":
        raise ValueError(f"{name} has 4 bands (CMYK or multispectral); 8-bit gray or RGB is expected")
    if mode == "YCbCr":
        picture, mode = picture.convert("RGB"), "RGB"
    if mode not in ("L", "RGB"):
        raise ValueError(f"{name} is in colour space {mode}; 8-bit gray or RGB is expected, convert it first")
    return np.array(picture, dtype=np.uint8)


def _upright(picture: PilImage.Image, name: str) -> PilImage.Image:
    """The picture as its orientation tag has it lie; unlike Pillow's own function it writes no EXIF data anew."""
    try:
        turn = _TURNS.get(picture.getexif().get(ExifTags.Base.Orientation, 1))
    except Exception as error:  # damaged tags raise anything
        raise ValueError(
            f"{name} has damaged EXIF data ({error}), so that its orientation is not known; save it again without"
        ) from None
    return picture if turn is None else picture.transpose(turn)


#: Sources that reach this level are not black; a fused image that stays within 0..1 beside them is on another scale.
_NOT_BLACK = 16
#: Nor is one on 0..255 whose mean is above this: overshoot at edges moves a mean little.
_ABOVE_WHITE = 2 * 255


def to_uint8(image: NDArray[np.generic], name: str = "fused image", brightest: int = 0) -> NDArray[np.uint8]:
    """Round and clip an image on the scale 0..255 to `uint8`; never wraps, truncates or stretches.

    Args:
        image: `H x W` or `H x W x 3`, `uint8` or floating point on 0..255.
        name: What to call it in errors.
        brightest: The sources' highest level, by which another scale (0..1, 0..65535) is told.

    Returns:
        `uint8` array of the same shape, C-contiguous.

    Raises:
        ValueError: Another dtype, shape or scale, or values that are not finite.
    """
    image = np.asarray(image)
    if image.ndim == 3 and image.shape[2] == 1:
        image = image[..., 0]
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] != 3):
        raise ValueError(f"{name} has shape {image.shape}; HxW or HxWx3 is expected")
    if image.dtype == np.uint8:
        return np.ascontiguousarray(image)
    if not np.issubdtype(image.dtype, np.floating):
        raise ValueError(f"{name} has dtype {image.dtype}; uint8, or float on the scale 0..255, is expected")
    if not np.isfinite(image).all():
        raise ValueError(f"{name} is not finite: it holds NaN or infinity")
    if image.size and _on_another_scale(image, brightest):
        raise ValueError(
            f"{name} is {image.dtype} from {image.min():g} to {image.max():g}; uint8, or float on the scale 0..255, "
            "is expected: multiply it to that scale"
        )
    return np.ascontiguousarray(np.clip(np.rint(image), 0, 255).astype(np.uint8))


def _on_another_scale(image: NDArray[np.generic], brightest: int) -> bool:
    if image.mean(dtype=np.float64) > _ABOVE_WHITE:
        return True
    within_one = image.min() >= -1 and 0 < image.max() <= 1 and (image != np.rint(image)).any()
    return brightest >= _NOT_BLACK and bool(within_one)


def encode_png(image: NDArray[np.uint8], level: int = 1, key: str = "") -> bytes:
    """PNG bytes of a `uint8` image.

    Args:
        image: `H x W` or `H x W x 3`.
        level: zlib's level; 1 is fast, the pixels are the same.
        key: Text kept in the file that says what made it (`png_key` reads it).
    """
    notes = PngInfo()
    if key:
        notes.add_text(_KEY, key)
    buffer = io.BytesIO()
    PilImage.fromarray(image).save(buffer, "PNG", compress_level=level, pnginfo=notes)
    return buffer.getvalue()


def png_key(path: str | os.PathLike[str]) -> str | None:
    """The key that `encode_png` left in a file, or None. Reads the file's head alone: a start asks for every fused image."""
    try:
        with open(path, "rb") as file:
            head = file.read(1024)
    except OSError:
        return None
    at = 8 if head.startswith(b"\x89PNG\r\n\x1a\n") else len(head)
    while at + 12 <= len(head):
        size, kind = struct.unpack_from(">I4s", head, at)
        name, _, text = head[at + 8 : at + 8 + size].partition(b"\0")
        if kind == b"tEXt" and name == _KEY.encode():
            return text.decode("latin-1")
        at = at + 12 + size if kind != b"IDAT" else len(head)
    return None


def write_image(path: str | os.PathLike[str], image: NDArray[np.uint8], key: str = "") -> None:
    """Write a `uint8` image losslessly; the ending decides the format (PNG, BMP or TIFF).

    The file appears complete or not at all (temporary file, fsync, rename). A PNG keeps `key` (see `encode_png`).
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".png":
        data = encode_png(image, key=key)
    elif suffix in (".bmp", ".tif", ".tiff"):
        buffer = io.BytesIO()
        PilImage.fromarray(image).save(buffer, "BMP" if suffix == ".bmp" else "TIFF")
        data = buffer.getvalue()
    else:
        raise ValueError(f"{show(path)}: fused images are written losslessly; use .png, .bmp or .tif")
    write_bytes(path, data)


#: How the names of files begin that are being written.
WRITING = ".writing-"


def sweep(folder: Path) -> None:
    """Remove what a killed process left half-written below a folder that no process works in."""
    for leftover in folder.rglob(f"{WRITING}*"):
        leftover.unlink(missing_ok=True)


def write_bytes(path: str | os.PathLike[str], data: bytes) -> None:
    """Write a file that appears complete or not at all: temporary file, fsync, rename."""
    path = Path(path)
    temporary = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=WRITING, suffix=path.suffix)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        if isinstance(error, OSError):  # the name of a temporary file says nothing to anybody
            raise OSError(error.errno, error.strerror, os.fspath(path)) from error
        raise


def pixel_hash(image: NDArray[np.uint8]) -> str:
    """SHA-256 of shape and pixels: equal for equal pictures, whatever file they came from."""
    digest = hashlib.sha256(repr(image.shape).encode())
    digest.update(np.ascontiguousarray(image).data)
    return digest.hexdigest()


def safe_name(name: str) -> str:
    """A file name for any text: letters, digits, `-`, `_`, `.` stay; other names get a short hash behind them."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", name).lstrip(".")[:80]
    if plain == name:
        return name
    return f"{plain}-{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()[:8]}"


def show(path: str | os.PathLike[str]) -> str:
    """A path as valid text: bytes that are no text appear as backslash escapes."""
    return os.fspath(path).encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def pair_name(text: str) -> str:
    """A name as valid, printable text, unchanged where it already is.

    Bytes that are no text and control characters appear as backslash escapes.
    """
    return "".join(
        char if unicodedata.category(char) != "Cc" else char.encode("unicode_escape").decode("ascii")
        for char in show(text)
    )
