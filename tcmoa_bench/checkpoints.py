"""Weights files: found by hash, read as tensors only, loaded wholly or not at all.

A checkpoint is data that came over the network. It is known by its SHA-256 or its git blob id, nothing in it is
ever run, and a network takes all of its tensors or none. Torch is imported only when a file is really read.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import os
import re
import struct
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from tcmoa_bench.images import show
from tcmoa_bench.types import BenchError, Unavailable, Weights

if TYPE_CHECKING:
    from torch import Tensor, nn

#: Environment variable that names a folder of weights files.
FOLDER_VARIABLE = "TCMOA_BENCH_WEIGHTS"

# Converting a file to safetensors keeps its tensors but drops optimiser state and training's other networks (up to
# nine tenths) or joins several files (AUIF's decoder is a fiftieth of all), so a converted file is never further from
# the original's size than this factor.
_SIZE_FACTOR = 64

#: Where training scripts keep a network's tensors, the likeliest first.
WHOLES = ("model", "state_dict", "params_ema", "params")

_WRAPPERS = ("module.", "_orig_mod.")


def weights_folders(folder: Path | None = None) -> list[Path]:
    """Folders searched for weights, in order: the one given, `TCMOA_BENCH_WEIGHTS`, the user's cache."""
    named = os.environ.get(FOLDER_VARIABLE)
    cache_home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    places = [folder, Path(named) if named else None, Path(cache_home) / "tcmoa-bench" / "weights"]
    return [place.expanduser() for place in places if place is not None]


def find_weights(weights: Weights, folder: Path | None = None) -> Path:
    """Path of the file whose SHA-256 or git blob id the record names, whatever the file's name.

    Args:
        weights: The file's record.
        folder: Folder searched (with its subfolders) before the environment variable's and the cache.

    Returns:
        Path of the file.

    Raises:
        Unavailable: No such file; the text names it, its origin and hashes, and where it may be put.
    """
    places = weights_folders(folder)
    namesakes = ""
    for place in places:
        for path in _candidates(weights, place):
            with contextlib.suppress(OSError):  # a file that may not be read is not the one
                if is_published(weights, path):
                    return path
                if path.name == weights.file:
                    namesakes += f" {show(path)} has that name but SHA-256 {file_sha256(path)}: truncated, or another file."
    origin = f"Its origin is {weights.origin} (licence: {weights.licence or 'none stated'}"
    if not weights.hashes:
        raise Unavailable(
            f"weights file {weights.file} cannot be looked for: no hash of it is known.{namesakes} {origin}). "
            "If you have it, name it with --option weights=FILE"
        )
    searched = ", ".join(show(place) for place in places)
    raise Unavailable(
        f"weights file {weights.file} is not here (searched by its hash in {searched}).{namesakes} "
        f"{origin}; {' or '.join(weights.hashes)}). "
        f"Put it in one of these folders, or name its folder with --weights DIR or {FOLDER_VARIABLE}"
    )


def is_published(weights: Weights, path: Path) -> bool:
    """Whether a file is the one that its authors published, or that file converted."""
    if file_sha256(path) in weights.sha256:
        return True
    return bool(weights.git_blobs) and git_blob(path) in weights.git_blobs


def _candidates(weights: Weights, folder: Path) -> Iterator[Path]:
    """Files that may be the one sought, the likeliest first: hashing a large folder takes seconds."""
    if folder.is_file():
        yield folder
    if not folder.is_dir():
        return
    found = [(path, path.stat().st_size) for path in sorted(folder.rglob("*")) if path.is_file()]
    if weights.size:
        low, high = weights.size // _SIZE_FACTOR, weights.size * _SIZE_FACTOR
        found = [(path, n) for path, n in found if low <= n <= high or path.name == weights.file]
    found.sort(key=lambda item: (item[0].name != weights.file, item[1] != weights.size))
    yield from (path for path, _ in found)


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes in hexadecimal; remembered until the file's size or time changes."""
    facts = path.stat()
    return _file_sha256(path, facts.st_size, facts.st_mtime_ns)


