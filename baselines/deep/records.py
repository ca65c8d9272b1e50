"""Facts about the network fusers; torch is imported only when one is made.

A name is a network and the steps around it that were published; `_clip` at the end says that the authors'
contrast stretch is left out. The weights are the user's (`weights.py`).
"""

from __future__ import annotations

from dataclasses import replace

from tcmoa_bench.baselines.deep.weights import WEIGHTS
from tcmoa_bench.baselines.registry import register

from tcmoa_bench.types import FuserEntry, FuserRecord, Task

_VIF, _MEF, _MFF, _MED = (Task.VIF,), (Task.MEF,), (Task.MFF,), (Task.MED,)
_THREE = _VIF + _MEF + _MFF

_PAPERS = {
    "ifcnn": "Zhang et al., IFCNN, Information Fusion 54, 2020",
    "seafusion": "Tang, Yuan, Ma, SeAFusion, Information Fusion 82, 2022",
    "densefuse": "Li, Wu, DenseFuse, IEEE TIP 28(5), 2019",
    "u2fusion": "Xu et al., U2Fusion, IEEE TPAMI 44(1), 2022",
    "sdnet": "Zhang, Ma, SDNet, IJCV 129, 2021",
    "pmgi": "Zhang et al., PMGI, AAAI 2020",
}
_MODULES = {"pmgi": "sdnet"}

_GRAY = "gray result"
_STRETCH = "the result's contrast is stretched to its own minimum and maximum, as the authors' script does"
_NO_STRETCH = "the same without the stretch"


def _entries(
    name: str,
    weights: str,
    tasks: tuple[Task, ...],
    colour: str,
    notes: str,
    *,
    clip: str = "",
    aliases: tuple[str, ...] = (),
    min_size: int = 2,
) -> list[FuserEntry]:
    """Entries of one network and its published steps; `clip` describes the variant without stretch."""
    family = name.partition("_")[0]
    files = WEIGHTS[weights]
    record = FuserRecord(
        name,
        tasks,
        colour,
        paper=_PAPERS[family],
        licence=f"weights: {files[0].licence}; code: this project's, Apache-2.0",
        min_size=min_size,
        weights=files,
        aliases=aliases,
        notes=notes,
    )
    build = f"tcmoa_bench.baselines.deep.{_MODULES.get(family, family)}:build"
    entries = [FuserEntry(record, build)]
    if clip:
        shorter = replace(
            record, name=f"{name}_clip", notes=clip, aliases=tuple(f"{x}_clip" for x in aliases)
        )
        entries.append(FuserEntry(shorter, build))
    return entries


_TABLE = [
    _entries(
        "ifcnn_max_rgb",
        "ifcnn_max",
        _THREE + _MED,
        "rgb",
        "authors' colour script (ImageNet mean and deviation); also the survey images of VIFB and MFIF",
        aliases=("ifcnn", "ifcnn_max"),
    ),
    _entries(
        "ifcnn_sum_rgb", "ifcnn_sum", _THREE + _MED, "rgb", "authors' colour script", aliases=("ifcnn_sum",)
    ),
    _entries(
        "ifcnn_max_gray",
        "ifcnn_max",
        _VIF + _MED,
        "gray",
        f"authors' released infrared-visible script: inputs not normalised; {_GRAY}",
    ),
    _entries(
        "ifcnn_max_tang",
        "ifcnn_max",
        _VIF,
        "gray",
        f"as Tang's published images: gray inputs, ImageNet mean and deviation; {_GRAY}",
    ),
    _entries(
        "ifcnn_max_tang_bgr",
        "ifcnn_max",
        _VIF,
        "gray",
        f"as Tang's released wrapper, which exchanges red's and blue's weights on the way to gray; {_GRAY}",
    ),
    _entries(
        "ifcnn_mean_me",
        "ifcnn_mean",
        _MEF,
        "luma",
        "authors' multi-exposure script: luma squeezed to 16..235 and locally equalised (CLAHE)",
        aliases=("ifcnn_mean",),
    ),
    _entries("seafusion", "seafusion", _VIF, "luma", _STRETCH, clip=_NO_STRETCH, aliases=("seaf",)),
    _entries(
        "densefuse_tf_add",
        "densefuse_tf_1e2",
        _VIF + _MFF,
        "gray",
        f"TensorFlow original, addition; {_STRETCH}",
        clip="TensorFlow original, features averaged, not stretched",
        aliases=("densefuse",),
    ),
    _entries("densefuse_pt_gray", "densefuse_pt_gray", _VIF, "gray", "authors' PyTorch version, clipped"),
    _entries("densefuse_pt_rgb", "densefuse_pt_rgb", _VIF + _MFF, "rgb", "authors' PyTorch version, clipped"),
    _entries(
        "u2fusion_author",
        "u2fusion",
        _VIF + _MED,
        "luma",
        "authors' script: scaled so that the maximum becomes 255",
        clip=_NO_STRETCH,
        aliases=("u2fusion",),
    ),
    _entries(
        "u2fusion_tang",
        "u2fusion",
        _VIF,
        "gray",
        f"as Tang's VIF-Benchmark: infrared first; {_STRETCH}",
        clip=_NO_STRETCH,
    ),
    _entries(
        "u2fusion_mef",
        "u2fusion",
        _MEF,
        "gray",
        "authors' script: scaled so that the maximum becomes 255",
        clip=_NO_STRETCH,
    ),
    _entries(
        "u2fusion_mff",
        "u2fusion",
        _MFF,
        "gray",
        "authors' script: scaled so that the maximum becomes 255",
        clip=_NO_STRETCH,
    ),
    _entries(
        "u2fusion_vifb",
        "u2fusion",
        _VIF,
        "luma",
        "as the survey images of VIFB: luma stretched, studio-range formulas add 1.164 times the contrast",
    ),
    _entries(
        "u2fusion_mfif",
        "u2fusion",
        _MFF,
        "luma",
        "as the survey images of MFIF: luma stretched, studio-range formulas add 1.164 times the contrast",
    ),
    *(
        _entries(f"{net}_{short}", f"{net}_{short}", tasks, "gray", _STRETCH, clip=_NO_STRETCH, aliases=names)
        for net in ("sdnet", "pmgi")
        for short, tasks, names in (
            ("vif", _VIF, (net,)),
            ("mef", _MEF, ()),
            ("mff", _MFF, ()),
            ("mif", _MED, (f"{net}_med",)),
        )
    ),
    _entries(
        "pmgi_mfif",
        "pmgi_mff",
        _MFF,
        "luma",
        "as the survey images of MFIF: not stretched, colour put back with studio-range formulas",
    ),
]

register([entry for entries in _TABLE for entry in entries])
