"""TC-MoA's fuser records: what listings and manifests say about it. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from tcmoa_bench.types import FuserEntry, FuserRecord, Task, Weights

PAPER = "Zhu et al., Task-Customized Mixture of Adapters for General Image Fusion, CVPR 2024"
OFFICIAL_ORIGIN = (
    "YangSun22/TC-MoA, whose download links are dead, and no mirror is known; train your own with "
    "`tcmoa-bench train paper` or `head`"
)
#: File names under which an official checkpoint is looked for.
OFFICIAL_FILES = {
    "tcmoa-base": ("TC-MoA-Base.pth", "tcmoa-base.pth", "tcmoa-base.safetensors"),
    "tcmoa-large": ("TC-MoA-Large.pth", "tcmoa-large.pth", "tcmoa-large.safetensors"),
}

#: Option names of these fusers (`--option KEY=VALUE`), with what they take.
EXTRA_OPTIONS: Mapping[str, str] = {
    "checkpoint": "weights file to use instead of the usual one",
    "alpha": "region-level control: a number, or one for each TC-MoA layer (and tcmoa-tiny's gains), with commas",
    "beta": "image-level prompt control, likewise; positive leans to the visible, over-exposed or far source",
    "router": "vif, mef, mff, or a mix such as vif=0.7,mff=0.3",
    "prompts": "folder for the prompt maps",
    "mode": "auto, whole, tiles or blend",
    "fit": "resize or pad",
    "save": "clip or official",
    "colour": "auto, rgb or luma",
    "phases": "1, 2 or 4: fuse on that many shifted grids and average (fit=pad only)",
    "tile": "tile side in pixels",
    "overlap": "overlap of blended tiles in pixels",
    "tile_batch": "tiles at once",
    "window_batch": "attention windows at once (0: by the free memory)",
    "precision": "float32, tf32, bfloat16 or float16",
    "compile": "true or false: torch.compile, for many pictures of one size",
    "decoder_renorm": "true or false: the later official code's re-normalisation in the decoder",
}


#: The weights file that comes with the package; its model card lies beside it.
TINY_WEIGHTS = Weights(
    file="tcmoa-tiny.safetensors",
    sha256=("76152f726e781f0fdd04b66aca2fccb7ec2d0fa80f938026feb0022b62096e55",),
    origin="trained by this project (recipes `tiny` to `tiny-choice`) and shipped with the package",
    licence="research use: the training pictures' terms exclude commercial use",
    size=3_711_512,
)


def shipped_weights() -> Path:
    """The weights that come with the package."""
    return Path(str(resources.files("tcmoa_bench.tcmoa"))) / "weights" / TINY_WEIGHTS.file


def recognise(tensors: Mapping[str, Any]) -> str:
    """Which TC-MoA these tensors are, in words; empty text where they are none."""
    from tcmoa_bench.tcmoa.checkpoint import CheckpointError, current_names, describe, infer_config

    try:
        return f"TC-MoA {describe(infer_config(current_names(tensors)))}"
    except CheckpointError:
        return ""


def _official(name: str, size: str) -> FuserEntry:
    return FuserEntry(
        FuserRecord(
            name=name,
            tasks=(Task.VIF, Task.MEF, Task.MFF),
            colour="rgb",
            paper=PAPER,
            licence="none stated",
            weights=(Weights(OFFICIAL_FILES[name][0], (), OFFICIAL_ORIGIN, "none stated"),),
            notes=f"The paper's network, size {size}; needs a checkpoint (--option checkpoint=FILE).",
        ),
        "tcmoa_bench.tcmoa.fuser:build_official",
    )


ENTRIES: tuple[FuserEntry, ...] = (
    FuserEntry(
        FuserRecord(
            name="tcmoa-tiny",
            tasks=(Task.VIF, Task.MEF, Task.MFF),
            colour="rgb",
            paper=PAPER,
            licence="research use",
            weights=(TINY_WEIGHTS,),
            aliases=("tcmoa",),
            version=5,
            notes="This project's small TC-MoA, trained here; not the authors' checkpoint.",
        ),
        "tcmoa_bench.tcmoa.fuser:build_tiny",
    ),
    _official("tcmoa-base", "base"),
    _official("tcmoa-large", "large"),
)