@cache
def _file_sha256(path: Path, size: int, modified: int) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_blob(path: Path) -> str:
    """Git's name of a file's bytes (`git hash-object FILE`), remembered until the file's size or time changes."""
    facts = path.stat()
    return _git_blob(path, facts.st_size, facts.st_mtime_ns)


@cache
def _git_blob(path: Path, size: int, modified: int) -> str:
    with open(path, "rb") as file:  # SHA-1 over a header with the length, and the bytes
        digest = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def load_tensors(path: Path, parts: Sequence[str] = ()) -> dict[str, Tensor]:
    """Read the tensors of a weights file (safetensors or torch's own format) and run nothing in it.

    A training checkpoint may keep its tensors one level down (`model`, `state_dict`, `params`) beside
    plain data such as `argparse.Namespace` and NumPy scalars; that data is read and dropped.

    Args:
        path: The file; its content decides the format, not its ending.
        parts: Sets of tensors that make up one network where a file may keep them apart; their names come before
            the tensors'.

    Returns:
        Tensors by name, on the CPU.

    Raises:
        BenchError: The file is missing, truncated, in another format, holds no tensors, or holds a type
            that could run code (the text names the type).
    """
    return _pick_tensors(read_content(path), path, parts)


def read_content(path: Path) -> Any:
    """Everything in a weights file, as `load_tensors` reads it: tensors and plain data, nested as they were saved.

    Raises:
        BenchError: As `load_tensors`, but for a file without tensors.
    """
    try:
        with open(path, "rb") as file:
            head = file.read(9)
    except OSError as error:
        raise BenchError(f"cannot read weights {show(path)}: {error.strerror or error}") from None
    if len(head) == 9 and head[8:9] == b"{":
        return _load_safetensors(path)
    return _load_torch(path)


def _load_safetensors(path: Path) -> dict[str, Tensor]:
    import safetensors
    from safetensors.torch import load_file

    try:
        tensors: dict[str, Tensor] = load_file(path)
    except (safetensors.SafetensorError, OSError, ValueError) as error:
        raise BenchError(
            f"weights {show(path)} are truncated or damaged ({error}); fetch the file again"
        ) from None
    return tensors


def _load_torch(path: Path) -> Any:
    import torch

    _refuse_flipped_bits(path)
    with warnings.catch_warnings(), torch.serialization.safe_globals(_plain_types()):
        warnings.simplefilter("ignore", UserWarning)  # torch asks for a bug report on other pickle protocols
        try:
            return torch.load(path, map_location="cpu", weights_only=True)
        except Exception as error:  # damage shows as RuntimeError, EOFError, KeyError, struct.error, ...
            if refused := re.search(r"GLOBAL (\S+)", str(error)):
                raise NoPlainData(
                    f"weights {show(path)} are refused, nothing in them was run: they hold {refused[1]}, "
                    "which is no plain data. Take its tensors alone with `tcmoa-bench models convert OLD NEW.safetensors`"
                ) from None
            # Only torch's finding, not its advice to switch the safety off.
            found = re.search(r"(?:Unsupported|Cannot use)[^\n]*", str(error))
            reason = found[0] if found else f"{type(error).__name__}: {error}".splitlines()[0].split(". ")[0]
            raise (NoPlainData if found else BenchError)(
                f"weights {show(path)} are truncated or no weights file ({reason}); fetch the file again"
            ) from None


def _refuse_flipped_bits(path: Path) -> None:
    """Torch reads over its archive's checksums: damage between the tensors' ends would be weights."""
    try:
        with zipfile.ZipFile(path) as archive:
            declared, size = sum(part.file_size for part in archive.infolist()), path.stat().st_size
            if declared > 10 * size + 1_000_000:  # trained numbers cannot be packed like that
                raise BenchError(
                    f"weights {show(path)} are refused: {size:,} bytes that stand for {declared:,}"
                )
            damaged = archive.testzip()
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        return  # torch's older format, or nothing of the kind: torch says what
    except (ValueError, zlib.error, RuntimeError, EOFError, struct.error) as error:
        damaged = f"a part ({error})"
    if damaged is not None:
        raise BenchError(
            f"weights {show(path)} are damaged (checksum of {damaged} is wrong); fetch the file again"
        )


