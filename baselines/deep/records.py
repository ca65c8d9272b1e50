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
    "refusion": "Bai et al., ReFusion, IJCV 2024",
    "didfuse": "Zhao et al., DIDFuse, IJCAI 2020",
    "datfuse": "Tang et al., DATFuse, IEEE TCSVT 33(7), 2023",
    "tardal": "Liu et al., TarDAL, CVPR 2022",
    "mufusion": "Cheng, Xu, Wu, MUFusion, Information Fusion 92, 2023",
    "sesf": "Ma et al., SESF-Fuse, Neural Computing and Applications 2020",
    "gifnet": "Cheng et al., GIFNet, CVPR 2025",
    "ship": "Zheng et al., SHIP, CVPR 2024",
    "sage": "Wu et al., SAGE, CVPR 2025",
    "reconet": "Huang et al., ReCoNet, ECCV 2022",
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
        licence=files[0].licence,
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

_TABLE += [
    *(
        _entries(
            f"refusion_{short}",
            f"refusion_{short}",
            tasks,
            "luma",
            "luma stretched to its own minimum and maximum, colour images a second time after that",
            clip=_NO_STRETCH,
            aliases=names,
        )
        for short, tasks, names in (
            ("ivif", _VIF, ("refusion", "refusion_vif")),
            ("meif", _MEF, ("refusion_mef",)),
            ("mfif", _MFF, ("refusion_mff",)),
            ("mif", _MED, ("refusion_med",)),
        )
    ),
    _entries(
        "didfuse_sum", "didfuse", _VIF, "gray", "features added (authors' default)", aliases=("didfuse",)
    ),
    _entries("didfuse_avg", "didfuse", _VIF, "gray", "features averaged"),
    _entries("didfuse_l1", "didfuse", _VIF, "gray", "features weighted by activity, as in Tang's wrapper"),
    _entries("datfuse", "datfuse", _VIF, "gray", _GRAY),
    *(
        _entries(
            name,
            name,
            _VIF,
            "luma",
            f"training {sign!r}, in float32 (Tang's wrapper uses float16)",
            aliases=names,
        )
        for name, sign, names in (
            ("tardal", "TarDAL", ("tardal_dt",)),
            ("tardal_p", "TarDAL+", ("tardal+",)),
            ("tardal_pp", "TarDAL++", ("tardal++",)),
        )
    ),
    *(
        _entries(
            f"mufusion_{short}",
            f"mufusion_{short.partition('_')[0]}",
            tasks,
            "gray" if short.endswith("gray") else "luma",
            f"computed in float64; {_STRETCH if short.endswith('gray') else 'not stretched'}",
            clip=_NO_STRETCH if short.endswith("gray") else "",
            aliases=names,
            min_size=128,
        )
        for short, tasks, names in (
            ("tno_rgb", _VIF, ("mufusion", "mufusion_tno")),
            ("tno_gray", _VIF, ()),
            ("roadscene_rgb", _VIF, ("mufusion_roadscene",)),
            ("mef_rgb", _MEF, ("mufusion_mef",)),
            ("mff_rgb", _MFF, ("mufusion_mff",)),
            ("harvard_gray", _MED, ("mufusion_harvard", "mufusion_med")),
        )
    ),
    _entries(
        "sage", "sage", _VIF, "luma", "the 8-bit chroma's neutral value gives a slight tint", min_size=4
    ),
    _entries(
        "sesf",
        "sesf",
        _MFF,
        "rgb",
        "the sources' own pixels by a decision map; weights leave 0..1, as in the authors' code",
        aliases=("sesf-fuse", "sesf_fuse"),
    ),
    _entries("ship", "ship", _VIF, "luma", "the Fourier transform makes every pixel depend on all others"),
    _entries(
        "gifnet",
        "gifnet",
        _THREE + _MED,
        "luma",
        "not stretched; with two coloured sources chroma is mixed by the authors' rule",
        min_size=5,
    ),
    _entries(
        "reconet_v0", "reconet_v0", _VIF, "gray", f"without registration; {_GRAY}", aliases=("reconet",)
    ),
]

register([entry for entries in _TABLE for entry in entries])
