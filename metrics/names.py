"""What is one fact for a metric's name, whoever computes it: direction, meaning, paper, and range where all agree."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Name:
    """The idea behind a name.

    Attributes:
        higher_is_better: Direction.
        meaning: One plain sentence for a reader who is no specialist.
        paper: Authors and year of the definition.
        ideal: Value of a perfect fusion, where the definition has one.
        bounds: Least and greatest possible value.
        min_size: Least height and width that has a value.
    """

    higher_is_better: bool
    meaning: str
    paper: str = ""
    ideal: float | None = None
    bounds: tuple[float, float] = (-math.inf, math.inf)
    min_size: int = 2


def named(name: str, **facts: Any) -> Name:
    """The facts of a name, with those that one convention has otherwise; of a new name all must be given.

    What follows an underscore is a variant of the idea (`SSIM_dr255`), or a library's reading against one image
    (`SSIM_A`, `SSIM_ref`), unless the whole name is one of its own (`FMI_pixel`).

    Raises:
        ValueError: The direction or the meaning of a known name is given, or those of a new one are not.
    """
    known = NAMES.get(idea(name))
    fixed = {"higher_is_better", "meaning"}
    if known is None:
        if missing := fixed - facts.keys():
            raise ValueError(f"{name} is a new name and needs {' and '.join(sorted(missing))}")
        return Name(**facts)
    if given := fixed & facts.keys():
        raise ValueError(f"{' and '.join(sorted(given))} of {name} stands in metrics/names.py, once for all")
    return replace(known, **facts)


def idea(name: str) -> str:
    """The name without the parts that make it a variant: `SSIM` of `SSIM_dr1_sk018`; a name that is not known as it is."""
    base = name
    while base and base not in NAMES:
        base = base.rpartition("_")[0]
    return base or name


def _up(meaning: str, paper: str = "", **facts: Any) -> Name:
    return Name(higher_is_better=True, meaning=meaning, paper=paper, **facts)


def _down(meaning: str, paper: str = "", **facts: Any) -> Name:
    return Name(higher_is_better=False, meaning=meaning, paper=paper, **facts)


_POSITIVE, _UNIT, _SIGNED = (0.0, math.inf), (0.0, 1.0), (-1.0, 1.0)
_FMI = "Haghighat, Aghagolzadeh and Seyedarabi 2011"
_SCR = "Gao, Meng, Yang, Wang, Zhou and Hauptmann 2013"
_FMI_FACTS: dict[str, Any] = {"ideal": 1.0, "min_size": 3}
NAMES: dict[str, Name] = {
    # Of the fused image alone.
    "EN": _up(
        "How many gray levels the fused image uses, and how evenly.", "Shannon 1948", bounds=(0.0, 8.0)
    ),
    "SD": _up(
        "The contrast of the fused image: how far its levels lie from their mean.", bounds=(0.0, 127.5)
    ),
    "SF": _up(
        "How much neighbouring pixels of the fused image differ: the amount of detail, noise included.",
        "Eskicioglu and Fisher 1995",
        bounds=(0.0, 255 * math.sqrt(2)),
    ),
    "AG": _up(
        "The mean steepness of the fused image: how sharp it looks, noise included.",
        "Cui, Feng, Xu, Li and Chen 2015",
        bounds=(0.0, 4 * 255.0),  # h w differences over (h - 1)(w - 1): four times as many at 2 x 2
    ),
    "EI": _up(
        "The mean strength of the edges of the fused image.",
        "Rajalingam and Priya 2018",
        bounds=(0.0, 1020 * math.sqrt(2)),
    ),
    # Errors against the sources.
    "MSE": _down("The mean squared difference to the sources.", ideal=0.0),
    "RMSE": _down("How far the fused image's levels are from the sources', in levels.", ideal=0.0),
    "PSNR": _up("How small the difference to the sources is beside the full range, in decibels."),
    "CC": _up(
        "How well the fused image's levels follow each source's, averaged over the sources.",
        "Pearson correlation",
        ideal=1.0,
        bounds=_SIGNED,
    ),
    "SCD": _up(
        "Whether what the fused image adds to one source comes from the other, summed over the sources.",
        "Aslantas and Bendes 2015",
        ideal=2.0,
        bounds=(-2.0, 2.0),
    ),
    # Information.
    "CE": _down("How different the fused image's histogram is from the sources', on average."),
    "MI": _up(
        "How much the fused image's levels tell about each source's, summed over the sources.",
        "Qu, Zhang and Yan 2002",
    ),
    "NMI": _up(
        "How much the fused image's levels tell about each source's, as a share of what there is to tell.",
        "Hossny, Nahavandi and Creighton 2008",
        bounds=(0.0, 2.0),
    ),
    "LMI": _up(
        "How much the fused image's levels tell about each source's, block by block, small blocks where much happens.",
        "Hossny, Nahavandi, Creighton and Bhatti 2010",
        bounds=_UNIT,
        min_size=3,
    ),
    "Q_CNN": _up(
        "What a network that was trained on people's choices thinks of the fused image.",
        "Liu, Qi, Cheng and Chen 2024",
    ),
    "TE": _up(
        "Mutual information with Tsallis' entropy in place of Shannon's, summed over the sources.",
        "Cvejic, Canagarajah and Bull 2006",
    ),
    "TE_Nava": _up(
        "Tsallis' mutual information with the sources, as a share of what the sources hold.",
        "Nava, Cristobal and Escalante-Ramirez 2007",
    ),
    "Qncie": _up(
        "How strongly sources and fused image depend on each other, in any way, linear or not.",
        "Wang, Shen and Zhang 2005",
        bounds=_UNIT,
    ),
    "FMI": _up(
        "How much of each source's local pattern of a feature the fused image keeps.", _FMI, **_FMI_FACTS
    ),
    "FMI_pixel": _up(
        "FMI of the gray levels: how much of each source's local pattern is kept.", _FMI, **_FMI_FACTS
    ),
    "FMI_gradient": _up(
        "FMI of the gradient: how much of the sources' local slopes is kept.", _FMI, **_FMI_FACTS
    ),
    "FMI_edge": _up(
        "FMI of the edge map: how many of the sources' edges are found again.", _FMI, **_FMI_FACTS
    ),
    "FMI_dct": _up(
        "FMI of the cosine transform: how much of the sources' frequencies is kept.", _FMI, **_FMI_FACTS
    ),
    "FMI_wavelet": _up(
        "FMI of the wavelet transform: how much of the sources' details is kept.", _FMI, **_FMI_FACTS
    ),
    # Edges and features.
    "Qabf": _up(
        "How much of the edges of each source is kept, strong edges counting more.",
        "Xydeas and Petrovic 2000",
        bounds=(0.0, 0.9754),
    ),
    "Nabf": _down(
        "The share of edges in the fused image that neither source has: artefacts.",
        "Shreyamsha Kumar 2013",
        ideal=0.0,
        bounds=_UNIT,
    ),
    "Nabf_fixed": _down(
        "Nabf with the arguments in the right order.", "Shreyamsha Kumar 2013", ideal=0.0, bounds=_UNIT
    ),
    "Qp": _up(
        "How well the sources' features (edges, corners, lines at any contrast) are kept.",
        "Zhao, Laganiere and Liu 2007",
        ideal=1.0,
        min_size=6,
    ),
    "QM": _up(
        "How well the sources' wavelet details are kept.",
        "Wang and Liu 2008",
        ideal=1.0,
        bounds=_UNIT,
        min_size=4,
    ),
    "QSF": _up(
        "How the fused image's detail compares with the sources': 0 is ideal, below is too smooth, above too sharp.",
        "Zheng, Essock, Hansen and Haun 2007",
        ideal=0.0,
        bounds=(-1.0, math.inf),
    ),
    # Structure.
    "SSIM": _up(
        "How alike the local structure of the fused image and of each source is.",
        "Wang, Bovik, Sheikh and Simoncelli 2004",
        ideal=1.0,
        bounds=_SIGNED,
    ),
    "SSIM_L255": _up(
        "SSIM with the dynamic range that the levels have.",
        "Wang, Bovik, Sheikh and Simoncelli 2004",
        ideal=1.0,
        bounds=_SIGNED,
    ),
    "MS-SSIM": _up(
        "How alike the structure of the fused image and of the sources is, from fine to coarse.",
        "Wang, Simoncelli and Bovik 2003",
        ideal=1.0,
        bounds=_UNIT,
    ),
    "MEF-SSIM": _up(
        "How close the fused image is to what an ideal fusion of exposures would show, patch by patch.",
        "Ma, Zeng and Wang 2015",
        ideal=1.0,  # and no bounds: where opposite sources cancel, the ideal patch is rounding noise
        min_size=44,
    ),
    "Qs": _up(
        "How alike the local structure is to the sources', each source counting where it has contrast.",
        "Piella and Heijmans 2003",
        ideal=1.0,
        bounds=_SIGNED,
        min_size=11,
    ),
    "Qw": _up(
        "As Qs, and places with much contrast count more.",
        "Piella and Heijmans 2003",
        ideal=1.0,
        bounds=_SIGNED,
        min_size=11,
    ),
    "QE": _up(
        "As Qw, and the edges must be alike too.",
        "Piella and Heijmans 2003",
        ideal=1.0,
        bounds=_SIGNED,
        min_size=8,
    ),
    "Qc": _up(
        "How alike the local structure is to the sources', each counting as much as the fused image follows it.",
        "Cvejic, Loza, Bull and Canagarajah 2005",
        min_size=11,
    ),
    "Qy": _up(
        "How alike the local structure is to both sources where these agree, and to the better one elsewhere.",
        "Yang, Zhang, Wang and Liu 2008",
        min_size=11,
    ),
    # What the eye sees.
    "VIF": _up(
        "How much of what an eye could see in each source can still be seen, summed over the sources.",
        "Sheikh and Bovik 2006",
        ideal=2.0,
        bounds=_POSITIVE,
        min_size=17,
    ),
    "VIFF": _up(
        "How much of what an eye could see in the sources can still be seen.",
        "Han, Cai, Cao and Xu 2013",
        bounds=_POSITIVE,
        min_size=41,
    ),
    "Qcv": _down(
        "The visible difference to the sources, where they draw the eye.",
        "Chen and Varshney 2007",
        ideal=0.0,
        bounds=_POSITIVE,
    ),
    "Qcb": _up(
        "How much of the contrast that the eye sees in the sources is kept.",
        "Chen and Blum 2009",
        ideal=1.0,
        bounds=_UNIT,
    ),
    # Labelled objects.
    "Contrast_gain": _up(
        "How far labelled objects differ from their surroundings, against the source that shows them better.",
        _SCR,
        bounds=_POSITIVE,
    ),
    "SCR_gain": _up(
        "How clearly labelled objects stand out from the clutter around them, against the source that shows them better.",
        _SCR,
        bounds=_POSITIVE,
    ),
    "Edges_kept": _up(
        "How much of the edges of labelled objects is kept, as the source with the stronger ones has them.",
        "after Xydeas and Petrovic 2000",
        ideal=1.0,
        bounds=_UNIT,
    ),
    "Less_visible": _down(
        "The share of labelled objects that stand out less than in the better source.",
        _SCR,
        ideal=0.0,
        bounds=_UNIT,
    ),
    # Libraries' measures of one image against another.
    "VIFp": _up(
        "How much of what an eye could see in the reference can still be seen.",
        "Sheikh and Bovik 2006",
        ideal=1.0,
    ),
    "FSIM": _up(
        "How alike lines and gradients are, at any contrast.",
        "Zhang, Zhang, Mou and Zhang 2011",
        ideal=1.0,
        bounds=_UNIT,
    ),
    "VSI": _up(
        "How alike two colour images are where they draw the eye.",
        "Zhang, Shen and Li 2014",
        ideal=1.0,
        bounds=_UNIT,
    ),
    "GMSD": _down(
        "How unevenly gradients are damaged over the image.",
        "Xue, Zhang, Mou and Bovik 2014",
        ideal=0.0,
        bounds=_UNIT,
    ),
    "MDSI": _down(
        "How unevenly gradients and colours are damaged.",
        "Nafchi, Shahkolaei, Hedjam and Cheriet 2016",
        ideal=0.0,
        bounds=_UNIT,
    ),
    "HaarPSI": _up(
        "How alike coarse and fine edges are.",
        "Reisenhofer, Bosse, Kutyniok and Wiegand 2018",
        ideal=1.0,
        bounds=_UNIT,
    ),
}
