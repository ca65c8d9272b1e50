"""What all network fusers share: weights, device, precision, policy, and the checks around the network."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tcmoa_bench.baselines.deep.colour import Floats
from tcmoa_bench.baselines.deep.steps import Steps, clip_name
from tcmoa_bench.checkpoints import file_sha256, find_weights, is_published, load_strictly, load_tensors
from tcmoa_bench.devices import open_device, out_of_memory
from tcmoa_bench.images import show
from tcmoa_bench.types import (
    BenchError,
    Computed,
    FuserError,
    FuserOptions,
    FuserRecord,
    Image,
    Pair,
    Task,
    Unavailable,
)

#: Side of the tiles of a picture that does not fit into memory whole.
TILE = 512


class NetworkFuser(Computed, ABC):
    """A network between the authors' preparation of the sources and their way of saving the result.

    A subclass says which network, what goes in (`prepare`) and what becomes of the result (`finish`).

    Options (`FuserOptions.extra`): `policy` is `published` (default: the authors' steps) or `clip` (the
    same without a stretch to the image's own minimum and maximum; only where the authors stretch);
    `precision` is `full` (default) or `half` (autocast to float16; other pixels); `weights` is a file with the
    network's tensors that takes the place of the published one, such as one's own training.

    Args:
        record: Facts about the fuser.
        options: Device, folder of weights, options.
        steps: What is done around the network.
    """

    #: How far from a place lies what decides the network's output there, in pixels; None where all of the picture does
    #: (attention, statistics, pooling) or nobody has measured it. Only with it can a picture be cut into tiles.
    reach: ClassVar[int | None] = None

    #: Number format of the network at full precision.
    dtype: ClassVar[torch.dtype] = torch.float32

    def __init__(self, record: FuserRecord, options: FuserOptions, steps: Steps) -> None:
        policies = ("published", "clip") if steps.stretch else ("published",)
        chosen = _choose(record, options, {"policy": policies, "precision": ("full", "half"), "weights": ()})
        if chosen["policy"] == "clip" and not steps.clip:
            record, steps = replace(record, name=clip_name(record.name)), replace(steps, clip=True)
        self.record, self.steps = record, steps
        self.half = chosen["precision"] == "half"
        self.device = open_device(options.device, record.name)
        self.network = self.build_network().to(self.device, self.dtype).eval()
        #: Whether the last picture was made in tiles, because memory ran out.
        self.in_tiles = False

    @classmethod
    def load(cls, record: FuserRecord, options: FuserOptions, steps: Steps) -> Self:
        """The fuser with the published weights or the file of the option `weights`; Unavailable where it is missing."""
        record, paths = _files(record, options)
        fuser = cls(record, options, steps)
        tensors = {name: t for path in paths for name, t in fuser.read_weights(path).items()}
        load_strictly(fuser.network, fuser.adapt(tensors), " and ".join(path.name for path in paths))
        decisive = [file_sha256(path) for path in paths] + (["half"] if fuser.half else [])
        fingerprint = hashlib.sha256(" ".join(decisive).encode()).hexdigest()
        fuser.record = replace(fuser.record, fingerprint=fingerprint)
        return fuser

    @abstractmethod
    def build_network(self) -> nn.Module:
        """The network without weights."""

    def read_weights(self, path: Path) -> dict[str, Tensor]:
        """Tensors of a weights file with the authors' names."""
        return load_tensors(path)

    def adapt(self, tensors: dict[str, Tensor]) -> Mapping[str, Tensor]:
        """Authors' names to the network's; what the authors' test code never uses is left out."""
        return tensors

    @abstractmethod
    def prepare(self, a: Image, b: Image, task: Task) -> tuple[Floats, ...]:
        """The network's inputs from A and from B, each `channels x H x W` (or `H x W` for one channel)."""

    @abstractmethod
    def finish(self, out: NDArray[np.float32], a: Image, b: Image, task: Task) -> NDArray[np.generic]:
        """The fused image from the network's output: `uint8`, or floating point on 0..255 to be rounded."""

    def forward(self, *inputs: Tensor) -> Tensor:
        """The network on batches of one."""
        return self.network(*inputs)

    def watch(self, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        """Put `wrap` around `forward`, for good; see `tcmoa_bench.types.Networked`."""
        self.forward = wrap(self.forward)  # type: ignore[method-assign]

    def run(self, a: Image, b: Image, task: Task) -> NDArray[np.float32]:
        """The network's own output, `channels x H x W`, before anything is clipped or stretched.

        Where memory runs out, a network with a `reach` computes the same output in tiles, once.

        Raises:
            FuserError: Memory ran out.
        """
        for tiled in (False, True) if self.reach is not None else (False,):
            self.in_tiles = tiled
            try:
                return self._run(a, b, task)
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
                # Its frames hold the tensors that the next attempt needs the room of.
                failure = error.with_traceback(None)
            if self.device.type == "cuda":
                torch.cuda.empty_cache()
        how = f"even in tiles of {TILE} pixels" if self.in_tiles else "this network takes pictures whole"
        raise FuserError(
            f"{self.record.name}: out of memory for {a.shape[0]}x{a.shape[1]} (height x width), {how}: give smaller ones, "
            "or another --device"
        ) from failure

    def _run(self, a: Image, b: Image, task: Task) -> NDArray[np.float32]:
        images = [x if x.ndim == 3 else x[None] for x in self.prepare(a, b, task)]
        if task in self.steps.b_first:
            images.reverse()
        with ExitStack() as stack:
            stack.enter_context(torch.inference_mode())
            # TensorFloat-32 would make CUDA's result differ from the CPU's by whole levels.
            stack.enter_context(torch.backends.cudnn.flags(enabled=True, allow_tf32=False))
            if self.half:
                stack.enter_context(torch.autocast(self.device.type, torch.float16))
            tensors = [torch.from_numpy(np.ascontiguousarray(x))[None] for x in images]
            out = self._tiled(tensors) if self.in_tiles else self._forward(tensors)
        return out[0].to("cpu", torch.float32).numpy()

    def _forward(self, tensors: Sequence[Tensor]) -> Tensor:
        return self.forward(*(x.to(self.device, self.dtype) for x in tensors))

    def _tiled(self, tensors: Sequence[Tensor]) -> Tensor:
        """What `_forward` gives, put together of tiles that were computed with their `reach` around them."""
        height, width = tensors[0].shape[-2:]
        margin = self.reach or 0
        rows = []
        for y in range(0, height, TILE):
            top, bottom = max(0, y - margin), y + TILE + margin
            row = []
            for x in range(0, width, TILE):
                left, right = max(0, x - margin), x + TILE + margin
                part = self._forward([t[..., top:bottom, left:right] for t in tensors])
                row.append(part[..., y - top :, x - left :][..., :TILE, :TILE].to("cpu", torch.float32))
            rows.append(torch.cat(row, dim=-1))
        return torch.cat(rows, dim=-2)

    def fuse(self, a: Image, b: Image, pair: Pair) -> NDArray[np.generic]:
        """Fuse two sources; see `tcmoa_bench.types.Fuser`."""
        out = self.run(a, b, pair.task)
        # `finish` makes bytes of most results, and a byte no longer shows that it was no number.
        if not np.isfinite(out).all():
            raise FuserError(f"{self.record.name}: the network's result on {pair.name} is not finite")
        return self.finish(out, a, b, pair.task)


def _choose(
    record: FuserRecord, options: FuserOptions, known: Mapping[str, tuple[str, ...]]
) -> Mapping[str, str]:
    """The user's options; the first value of each that is left out. An option without values takes a file."""
    for key, value in options.extra.items():
        if key not in known or (known[key] and value not in known[key]):
            values = "; ".join(f"{name}: {', '.join(values) or 'a file'}" for name, values in known.items())
            raise BenchError(f"{record.name} has no option {key}={value}. It knows {values}")
    return {name: values[0] for name, values in known.items() if values} | dict(options.extra)


def _files(record: FuserRecord, options: FuserOptions) -> tuple[FuserRecord, list[Path]]:
    """The weights files, and the record that says whose they are."""
    given = options.extra.get("weights")
    if given is None:
        return record, list(
            dict.fromkeys(find_weights(weights, options.weights) for weights in record.weights)
        )
    path = Path(given).expanduser()
    if not path.is_file():
        raise Unavailable(f"{record.name}: no such weights file: {show(path)} (option weights)")
    if any(is_published(weights, path) for weights in record.weights):
        return record, [path]
    whose = f"not the authors' file: {show(path.name)}, SHA-256 {file_sha256(path)}"
    return replace(record, notes=f"{record.notes}; {whose}" if record.notes else whose), [path]
