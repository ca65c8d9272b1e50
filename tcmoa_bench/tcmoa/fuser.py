"""TC-MoA as a fuser: the records, and the builder that suites and the command line call."""

from __future__ import annotations

from dataclasses import fields, replace
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tcmoa_bench.types import (
    BenchError,
    FuserEntry,
    FuserOptions,
    FuserRecord,
    Image,
    Pair,
    Task,
    Unavailable,
    Weights,
)

if TYPE_CHECKING:
    from tcmoa_bench.tcmoa.pipeline import FuseOptions, Pipeline

PAPER = "Zhu et al., Task-Customized Mixture of Adapters for General Image Fusion, CVPR 2024"
OFFICIAL_ORIGIN = (
    "YangSun22/TC-MoA (its Baidu and Google Drive links are dead and no mirror is known); train your own with "
    "`tcmoa-bench train`"
)
#: Options of `FuserOptions.extra`, with what they take.
EXTRA_OPTIONS = {
    "checkpoint": "weights file to use instead of the shipped or the usual one",
    "alpha": "region-level prompt control, one number or one for each TC-MoA layer, comma-separated",
    "beta": "image-level prompt control, likewise",
    "router": "vif, mef, mff, or a mix such as vif:0.7,mef:0.3",
    "mode": "auto, whole, tiles or blend",
    "fit": "resize or pad",
    "save": "clip or official",
    "colour": "auto, rgb or luma",
    "tile": "tile side in pixels",
    "overlap": "overlap of blended tiles in pixels",
    "tile_batch": "tiles at once",
    "window_batch": "attention windows at once (0: by the free memory)",
    "precision": "float32, bfloat16 or float16",
    "decoder_renorm": "true or false: the later official code's decoder re-normalisation",
}
