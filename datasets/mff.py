"""Multi-focus datasets: A is focused near, B is focused far."""

from __future__ import annotations

from tcmoa_bench.datasets.dataset import Dataset
from tcmoa_bench.datasets.layouts import Folders, Suffixes
from tcmoa_bench.types import Task

#: Scene folders of the benchmark MFIF (63 pairs).
MFIF_SCENE = r"(?:lytro|mffw|MFI-WHU)_\d+"

#: Scene folders of the benchmark MFIFB (105 pairs).
MFIFB_SCENE = r"(?:lytro|mffw|savic|aymaz|stand|tsai)_\d+|books|flower|newspaper|temple"

#: Scene folders of either; MEFB, which lies on disk in the same way, has others (but for `flower`).
MFF_SCENE = r"(?:lytro|mffw|MFI-WHU|savic|aymaz|stand|tsai)_\d+|books|newspaper|temple"

DATASETS = (
    Dataset(
        name="mfif",
        title="MFIF (63 pairs)",
        task=Task.MFF,
        expected=63,
        source="Zhang, Deep Learning-Based Multi-Focus Image Fusion: A Survey and a Comparative Study, "
        "TPAMI 2022; https://github.com/xingchenzhang/MFIF",
        layout="input/<scene>/<scene>_A.<ext> (near) and <scene>_B.<ext> (far); "
        "scenes lytro_NN, mffw_NN, MFI-WHU_NN.",
        licence="None stated; the images are those of Lytro, MFFW and MFI-WHU; for research, cite.",
        how_to_get="Clone https://github.com/xingchenzhang/MFIF below --data.",
        layouts=(
            Suffixes(
                folder="input/*", stem=r"(.+)_a", stem_b=r"(.+)_b", scene=MFIF_SCENE, tell=r"MFI-WHU_\d+"
            ),
            Suffixes(folder="input/*", stem=r"(.+)_a", stem_b=r"(.+)_b", scene=MFIF_SCENE, hint=r"\bmfif\b"),
        ),
    ),
    Dataset(
        name="mfifb",
        title="MFIFB",
        task=Task.MFF,
        expected=105,
        source="Zhang, Multi-focus Image Fusion: A Benchmark, arXiv 2005.01116, 2020; "
        "https://github.com/xingchenzhang/MFIFB",
        layout="input/<scene>/<scene>_A.<ext> (near) and <scene>_B.<ext> (far); scenes lytro_NN, mffw_NN, "
        "savic_NN, aymaz_NN, stand_NN, tsai_NN, books, flower, newspaper, temple.",
        licence="None stated; for research, cite.",
        how_to_get="Clone https://github.com/xingchenzhang/MFIFB below --data.",
        layouts=(
            Suffixes(
                folder="input/*",
                stem=r"(.+)_a",
                stem_b=r"(.+)_b",
                scene=MFIFB_SCENE,
                tell=r"(?:savic|aymaz|stand|tsai)_\d+",
            ),
            Suffixes(
                folder="input/*", stem=r"(.+)_a", stem_b=r"(.+)_b", scene=MFIFB_SCENE, hint=r"\bmfifb\b"
            ),
        ),
    ),
    Dataset(
        name="lytro",
        title="Lytro",
        task=Task.MFF,
        expected=20,
        source="Nejati et al., Multi-focus image fusion using dictionary-based sparse representation, "
        "Information Fusion 2015; https://mansournejati.ece.iut.ac.ir/content/lytro-multi-focus-dataset",
        layout="LytroDataset/lytro-NN-{A,B}.jpg (Triple Series/ holds other pictures under the same names and is "
        "left out); also {AA,BB}/, {source_1,source_2}/, Lytro/{A,B}/, c_NN_{1,2}.tif.",
        licence="The Readme asks for a citation; nothing else is stated.",
        how_to_get="Download it from the page above, or find a copy in https://github.com/uzeful/IFCNN.",
        layouts=(
            Suffixes(folder=".", stem=r"(lytro-\d+)-a", stem_b=r"(lytro-\d+)-b", never=r"triple"),
            Folders(
                folders=(("AA", "BB"), ("source_1", "source_2"), ("A", "B")),
                stem=r"(lytro-\d+)-a",
                stem_b=r"(lytro-\d+)-b",
            ),
            Folders(folders=(("A", "B"),), hint=r"lytro"),
            Suffixes(folder=".", stem=r"(c_\d+)_1", stem_b=r"(c_\d+)_2"),
        ),
    ),
    Dataset(
        name="mffw",
        title="MFFW",
        task=Task.MFF,
        expected=13,
        source="Xu et al., MFFW: A new dataset for multi-focus image fusion, arXiv 2002.04780, 2020",
        layout="MFFW/{A,B}/<N>.jpg; also {source_1,source_2}/mffw_NN_{A,B}.jpg, mffw_NN/mffw_NN_{A,B}.jpg.",
        licence="No text found.",
        how_to_get="Copies lie in https://github.com/Xinzhe99/SwinMFF (assets/MFFW).",
        layouts=(
            Folders(folders=(("A", "B"),), hint=r"mffw"),
            Folders(
                folders=(("source_1", "source_2"), ("A", "B")), stem=r"(mffw_\d+)_a", stem_b=r"(mffw_\d+)_b"
            ),
            Suffixes(folder="*", stem=r"(.+)_a", stem_b=r"(.+)_b", scene=r"mffw_\d+"),
        ),
    ),
    Dataset(
        name="mfi_whu",
        title="MFI-WHU",
        task=Task.MFF,
        expected=120,
        source="Zhang et al., MFF-GAN, Information Fusion 2021; https://github.com/HaoZhang1018/MFI-WHU",
        layout="MFI-WHU/{source_1,source_2}/<N>.jpg (near, far), reference full_clear/<N>.jpg.",
        licence="MIT for the repository; the photographs are from public sets.",
        how_to_get="Unpack MFI-WHU.rar of https://github.com/HaoZhang1018/MFI-WHU below --data.",
        aliases=("mfi-whu",),
        layouts=(Folders(folders=(("source_1", "source_2"),), stem=r"(\d+)", reference="full_clear"),),
    ),
    Dataset(
        name="real_mff",
        title="Real-MFF",
        task=Task.MFF,
        expected=710,
        source="Zhang et al., Real-MFF: A large realistic multi-focus image dataset with ground truth, "
        "Pattern Recognition Letters 2020",
        layout="{imageA,imageB}/<NNN>_{A,B}.png (near, far), reference Fusion/<NNN>_F.png.",
        licence="None stated; cite.",
        how_to_get="The authors share it on Google Drive and Baidu; unpack below --data.",
        aliases=("real-mff", "realmff"),
        layouts=(
            Folders(
                folders=(("imageA", "imageB"),),
                stem=r"(\d+)_a",
                stem_b=r"(\d+)_b",
                reference="Fusion",
                stem_reference=r"(\d+)_f",
            ),
        ),
    ),
    Dataset(
        name="train_mff",
        title="Training pack, multi-focus (synthetic defocus)",
        task=Task.MFF,
        expected=60,
        source="NYU Depth V2 photographs with synthetic defocus by the authors of FusionDiff; "
        "https://github.com/lmn-ning/ImageFusion",
        layout="NYU-D-100/{source_1,source_2}/NYU-D (<n>).jpg (near, far), reference full_clear/.",
        licence="MIT for the repository; NYU Depth V2 is for research.",
        how_to_get="Clone https://github.com/lmn-ning/ImageFusion below --data; "
        "the pack holds 60 of its 100 pairs.",
        aliases=("nyu_d",),
        layouts=(Folders(folders=(("source_1", "source_2"),), stem=r"(NYU-D.*)", reference="full_clear"),),
    ),
)
