"""Multi-exposure datasets: A is under-exposed, B is over-exposed."""

from __future__ import annotations

from tcmoa_bench.datasets.dataset import Dataset
from tcmoa_bench.datasets.layouts import Folders, Sequences, Suffixes, Union
from tcmoa_bench.datasets.mff import MFF_SCENE
from tcmoa_bench.types import Task

_SICE_SOURCE = (
    "Cai et al., Learning a Deep Single Image Contrast Enhancer from Multi-Exposure Images, TIP 2018; "
    "https://github.com/csjcai/SICE"
)
_MEFB_SCENE = rf"(?!(?:{MFF_SCENE})$).+"
# `flower` is a scene of MEFB and of MFIFB: it counts, but it does not tell them apart.
_MEFB_TELL = rf"(?!(?:{MFF_SCENE}|flower)$).+"

DATASETS = (
    Dataset(
        name="mefb",
        title="MEFB",
        task=Task.MEF,
        expected=100,
        source="Zhang, Benchmarking and comparing multi-exposure image fusion algorithms, "
        "Information Fusion 2021; https://github.com/xingchenzhang/MEFB",
        layout="input/<scene>/<scene>_A.<ext> (under-exposed) and <scene>_B.<ext> (over-exposed), any case; "
        "other files of a scene's folder are left out.",
        licence="None stated; collected from the Internet and other sets for research; cite.",
        how_to_get="Clone https://github.com/xingchenzhang/MEFB below --data.",
        layouts=(
            Suffixes(folder="input/*", stem=r"(.+)_a", stem_b=r"(.+)_b", scene=_MEFB_SCENE, tell=_MEFB_TELL),
            Suffixes(folder="input/*", stem=r"(.+)_a", stem_b=r"(.+)_b", scene=_MEFB_SCENE, hint=r"\bmefb\b"),
            Suffixes(folder="*", stem=r"(.+)_a", stem_b=r"(.+)_b", scene=_MEFB_SCENE, hint=r"\bmefb\b"),
        ),
    ),
    Dataset(
        name="sice",
        title="SICE",
        task=Task.MEF,
        expected=589,
        source=_SICE_SOURCE,
        layout="Dataset_Part1/<i>/<k>.JPG and Dataset_Part2/<i>/<k>.JPG (the darkest and the brightest "
        "of each sequence are the pair, Label/<i>.JPG is the reference); or SICE/{under,over}, SCIE/{ue,oe}.",
        licence="None stated; for research, cite.",
        how_to_get="Follow the download links of https://github.com/csjcai/SICE; unpack below --data.",
        aliases=("scie",),
        layouts=(
            Union(
                parts=(
                    (
                        "part1_",
                        {"part": "1"},
                        (Sequences(folder="Dataset_Part1/*", reference="Dataset_Part1/Label", expected=360),),
                    ),
                    (
                        "part2_",
                        {"part": "2"},
                        (Sequences(folder="Dataset_Part2/*", reference="Dataset_Part2/Label", expected=229),),
                    ),
                ),
                expected=589,
            ),
            Folders(folders=(("under", "over"), ("ue", "oe")), hint=r"sice|scie", never=r"result"),
        ),
    ),
    Dataset(
        name="train_mef",
        title="Training pack, multi-exposure",
        task=Task.MEF,
        expected=51,
        source="Exposure stacks collected by PMEF, "
        "https://github.com/hangxiaotian/Perceptual-Multi-exposure-Image-Fusion; scenes shared with MEFB removed.",
        layout="HDRPS_downsampling_8/<scene>/, Allimges_downsampling_8/<scene>/ and "
        "DF_ICCV17_data/<sequence>/ side by side; the darkest and the brightest exposure of each are the pair.",
        licence="None stated; for research, cite.",
        how_to_get="Make it from the PMEF repository and leave out every scene that MEFB holds.",
        layouts=(
            Union(
                parts=(
                    ("HDRPS_", {"set": "hdrps"}, (Sequences(folder="HDRPS_downsampling_8/*"),)),
                    ("Allimges_", {"set": "allimges"}, (Sequences(folder="Allimges_downsampling_8/*"),)),
                    ("ICCV17_", {"set": "iccv17"}, (Sequences(folder="DF_ICCV17_data/*"),)),
                ),
                every=True,
            ),
        ),
    ),
)
