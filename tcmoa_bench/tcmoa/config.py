"""Sizes and named options of a TC-MoA network, as plain data (no torch).

Options that repair the official code are named fields; the defaults are the official behaviour, so that a
configuration without them loads an official checkpoint and gives its output.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tcmoa_bench.documents import fill
from tcmoa_bench.types import Task

#: Index of a task's router and source encodings. The unseen tasks use the VIF router, as in the paper.
TASK_INDEX: Mapping[Task, int] = {Task.VIF: 0, Task.MEF: 1, Task.MFF: 2, Task.MED: 0, Task.PAN: 0}

#: Tasks whose pair order (under/over, near/far) is the reverse of the network's (over first, far first).
SWAPPED_TASKS = frozenset({Task.MEF, Task.MFF})

#: Number formats of the computation; `tf32` is float32 with shorter factors in matrix products, on GPUs that have it.
PRECISIONS = ("float32", "tf32", "bfloat16", "float16")

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)

#: Least and most that a field may be: several times what any published network has.
_BOUNDS: Mapping[str, tuple[float, float]] = {
    **dict.fromkeys(("embed_dim", "decoder_embed_dim"), (4, 8192)),
    **dict.fromkeys(("depth", "decoder_depth"), (1, 256)),
    **dict.fromkeys(("num_heads", "decoder_num_heads", "num_tasks", "num_experts", "tau"), (1, 256)),
    **dict.fromkeys(("patch_size", "window_size"), (1, 64)),
    **dict.fromkeys(("adapter_ratio", "expert_ratio"), (1, 8192)),
    "mlp_ratio": (0.01, 64),
    "tau_shift": (0, 256),
    "pos_grid": (1, 1024),
    "rim": (0, 64),
    "encoding_seed": (0, 2**63 - 1),
}


@dataclass(frozen=True)
class TCMoAConfig:
    """Everything that decides the network's parameters and its arithmetic.

    Attributes:
        name: Label for messages and records.
        embed_dim: Encoder width C.
        depth: Encoder blocks.
        num_heads: Encoder attention heads.
        decoder_embed_dim: Decoder width D.
        decoder_depth: Decoder blocks.
        decoder_num_heads: Decoder attention heads.
        patch_size: Side of a token in pixels of the network's input.
        mlp_ratio: Hidden width of a block's MLP over its width.
        window_size: Side of an attention window in tokens; odd blocks are rolled by half of it.
        tau: Blocks from one TC-MoA to the next.
        tau_shift: A TC-MoA follows block i where (i + tau_shift) % tau == tau - 1.
        num_tasks: Routers, and pairs of source encodings.
        num_experts: Adapters of a TC-MoA, shared by the tasks.
        top_k: Adapters that a token uses; as many as there are: all, and no router chooses.
        shared_experts: One bank of adapters for all tasks; else each task has `num_experts` of its own (ablation).
        adapter_ratio: Encoder width over the adapters' width (4 in the paper).
        expert_ratio: Encoder width over an adapter's hidden width (32 in the paper).
        upsample: Enlarge both images twice before the network and keep every second pixel of its output.
        pos_grid: Side of the stored grid of position embeddings.
        absolute_position: Add the position embeddings.
        decoder_renorm: Give each decoder stream back its mean and deviation after a TC-MoA (the later
            official code; the camera-ready code, which made the paper's tables, does not).
        trained_encodings: Source encodings are parameters, in the state dict (repair); else they are drawn
            from `encoding_seed`, untrained and unsaved, as the official code leaves them.
        encoding_seed: Seed of the drawn source encodings.
        transposed_position: Interpolate position embeddings to width x height, as the official code does;
            wrong for grids that are not square.
        shift_mask: Tokens rolled around the image border do not attend to each other (repair).
        drop_dead_stream: Skip the decoder blocks of the second stream that nothing reads (same output).
        head: `pixels`: the decoder predicts normalised RGB, as in the paper. `gains`: its p*p*3 outputs are
            read as one gain for each source and one gray offset a pixel, fused = g_x x + g_t t + r.
        gain_sigma: Smooth gains and offset by a guided filter of this many pixels (`gains.guided`; 0: not): the
            borders of patches and windows, which each predict their own, no longer show.
        choice_tasks: Tasks, by index, whose picture is a choice between the sources: gains that sum to one and no
            offset (head `gains`). What is sharp in one source is copied from it, to the grey level.
        rim: Pixels along the border of their pictures that the network does not look at: it sees the next ones inward
            in their place. Many a blur darkens its border, which is no edge in focus.
    """

    name: str = "custom"
    embed_dim: int = 768
    depth: int = 12
    num_heads: int = 12
    decoder_embed_dim: int = 512
    decoder_depth: int = 8
    decoder_num_heads: int = 16
    patch_size: int = 16
    mlp_ratio: float = 4.0
    window_size: int = 14
    tau: int = 4
    tau_shift: int = 2
    num_tasks: int = 3
    num_experts: int = 4
    top_k: int = 2
    shared_experts: bool = True
    adapter_ratio: int = 4
    expert_ratio: int = 32
    upsample: bool = True
    pos_grid: int = 14
    absolute_position: bool = True
    decoder_renorm: bool = True
    trained_encodings: bool = False
    encoding_seed: int = 0
    transposed_position: bool = True
    shift_mask: bool = False
    drop_dead_stream: bool = True
    head: str = "pixels"
    gain_sigma: float = 0.0
    choice_tasks: tuple[int, ...] = ()
    rim: int = 0

    def __post_init__(self) -> None:
        # A file's metadata comes from anywhere: what is out of bounds must not be built to find that it does not fit.
        for name, (least, most) in _BOUNDS.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} {getattr(self, name)} must be from {least} to {most}")
        for width, heads, part in (
            (self.embed_dim, self.num_heads, "embed_dim"),
            (self.decoder_embed_dim, self.decoder_num_heads, "decoder_embed_dim"),
        ):
            if width % heads or width % 4:
                raise ValueError(
                    f"{part} {width} must be a multiple of 4 and of its number of heads, {heads}"
                )
        if self.head not in ("pixels", "gains"):
            raise ValueError(f"head {self.head!r} is unknown; pixels and gains are known")
        if self.head == "gains" and self.upsample:
            raise ValueError("head gains predicts the input's own pixels: it needs upsample = false")
        if not 0 <= self.gain_sigma < 1e3:
            raise ValueError(f"gain_sigma {self.gain_sigma} must be pixels, at least 0")
        object.__setattr__(self, "choice_tasks", tuple(self.choice_tasks))  # JSON and TOML give lists
        if not set(self.choice_tasks) <= set(range(self.num_tasks)):
            raise ValueError(f"choice_tasks {self.choice_tasks} must be among 0 to {self.num_tasks - 1}")
        if not 0 < self.top_k <= self.num_experts:
            raise ValueError(
                f"top_k {self.top_k} must be at least 1 and at most num_experts {self.num_experts}"
            )

    @property
    def multiple(self) -> int:
        """Image sides must be multiples of this: one attention window, in input pixels."""
        side = self.patch_size * self.window_size
        return side // 2 if self.upsample else side

    def moa_blocks(self, depth: int) -> tuple[int, ...]:
        """Indices of the blocks that a TC-MoA follows, in a stack of `depth` blocks."""
        return tuple(i for i in range(depth) if (i + self.tau_shift) % self.tau == self.tau - 1)

    def to_json(self) -> str:
        """Only the fields that differ from the defaults, as JSON text."""
        defaults = TCMoAConfig()
        changed = {k: v for k, v in dataclasses.asdict(self).items() if v != getattr(defaults, k)}
        return json.dumps(changed, sort_keys=True)

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> TCMoAConfig:
        """Read a configuration; ValueError for a field that does not exist, or a value of another type."""
        return fill(cls, values, "the model")


BASE = TCMoAConfig(name="base")
LARGE = TCMoAConfig(name="large", embed_dim=1024, depth=24, num_heads=16)
TINY = TCMoAConfig(
    name="tiny",
    embed_dim=96,
    depth=4,
    num_heads=3,
    decoder_embed_dim=96,
    decoder_depth=4,
    decoder_num_heads=3,
    patch_size=8,
    mlp_ratio=2.0,
    window_size=8,
    tau=2,
    tau_shift=0,
    adapter_ratio=2,
    expert_ratio=4,
    upsample=False,
    absolute_position=False,
    decoder_renorm=False,
    trained_encodings=True,
    transposed_position=False,
    shift_mask=True,
    head="gains",
    gain_sigma=3.5,
    choice_tasks=(TASK_INDEX[Task.MFF],),
    rim=4,
)

#: The sizes that have a name.
SIZES: Mapping[str, TCMoAConfig] = {"base": BASE, "large": LARGE, "tiny": TINY}
