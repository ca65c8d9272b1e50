"""From two pictures to a fused one: sizes, tiles, colour, precision, memory, and values to bytes."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PilImage
from torch import Tensor

from tcmoa_bench import allocator
from tcmoa_bench.devices import open_device, out_of_memory
from tcmoa_bench.images import to_uint8
from tcmoa_bench.tcmoa import tiles
from tcmoa_bench.tcmoa.adapters import PromptControl
from tcmoa_bench.tcmoa.colour import as_rgb, join_luma, mix_chroma, split_luma
from tcmoa_bench.tcmoa.config import PRECISIONS, SWAPPED_TASKS, TASK_INDEX, TCMoAConfig
from tcmoa_bench.tcmoa.model import Prompts, TCMoA
from tcmoa_bench.tcmoa.precision import autocast, short_products
from tcmoa_bench.types import FuserError, Image, Task

MODES = ("auto", "whole", "tiles", "blend")


class OutOfMemory(FuserError):
    """There is no memory for the picture, not even window by window."""


#: Pictures above this many pixels are fused in blended tiles by mode `auto`.
WHOLE_PIXELS = 4_000_000


@dataclass(frozen=True)
class FuseOptions:
    """How a pair is fused.

    Attributes:
        mode: `whole`: the picture at once (the paper's setting). `tiles`: 448 x 448 tiles laid over one
            another where both sides exceed that (the later official code; hard seams). `blend`: overlapping
            tiles with smooth weights. `auto`: whole, or blended tiles above `WHOLE_PIXELS` and where memory runs out.
        fit: How sides become multiples of the attention window: `resize` (official: bilinear, and back) or
            `pad` (mirror the border and cut it off again: no pixel is resampled).
        save: How values become bytes: `clip` (0..1 to 0..255), or `official` (each picture's own least and
            greatest value to 0 and 255, as scipy.misc.imsave did; it raises SD and EN).
        colour: `rgb` (the network's own colours), `luma` (fuse luma, keep the sources' chroma), or `auto`:
            luma for the unseen tasks, medical and pan-sharpening, else rgb.
        phases: Fuse the picture this many times (1, 2 or 4), its top left corner at another place of a patch and
            a window each time, and average: borders of patches and windows no longer show. Needs `pad`.
        tile: Tile side in pixels.
        overlap: Overlap of blended tiles in pixels.
        tile_batch: Tiles computed at once.
        window_batch: Attention windows computed at once; 0 chooses by the free memory.
        control: Steers the prompts.
        router: Weights of the three tasks' routers; empty: the pair's own task.
        precision: `float32`, `tf32` (GPU), or `bfloat16` / `float16` autocast.
        compile: Compile the network (`torch.compile`): the first picture of each size takes a minute or more.
    """

    mode: str = "auto"
    fit: str = "resize"
    save: str = "clip"
    colour: str = "auto"
    phases: int = 1
    tile: int = 448
    overlap: int = 112
    tile_batch: int = 4
    window_batch: int = 0
    control: PromptControl = field(default_factory=PromptControl)
    router: tuple[float, ...] = ()
    precision: str = "float32"
    compile: bool = False

    def __post_init__(self) -> None:
        for name, allowed in (
            ("mode", MODES),
            ("fit", ("resize", "pad")),
            ("save", ("clip", "official")),
            ("colour", ("auto", "rgb", "luma")),
            ("precision", PRECISIONS),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} {getattr(self, name)!r} is unknown; known: {', '.join(allowed)}")
        if self.phases not in (1, 2, 4) or (self.phases > 1 and self.fit != "pad"):
            raise ValueError(
                f"phases {self.phases} with fit {self.fit}: 1, 2 or 4 are known, above 1 with pad only"
            )
        for name, least in (("tile", 1), ("tile_batch", 1), ("window_batch", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} {getattr(self, name)} must be at least {least}")
        if not 0 <= self.overlap <= self.tile // 2:
            raise ValueError(f"overlap {self.overlap} must lie between 0 and half the tile, {self.tile // 2}")


@dataclass(frozen=True)
class Fusion:
    """A fused picture and how it came about.

    Attributes:
        image: `uint8`, `H x W x 3`, or `H x W` where both sources are gray.
        prompts: Prompts of the network in the network's stream order; None where several tiles were fused.
        fitted: Height and width that the network saw.
        in_tiles: Whether mode `auto` went over to blended tiles because memory ran out.
    """

    image: Image
    prompts: Prompts | None
    fitted: tuple[int, int]
    in_tiles: bool = False


def parse_router(text: str) -> tuple[float, ...]:
    """Router weights of `vif`, or of a mix such as `vif=0.7,mff=0.3`; ValueError where it is neither.

    Weights are at least 0 and not all zero; they need not sum to one.
    """
    names = ("vif", "mef", "mff")
    weights = dict.fromkeys(names, 0.0)
    for part in text.split(","):
        name, _, value = part.strip().lower().partition("=")
        if name not in names:
            raise ValueError(
                f"router {name!r} is unknown; known: {', '.join(names)}, alone or as vif=0.7,mff=0.3"
            )
        try:
            weight = float(value or 1)
        except ValueError:
            weight = math.nan
        if not 0 <= weight < math.inf:
            raise ValueError(f"router {part.strip()}: a weight is a number of at least 0")
        weights[name] += weight
    if not any(weights.values()):
        raise ValueError(f"router {text}: the weights are all zero")
    return tuple(weights[name] for name in names)


class Pipeline:
    """A network with the steps around it.

    Args:
        model: The network; it is moved to `device` and set to evaluation.
        options: How pairs are fused.
        device: Torch device.
    """

    def __init__(self, model: TCMoA, options: FuseOptions | None = None, device: str = "cpu") -> None:
        self.options = options or FuseOptions()
        self.device = open_device(device)
        self.model = model.to(self.device).eval()
        multiple = model.config.multiple
        if self.options.tile % multiple:
            raise ValueError(f"tile {self.options.tile} must be a multiple of {multiple} for this network")
        model.window_batch = self.options.window_batch or windows_that_fit(model, self.device)
        self.network = torch.compile(self.model) if self.options.compile else self.model
        self._warned = False

    def fuse(self, a: Image, b: Image, task: Task) -> Fusion:
        """Fuse one pair.

        Args:
            a: Source A (visible, under-exposed, near, ...), `uint8`, `H x W` or `H x W x 3`.
            b: Source B, same height and width.
            task: Decides the stream order, and the router unless the options name one.

        Raises:
            FuserError: Sizes differ (the text names both), or memory ran out even window by window.
        """
        # The runner's pairs are of one size; other callers' need not be, and `fit` would hide a small difference.
        if a.shape[:2] != b.shape[:2]:
            raise FuserError(
                f"sources differ in size: A is {a.shape[0]}x{a.shape[1]}, B is {b.shape[0]}x{b.shape[1]}"
            )
        mode, batch = self.options.mode, self.model.window_batch
        if mode != "auto":
            return self._fuse(a, b, task, mode)
        if a.shape[0] * a.shape[1] > WHOLE_PIXELS:
            return self._fuse(a, b, task, "blend")
        try:
            return self._fuse(a, b, task, "whole")
        except OutOfMemory:
            self.model.window_batch = batch  # what a picture could not have, a tile may
        return replace(self._fuse(a, b, task, "blend"), in_tiles=True)

    def _fuse(self, a: Image, b: Image, task: Task, mode: str) -> Fusion:
        colour = self.options.colour
        if colour == "auto":
            colour = "luma" if task in (Task.MED, Task.PAN) else "rgb"
        if colour == "luma":
            (luma_a, chroma_a), (luma_b, chroma_b) = split_luma(a), split_luma(b)
            values, prompts, fitted = self._run(luma_a, luma_b, task, mode)
            values = join_luma(values.mean(2) * 255, mix_chroma(chroma_a, chroma_b)) / np.float32(255)
        else:
            values, prompts, fitted = self._run(a, b, task, mode)
        if a.ndim == b.ndim == 2:
            values = values.mean(2)
        return Fusion(to_bytes(values, self.options.save), prompts, fitted)

    def _run(
        self, a: Image, b: Image, task: Task, mode: str
    ) -> tuple[NDArray[np.float32], Prompts | None, tuple[int, int]]:
        images = [as_rgb(image) for image in ((b, a) if task in SWAPPED_TASKS else (a, b))]
        height, width = a.shape[:2]
        options, config = self.options, self.model.config
        router = torch.tensor(options.router) if options.router else TASK_INDEX[task]
        if config.rim and self.model.choice(router):
            images += [without_rim(image, config.rim) for image in images]
        if mode == "tiles" and min(height, width) > options.tile:
            places = tiles.boxes(height, width, options.tile)
            fused = self._tiles(images, places, router)
            return tiles.paste(fused, places, (height, width)), None, (options.tile, options.tile)
        total, prompts, fitted = np.zeros((height, width, 3), np.float32), None, (height, width)
        for rows, columns in phase_offsets(options.phases, config):
            shifted = [_shift(image, rows, columns) for image in images]
            values, seen, size = self._run_once(shifted, mode, router)
            total += unfit(values, (rows + height, columns + width), options.fit)[rows:, columns:]
            if (rows, columns) == (0, 0):
                prompts, fitted = seen, size
        return total / np.float32(options.phases), prompts, fitted

    def _run_once(
        self, images: Sequence[Image], mode: str, router: Tensor | int
    ) -> tuple[NDArray[np.float32], Prompts | None, tuple[int, int]]:
        options, multiple = self.options, self.model.config.multiple
        images = [fit(image, multiple, options.fit) for image in images]
        fitted = (images[0].shape[0], images[0].shape[1])
        places = tiles.boxes(*fitted, options.tile, options.overlap) if mode == "blend" else []
        prompts = None
        if len(places) > 1:
            values = tiles.blend(self._tiles(images, places, router), places, fitted, options.overlap)
        else:
            output, prompts = self._forward([image[None] for image in images], router)
            values = output[0]
        return values, prompts, fitted

    def _tiles(
        self, images: Sequence[Image], places: Sequence[tiles.Box], router: Tensor | int
    ) -> list[NDArray[np.float32]]:
        fused: list[NDArray[np.float32]] = []
        for i in range(0, len(places), self.options.tile_batch):
            part = places[i : i + self.options.tile_batch]
            batches = [np.stack([image[box.slices] for box in part]) for image in images]
            fused.extend(self._forward(batches, router)[0])
        return fused

    def _forward(self, images: Sequence[Image], router: Tensor | int) -> tuple[NDArray[np.float32], Prompts]:
        """Fuse batches `(B, H, W, 3)`; with less memory at once, if it runs out.

        They are the first and the second sources and, where the network looks at others, what it sees of them.
        """
        precision = self.options.precision
        while True:
            try:
                with torch.inference_mode(), short_products(precision), autocast(self.device, precision):
                    x, t, *seen = map(self._to_input, images)
                    output = self.network(x, t, router, self.options.control, seen=tuple(seen) or None)
                    return output.fused.float().permute(0, 2, 3, 1).cpu().numpy(), output.prompts
            except (MemoryError, RuntimeError) as error:
                if not out_of_memory(error):
                    raise
                self._use_less_memory(images[0].shape, error)

    def _use_less_memory(self, shape: tuple[int, ...], error: Exception) -> None:
        batch = self.model.window_batch or 64
        if batch == 1:
            raise OutOfMemory(
                f"out of memory for {shape[1]}x{shape[2]} pixels even window by window; use mode blend, or a smaller tile"
            ) from error
        self.model.window_batch = batch // 2
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        if not self._warned:
            warnings.warn(
                f"out of memory: going on with window batches of {batch // 2} and fewer", stacklevel=2
            )
            self._warned = True

    def _to_input(self, images: Image) -> Tensor:
        tensor = torch.from_numpy(np.array(images)).to(self.device).permute(0, 3, 1, 2)
        return self.model.normalise(tensor.float() / 255)


def phase_offsets(phases: int, config: TCMoAConfig) -> list[tuple[int, int]]:
    """Rows and columns before the picture in each phase: half a patch further, about half a window further."""
    half_patch, half_window = config.patch_size // 2, config.multiple // 2
    low, high = half_window // 2, half_window + half_window // 2 + half_patch
    both = half_window + half_patch
    return [(0, 0), (both, both), (low, high), (high, low)][:phases]


def _shift(image: Image, rows: int, columns: int) -> Image:
    """The picture with mirrored rows above it and mirrored columns to its left."""
    return np.pad(image, ((rows, 0), (columns, 0), (0, 0)), mode="symmetric") if rows or columns else image


def without_rim(image: Image, rim: int) -> Image:
    """The picture with the outer `rim` pixels of each side replaced by the next one inward, as many as there are."""
    widths = [(rows, rows) for rows in (min(rim, (side - 1) // 2) for side in image.shape[:2])]
    inside = image[
        tuple(slice(before, side - before) for (before, _), side in zip(widths, image.shape[:2], strict=True))
    ]
    return np.pad(inside, (*widths, (0, 0)), mode="edge")


def fit(image: Image, multiple: int, how: str) -> Image:
    """Make both sides multiples: `resize` (PIL bilinear, antialiased, as torchvision does) or `pad`."""
    height, width = image.shape[:2]
    rows, columns = -(-height // multiple) * multiple, -(-width // multiple) * multiple
    if (rows, columns) == (height, width):
        return image
    if how == "resize":
        return np.asarray(PilImage.fromarray(image).resize((columns, rows), PilImage.Resampling.BILINEAR))
    return np.pad(image, ((0, rows - height), (0, columns - width), (0, 0)), mode="symmetric")


def unfit(values: NDArray[np.float32], shape: tuple[int, int], how: str) -> NDArray[np.float32]:
    """Undo `fit` on values `H x W x 3`; resizing is bilinear, not antialiased (as torchvision 0.10)."""
    if values.shape[:2] == shape:
        return values
    if how == "pad":
        return values[: shape[0], : shape[1]]
    tensor = torch.from_numpy(values.transpose(2, 0, 1).copy())[None]
    tensor = torch.nn.functional.interpolate(tensor, size=shape, mode="bilinear", align_corners=False)
    return tensor[0].permute(1, 2, 0).numpy()


def to_bytes(values: NDArray[np.float32], how: str) -> Image:
    """Fused values to `uint8`; see `FuseOptions.save`."""
    if how == "clip":
        return to_uint8(values * 255)
    least, greatest = float(values.min()), float(values.max())
    scale = 255 / ((greatest - least) or 1.0)
    return (((values - least) * scale).clip(0, 255) + 0.5).astype(np.uint8)


def windows_that_fit(model: TCMoA, device: torch.device) -> int:
    """Attention windows whose activations take at most 256 MiB and a sixteenth of the free memory; half of a GPU's.

    Machines with 4 GiB to spare therefore all compute the same batches, and the same pixels. A GPU waits where it gets
    a few windows at a time, so it takes what it holds.
    """
    config = model.config
    tokens, width = config.window_size**2, max(config.embed_dim, config.decoder_embed_dim)
    heads = max(config.num_heads, config.decoder_num_heads)
    each = 4 * tokens * (width * (6 + 2 * config.mlp_ratio) + 3 * heads * tokens)
    free = free_memory(device)
    if device.type == "cuda":
        return int(max(1, free / 2 // each))
    return int(max(1, min(min(free / 16, 2**28) // each, 256)))


def free_memory(device: torch.device) -> int:
    """Bytes that a device can still give."""
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    allocator.give_back()
    return allocator.free_memory()