def _plain_types() -> list[Any]:
    """Types that old training scripts leave beside the tensors and that cannot run anything."""
    scalar = np.float64(0).__reduce__()[0]
    module = "numpy.core.multiarray"  # NumPy 1 wrote this name, NumPy 2 writes numpy._core.multiarray
    scalars = [scalar, (scalar, f"{module}.scalar"), np.dtype]
    return [argparse.Namespace, *scalars, *{type(np.dtype(code)) for code in "?bhilqBHILQefdSU"}]


def _pick_tensors(content: Any, path: Path, parts: Sequence[str]) -> dict[str, Tensor]:
    import torch

    def tensors(part: Any) -> dict[str, Tensor]:
        if not isinstance(part, Mapping):
            return {}
        return {str(name): value for name, value in part.items() if isinstance(value, torch.Tensor)}

    if top := tensors(content):
        return top
    inner = (
        {key: found for key, part in content.items() if (found := tensors(part))}
        if isinstance(content, Mapping)
        else {}
    )
    if parts and inner.keys() >= set(parts):
        whole = {part: without_wrappers(inner[part]) for part in parts}
        return {f"{part}.{name}": tensor for part, found in whole.items() for name, tensor in found.items()}
    for key in WHOLES:
        if key in inner:
            return inner[key]
    if len(inner) == 1:
        return next(iter(inner.values()))
    where = f"several sets of tensors ({', '.join(map(str, inner))})" if inner else "no tensors by name"
    raise BenchError(f"weights {show(path)} hold {where}; a state dict is expected")


def without_wrappers(tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Tensors without what wrappers put before every name: `module.` (data-parallel), `_orig_mod.` (compiled)."""
    while found := next((p for p in _WRAPPERS if tensors and all(k.startswith(p) for k in tensors)), ""):
        tensors = {key.removeprefix(found): value for key, value in tensors.items()}
    return tensors


class NoPlainData(BenchError):
    """A checkpoint that torch's reader of tensors and plain data does not take."""


class DoesNotFit(BenchError):
    """Tensors that a network does not take.

    Attributes:
        share: Share of the network's names that the tensors have.
    """

    def __init__(self, text: str, share: float) -> None:
        super().__init__(text)
        self.share = share


def load_strictly(module: nn.Module, tensors: Mapping[str, Tensor], name: str, network: str = "") -> None:
    """Copy tensors into a network, all of them or none.

    Names are taken `without_wrappers`. Batch norm's counters of training steps play no part in inference and may
    be absent or present.

    Args:
        module: The network; unchanged when an error is raised.
        tensors: Tensors by name.
        name: What to call them in errors, such as the file's path.
        network: What to call the network in errors; its class by default.

    Raises:
        DoesNotFit: Names or shapes do not fit, or values are not finite; the text counts the missing,
            unexpected, misshapen and damaged ones and names the first of each.
    """
    tensors = without_wrappers(tensors)
    counter = "num_batches_tracked"
    own = {key: value for key, value in module.state_dict().items() if not key.endswith(counter)}
    given = {key: value for key, value in tensors.items() if not key.endswith(counter)}
    missing = [key for key in own if key not in given]
    unexpected = [key for key in given if key not in own]
    wrong = [
        f"{key} ({tuple(given[key].shape)}, expected {tuple(own[key].shape)})"
        for key in own
        if key in given and given[key].shape != own[key].shape
    ]
    faults = {"missing": missing, "unexpected": unexpected, "misshapen": wrong}
    if not any(faults.values()):
        # Numbers with an imaginary part would lose it without a word; sparse and quantised ones are not what they say.
        faults["no plain real numbers"] = [
            key
            for key, value in given.items()
            if value.is_complex() or value.is_quantized or value.layout != own[key].layout
        ]
    if not any(faults.values()):
        faults["not finite"] = [key for key, value in given.items() if not value.isfinite().all()]
    if any(faults.values()):
        text = "; ".join(f"{len(keys)} {kind}, first {keys[0]}" for kind, keys in faults.items() if keys)
        raise DoesNotFit(
            f"{name} does not fit {network or type(module).__name__}, nothing was loaded: {text}",
            1 - len(missing) / max(len(own), 1),
        )
    module.load_state_dict(given, strict=False)
