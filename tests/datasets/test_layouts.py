"""Every layout that a dataset is known in, drawn as a small tree: roles, names, references, what is left out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcmoa_bench.datasets import DATASETS, check, found_in, load, open_dataset
from tcmoa_bench.types import BenchError, Task, Unavailable
from tests.datasets.drawn import const, put, touch

#: Dataset, files, expected `name: (a, b)` or `name: (a, b, reference)`; all below one folder.
LAYOUTS = [
    (
        "llvip",
        ["LLVIP/visible/test/190001.jpg", "LLVIP/infrared/test/190001.jpg", "LLVIP/visible/train/010001.jpg",
         "LLVIP/infrared/train/010001.jpg", "LLVIP/Annotations/190001.png"],
        {"190001": ("LLVIP/visible/test/190001.jpg", "LLVIP/infrared/test/190001.jpg")},
    ),
    (
        "llvip",
        ["FusionGAN/Test_LLVIP_ir/190001.jpg", "FusionGAN/Test_LLVIP_vi/190001.jpg"],
        {"190001": ("FusionGAN/Test_LLVIP_vi/190001.jpg", "FusionGAN/Test_LLVIP_ir/190001.jpg")},
    ),
    ("llvip", ["visible/val/1.jpg", "infrared/val/1.jpg"], {"1": ("visible/val/1.jpg", "infrared/val/1.jpg")}),
    (
        "llvip",
        ["l/190001_ir.jpg", "l/190001_vi.jpg", "l/010001_ir.jpg", "l/010001_vi.jpg"],
        {"190001": ("l/190001_vi.jpg", "l/190001_ir.jpg")},
    ),
    (
        "llvip",
        ["val_imgs/ir_imgs/190001.jpg", "val_imgs/vis_imgs/190001.jpg", "train_imgs/ir_imgs/010001.jpg"],
        {"190001": ("val_imgs/vis_imgs/190001.jpg", "val_imgs/ir_imgs/190001.jpg")},
    ),
    (
        "llvip_train",
        ["visible/train/010001.jpg", "infrared/train/010001.jpg", "visible/test/190001.jpg", "infrared/test/190001.jpg"],
        {"010001": ("visible/train/010001.jpg", "infrared/train/010001.jpg")},
    ),
    (
        "llvip_train",
        ["l/190001_ir.jpg", "l/190001_vi.jpg", "l/010001_ir.jpg", "l/010001_vi.jpg"],
        {"010001": ("l/010001_vi.jpg", "l/010001_ir.jpg")},
    ),
    (
        "llvip_train",
        ["Train_LLVIP_ir/010001.jpg", "Train_LLVIP_vi/010001.jpg"],
        {"010001": ("Train_LLVIP_vi/010001.jpg", "Train_LLVIP_ir/010001.jpg")},
    ),
    (
        "vifb",
        ["input/VI/man.jpg", "input/IR/man.jpg", "input/VI/manCar.jpg", "input/IR/manCar.jpg",
         "output/fused_images/man_ADF.jpg"],
        {"man": ("input/VI/man.jpg", "input/IR/man.jpg"), "manCar": ("input/VI/manCar.jpg", "input/IR/manCar.jpg")},
    ),
    ("vifb", ["VIFB/VI/man.jpg", "VIFB/IR/man.jpg"], {"man": ("VIFB/VI/man.jpg", "VIFB/IR/man.jpg")}),
    (
        "tno",
        ["Image/Source-Image/TNO/ir/01.png", "Image/Source-Image/TNO/vi/01.png", "Image/Algorithm/PMGI_TNO/43.png",
         "Image/Source-Image/RoadScene/ir/02.png", "Image/Source-Image/RoadScene/vi/02.png"],
        {"01": ("Image/Source-Image/TNO/vi/01.png", "Image/Source-Image/TNO/ir/01.png")},
    ),
    ("tno", ["TNO/vi/1.bmp", "TNO/ir/1.bmp"], {"1": ("TNO/vi/1.bmp", "TNO/ir/1.bmp")}),
    ("tno", ["TNO/Test_vi/1.bmp", "TNO/Test_ir/1.bmp"], {"1": ("TNO/Test_vi/1.bmp", "TNO/Test_ir/1.bmp")}),
    ("tno", ["TNO/Bunker_IR.png", "TNO/Bunker_Vis.png"], {"Bunker": ("TNO/Bunker_Vis.png", "TNO/Bunker_IR.png")}),
    (
        "tno_cddfuse",
        ["test_img/TNO/ir/01.png", "test_img/TNO/vi/01.png", "Source-Image/TNO/ir/02.png", "Source-Image/TNO/vi/02.png"],
        {"01": ("test_img/TNO/vi/01.png", "test_img/TNO/ir/01.png")},
    ),
    (
        "roadscene",
        ["crop_LR_visible/FLIR_1.jpg", "cropinfrared/FLIR_1.jpg", "crop_HR_visible/FLIR_1.jpg", "infrared/FLIR_1.png",
         "crop_LR_visible/FLIR_video_2.jpg", "cropinfrared/FLIR_video_2.jpg"],
        {"FLIR_1": ("crop_LR_visible/FLIR_1.jpg", "cropinfrared/FLIR_1.jpg"),
         "FLIR_video_2": ("crop_LR_visible/FLIR_video_2.jpg", "cropinfrared/FLIR_video_2.jpg")},
    ),
    ("roadscene", ["RoadScene/vi/1.jpg", "RoadScene/ir/1.jpg"], {"1": ("RoadScene/vi/1.jpg", "RoadScene/ir/1.jpg")}),
    (
        "m3fd",
        ["M3FD_Detection/Ir/1.png", "M3FD_Detection/Vis/1.png", "M3FD_Fusion/Ir/2.png", "M3FD_Fusion/Vis/2.png"],
        {"2": ("M3FD_Fusion/Vis/2.png", "M3FD_Fusion/Ir/2.png")},
    ),
    ("m3fd", ["m3fd/ir/2.png", "m3fd/vi/2.png", "m3fd/labels/2.png"], {"2": ("m3fd/vi/2.png", "m3fd/ir/2.png")}),
    ("m3fd", ["m3fd/fusion/ir/2.png", "m3fd/fusion/vis/2.png"], {"2": ("m3fd/fusion/vis/2.png", "m3fd/fusion/ir/2.png")}),
    (
        "m3fd_detection",
        ["M3FD_Detection/Ir/1.png", "M3FD_Detection/Vis/1.png", "M3FD_Fusion/Ir/2.png", "M3FD_Fusion/Vis/2.png"],
        {"1": ("M3FD_Detection/Vis/1.png", "M3FD_Detection/Ir/1.png")},
    ),
    (
        "msrs",
        ["MSRS/test/vi/00001D.png", "MSRS/test/ir/00001D.png", "MSRS/train/vi/00002N.png", "MSRS/train/ir/00002N.png",
         "MSRS/detection/vi/1.png", "MSRS/detection/ir/1.png"],
        {"00001D": ("MSRS/test/vi/00001D.png", "MSRS/test/ir/00001D.png")},
    ),
    (
        "msrs_train",
        ["MSRS/test/vi/00001D.png", "MSRS/test/ir/00001D.png", "MSRS/train/vi/00002N.png", "MSRS/train/ir/00002N.png"],
        {"00002N": ("MSRS/train/vi/00002N.png", "MSRS/train/ir/00002N.png")},
    ),
    (
        "flir_aligned",
        ["x/val_imgs/vis_imgs/FLIR_2.jpg", "x/val_imgs/ir_imgs/FLIR_2.jpg", "x/train_imgs/vis_imgs/FLIR_1.jpg",
         "x/train_imgs/ir_imgs/FLIR_1.jpg"],
        {"FLIR_2": ("x/val_imgs/vis_imgs/FLIR_2.jpg", "x/val_imgs/ir_imgs/FLIR_2.jpg"),
         "FLIR_1": ("x/train_imgs/vis_imgs/FLIR_1.jpg", "x/train_imgs/ir_imgs/FLIR_1.jpg")},
    ),
    (
        "flir_aligned",
        ["align/JPEGImages/FLIR_1_RGB.jpg", "align/JPEGImages/FLIR_1_PreviewData.jpeg"],
        {"FLIR_1": ("align/JPEGImages/FLIR_1_RGB.jpg", "align/JPEGImages/FLIR_1_PreviewData.jpeg")},
    ),
    (
        "train_vif",
        ["t/LLVIP/visible/train/1.jpg", "t/LLVIP/infrared/train/1.jpg", "t/RoadScene/crop_LR_visible/1.jpg",
         "t/RoadScene/cropinfrared/1.jpg", "LLVIP/visible/train/3.jpg", "LLVIP/infrared/train/3.jpg"],
        {"LLVIP_1": ("t/LLVIP/visible/train/1.jpg", "t/LLVIP/infrared/train/1.jpg"),
         "RoadScene_1": ("t/RoadScene/crop_LR_visible/1.jpg", "t/RoadScene/cropinfrared/1.jpg")},
    ),
    (
        "mefb",
        ["input/Sky/sKY_a.png", "input/Sky/Sky_B.png", "input/Sky/over.png", "input/Sky/under.png",
         "input/Farmhouse/Farmhouse_A.png", "input/Farmhouse/FarmHouse_B.png", "input/garage/Garage_A.jpg",
         "input/garage/Garage_B.JPG", "input/garage/garage1.jpg", "input/House/House_A.png", "input/House/House_B.png",
         "input/House/B.png", "input/House/D.png", "output/fused_images/House_Mertens.png"],
        {"Farmhouse": ("input/Farmhouse/Farmhouse_A.png", "input/Farmhouse/FarmHouse_B.png"),
         "House": ("input/House/House_A.png", "input/House/House_B.png"),
         "Sky": ("input/Sky/sKY_a.png", "input/Sky/Sky_B.png"),
         "garage": ("input/garage/Garage_A.jpg", "input/garage/Garage_B.JPG")},
    ),
    (
        "mefb",
        ["input/Lamp/Lamp_A.png", "input/Lamp/Lamp_B.png", "input/Lamp/old copy_A.png"],
        {"Lamp": ("input/Lamp/Lamp_A.png", "input/Lamp/Lamp_B.png")},
    ),
    ("mefb", ["MEFB/flower/flower_A.png", "MEFB/flower/flower_B.png"],
     {"flower": ("MEFB/flower/flower_A.png", "MEFB/flower/flower_B.png")}),
    (
        "sice",
        ["s/SCIE/oe/1.png", "s/SCIE/ue/1.png", "s/result/SICE/1.png"],
        {"1": ("s/SCIE/ue/1.png", "s/SCIE/oe/1.png")},
    ),
    ("sice", ["SICE/under/001.png", "SICE/over/001.png"], {"001": ("SICE/under/001.png", "SICE/over/001.png")}),
    (
        "mfif",
        ["input/MFI-WHU_01/MFI-WHU_01_A.jpg", "input/MFI-WHU_01/MFI-WHU_01_B.jpg", "input/lytro_10/lytro_10_A.jpg",
         "input/lytro_10/lytro_10_B.jpg", "input/lytro_2/lytro_2_A.jpg", "input/lytro_2/lytro_2_B.jpg"],
        {"MFI-WHU_01": ("input/MFI-WHU_01/MFI-WHU_01_A.jpg", "input/MFI-WHU_01/MFI-WHU_01_B.jpg"),
         "lytro_2": ("input/lytro_2/lytro_2_A.jpg", "input/lytro_2/lytro_2_B.jpg"),
         "lytro_10": ("input/lytro_10/lytro_10_A.jpg", "input/lytro_10/lytro_10_B.jpg")},
    ),
    (
        "mfifb",
        ["input/aymaz_01/aymaz_01_A.bmp", "input/aymaz_01/aymaz_01_B.bmp", "input/flower/flower_A.jpg",
         "input/flower/flower_B.jpg"],
        {"aymaz_01": ("input/aymaz_01/aymaz_01_A.bmp", "input/aymaz_01/aymaz_01_B.bmp"),
         "flower": ("input/flower/flower_A.jpg", "input/flower/flower_B.jpg")},
    ),
    ("mfifb", ["MFIFB/input/mffw_01/mffw_01_A.jpg", "MFIFB/input/mffw_01/mffw_01_B.jpg"],
     {"mffw_01": ("MFIFB/input/mffw_01/mffw_01_A.jpg", "MFIFB/input/mffw_01/mffw_01_B.jpg")}),
    (
        "lytro",
        ["LytroDataset/lytro-01-A.jpg", "LytroDataset/lytro-01-B.jpg", "LytroDataset/Triple Series/lytro-01-A.jpg",
         "LytroDataset/Triple Series/lytro-01-B.jpg", "LytroDataset/Triple Series/lytro-01-C.jpg"],
        {"lytro-01": ("LytroDataset/lytro-01-A.jpg", "LytroDataset/lytro-01-B.jpg")},
    ),
    ("lytro", ["AA/lytro-01-A.jpg", "BB/lytro-01-B.jpg"], {"lytro-01": ("AA/lytro-01-A.jpg", "BB/lytro-01-B.jpg")}),
    (
        "lytro",
        ["source_1/lytro-01-A.jpg", "source_2/lytro-01-B.jpg"],
        {"lytro-01": ("source_1/lytro-01-A.jpg", "source_2/lytro-01-B.jpg")},
    ),
    ("lytro", ["Lytro/A/1.jpg", "Lytro/B/1.jpg"], {"1": ("Lytro/A/1.jpg", "Lytro/B/1.jpg")}),
    ("lytro", ["liu/c_01_1.tif", "liu/c_01_2.tif"], {"c_01": ("liu/c_01_1.tif", "liu/c_01_2.tif")}),
    (
        "mffw",
        ["MFFW/A/10.jpg", "MFFW/B/10.jpg", "MFFW/A/9.jpg", "MFFW/B/9.jpg", "Lytro/A/1.jpg", "Lytro/B/1.jpg"],
        {"9": ("MFFW/A/9.jpg", "MFFW/B/9.jpg"), "10": ("MFFW/A/10.jpg", "MFFW/B/10.jpg")},
    ),
    (
        "mffw",
        ["source_1/mffw_01_A.jpg", "source_2/mffw_01_B.jpg"],
        {"mffw_01": ("source_1/mffw_01_A.jpg", "source_2/mffw_01_B.jpg")},
    ),
    (
        "mffw",
        ["x/mffw_01/mffw_01_A.jpg", "x/mffw_01/mffw_01_B.jpg"],
        {"mffw_01": ("x/mffw_01/mffw_01_A.jpg", "x/mffw_01/mffw_01_B.jpg")},
    ),
    (
        "mfi_whu",
        ["MFI-WHU/source_1/2.jpg", "MFI-WHU/source_2/2.jpg", "MFI-WHU/full_clear/2.jpg", "MFI-WHU/source_1/10.jpg",
         "MFI-WHU/source_2/10.jpg"],
        {"2": ("MFI-WHU/source_1/2.jpg", "MFI-WHU/source_2/2.jpg", "MFI-WHU/full_clear/2.jpg"),
         "10": ("MFI-WHU/source_1/10.jpg", "MFI-WHU/source_2/10.jpg")},
    ),
    (
        "real_mff",
        ["Real-MFF/imageA/001_A.png", "Real-MFF/imageB/001_B.png", "Real-MFF/Fusion/001_F.png"],
        {"001": ("Real-MFF/imageA/001_A.png", "Real-MFF/imageB/001_B.png", "Real-MFF/Fusion/001_F.png")},
    ),
    (
        "train_mff",
        ["NYU-D-100/source_1/NYU-D (1).jpg", "NYU-D-100/source_2/NYU-D (1).jpg", "NYU-D-100/full_clear/NYU-D (1).jpg",
         "MFI-WHU/source_1/2.jpg", "MFI-WHU/source_2/2.jpg"],
        {"NYU-D (1)": ("NYU-D-100/source_1/NYU-D (1).jpg", "NYU-D-100/source_2/NYU-D (1).jpg",
                       "NYU-D-100/full_clear/NYU-D (1).jpg")},
    ),
    (
        "harvard",
        ["MyDatasets/CT-MRI/test/CT/1.png", "MyDatasets/CT-MRI/test/MRI/1.png", "MyDatasets/PET-MRI/test/PET/1.png",
         "MyDatasets/PET-MRI/test/MRI/1.png", "MyDatasets/PET-MRI/test/41101.jpg", "MyDatasets/CT-MRI/train/CT/2.png",
         "MyDatasets/CT-MRI/train/MRI/2.png"],
        {"CT-MRI_1": ("MyDatasets/CT-MRI/test/MRI/1.png", "MyDatasets/CT-MRI/test/CT/1.png"),
         "PET-MRI_1": ("MyDatasets/PET-MRI/test/MRI/1.png", "MyDatasets/PET-MRI/test/PET/1.png")},
    ),
    (
        "harvard_spect_mri",
        ["SPECT-MRI/SPECT/1.png", "SPECT-MRI/MRI/1.png"],
        {"1": ("SPECT-MRI/MRI/1.png", "SPECT-MRI/SPECT/1.png")},
    ),
    ("harvard_ct_mri", ["test_img/MRI_CT/MRI/1.png", "test_img/MRI_CT/CT/1.png"],
     {"1": ("test_img/MRI_CT/MRI/1.png", "test_img/MRI_CT/CT/1.png")}),
    (
        "pansharpening",
        ["Test_data/Test_PAN/1.tif", "Test_data/Test_MS1/1.tif", "Test_data/Test_MS2/1.tif", "Test_data/Test_MS3/1.tif"],
        {"GTP-PNet_1": ("Test_data/Test_PAN/1.tif", "Test_data/Test_MS1/1.tif")},
    ),
    ("pansharpening", ["Remote/PAN/1.tif", "Remote/MS/1.tif", "Remote/MS_band1/1.tif"],
     {"GIFNet_1": ("Remote/PAN/1.tif", "Remote/MS/1.tif")}),
    ("msrs_detection", ["MSRS/detection/vi/00001D.png", "MSRS/detection/ir/00001D.png"],
     {"00001D": ("MSRS/detection/vi/00001D.png", "MSRS/detection/ir/00001D.png")}),
    *((name, [f"FMB/{split}/Visible/1.png", f"FMB/{split}/Infrared/1.png", f"FMB/{split}/Label/1.png"],
       {"1": (f"FMB/{split}/Visible/1.png", f"FMB/{split}/Infrared/1.png")})
      for name, split in (("fmb", "test"), ("fmb_train", "train"))),
    *(("mfnet", [f"MFNet/{a}/00001D.png", f"MFNet/{b}/00001D.png", f"MFNet/{labels}/00001D.png"],
       {"00001D": (f"MFNet/{a}/00001D.png", f"MFNet/{b}/00001D.png")})
      for a, b, labels in (("rgb", "ther", "labels"), ("RGB", "Thermal", "Label"))),
]  # fmt: skip


@pytest.mark.parametrize("above", ["", "data/sets"])
@pytest.mark.parametrize(("name", "files", "expected"), LAYOUTS)
def test_layout(
    tmp_path: Path, name: str, files: list[str], expected: dict[str, tuple[str, ...]], above: str
) -> None:
    root = tmp_path / above
    touch(root, files)
    pairs = load(name, tmp_path)
    assert load(name, str(tmp_path)) == pairs  # type: ignore[arg-type]
    assert [pair.name for pair in pairs] == list(expected)
    for pair in pairs:
        a, b, *reference = expected[pair.name]
        assert (pair.a, pair.b) == (root / a, root / b)
        assert pair.reference == (root / reference[0] if reference else None)
        assert pair.dataset == name


@pytest.mark.parametrize(("name", "files", "expected"), LAYOUTS)
def test_layout_in_another_case(
    tmp_path: Path, name: str, files: list[str], expected: dict[str, tuple[str, ...]]
) -> None:
    touch(tmp_path, [file.upper() for file in files])
    pairs = load(name, tmp_path)
    assert {pair.a for pair in pairs} == {tmp_path / a.upper() for a, *_ in expected.values()}


@pytest.mark.parametrize(("name", "files", "expected"), LAYOUTS)
def test_a_dataset_is_not_taken_for_another(
    tmp_path: Path, name: str, files: list[str], expected: dict[str, tuple[str, ...]]
) -> None:
    """What lies in one layout is found under its own name, without being asked for, and under no other."""
    touch(tmp_path / "x", files)
    kin = {
        "harvard": {"harvard_ct_mri", "harvard_pet_mri"},
        "harvard_ct_mri": {"harvard"},
        "harvard_spect_mri": {"harvard"},
        "train_vif": {"llvip_train", "roadscene"},
        "mfif": set(),
        "mfifb": {"mffw"},
    }
    others = {dataset.name for dataset, _ in found_in(tmp_path)} - {name} - kin.get(name, set())
    mentioned = {dataset for dataset, *_ in LAYOUTS}
    own = {other for other in others if _also_there(other, files)}
    assert others - own == set()
    assert others <= mentioned


def _also_there(other: str, files: list[str]) -> bool:
    """Whether the tree was drawn with files of another dataset beside the one in question."""
    signs = {
        "llvip": ("visible/test", "190001_vi", "val_imgs/vis_imgs/19"),
        "llvip_train": ("visible/train", "010001_vi"),
        "tno": ("Source-Image/TNO",),
        "m3fd": ("M3FD_Fusion",),
        "m3fd_detection": ("M3FD_Detection",),
        "msrs": ("MSRS/test",),
        "msrs_train": ("MSRS/train",),
        "roadscene": ("Source-Image/RoadScene",),
        "lytro": ("Lytro/A",),
        "mfi_whu": ("MFI-WHU/source_1",),
    }
    return any(sign in file for sign in signs.get(other, ()) for file in files)


def test_roles_follow_the_task() -> None:
    for dataset in DATASETS.values():
        assert dataset.tasks == (dataset.task,)
    assert DATASETS["llvip"].task is Task.VIF
    assert DATASETS["mefb"].task is Task.MEF
    assert DATASETS["lytro"].task is Task.MFF


def test_the_darkest_and_the_brightest_of_a_sequence(tmp_path: Path) -> None:
    levels = {"1": (90, 10, 200, 40), "10": (5, 250), "2": (30, 20, 10)}
    for scene, sequence in levels.items():
        for number, level in enumerate(sequence, 1):
            put(tmp_path / f"Dataset_Part1/{scene}/{number}.JPG", const(level, 32, 32))
        put(tmp_path / f"Dataset_Part1/Label/{scene}.JPG", const(100, 32, 32))
    put(tmp_path / "Dataset_Part2/126/1.JPG", const(9, 32, 32))
    put(tmp_path / "Dataset_Part2/126/2.JPG", const(8, 32, 32))
    put(tmp_path / "Dataset_Part2/Label/126.PNG", const(8, 32, 32))
    put(tmp_path / "Dataset_Part2/127/1.JPG", const(9, 32, 32))
    pairs = load("sice", tmp_path)
    assert [(p.name, p.a.name, p.b.name, p.reference and p.reference.name) for p in pairs] == [
        ("part1_1", "2.JPG", "3.JPG", "1.JPG"),
        ("part1_2", "3.JPG", "1.JPG", "2.JPG"),
        ("part1_10", "1.JPG", "2.JPG", "10.JPG"),
        ("part2_126", "2.JPG", "1.JPG", "126.PNG"),
    ]
    assert [dict(p.attributes) for p in pairs] == [{"part": "1"}] * 3 + [{"part": "2"}]
    found = DATASETS["sice"].scan(tmp_path)
    assert [path.parent.name for path in found.unmatched_a] == ["127"]


def test_the_sets_of_the_training_pack(tmp_path: Path) -> None:
    for folder in (
        "HDRPS_downsampling_8/Devil's Golf Course",
        "Allimges_downsampling_8/Cafe",
        "DF_ICCV17_data/Seq_9",
    ):
        for number, level in enumerate((50, 200, 100)):
            put(tmp_path / folder / f"{number}.tif", level)
    pairs = load("train_mef", tmp_path)
    assert [pair.name for pair in pairs] == ["HDRPS_Devil's Golf Course", "Allimges_Cafe", "ICCV17_Seq_9"]
    assert {(pair.a.name, pair.b.name) for pair in pairs} == {("0.tif", "1.tif")}


def test_scenes_of_the_wrong_benchmark_are_left_out(tmp_path: Path) -> None:
    """MEFB, MFIF and MFIFB share a layout; `flower` is a scene of two of them."""
    for scene in ("aymaz_01", "flower", "lytro_01"):
        touch(tmp_path / "input", [f"{scene}/{scene}_A.png", f"{scene}/{scene}_B.png"])
    assert [pair.name for pair in load("mfifb", tmp_path)] == ["aymaz_01", "flower", "lytro_01"]
    for other in ("mefb", "mfif"):
        with pytest.raises(Unavailable):
            load(other, tmp_path)


def test_candidates_in_a_scene_are_not_guessed(tmp_path: Path) -> None:
    touch(tmp_path / "input/Sky", ["one_A.png", "two_A.png", "Sky_B.png"])
    touch(tmp_path / "input/Sea", ["Sea_A.png", "Sea_B.png"])
    found = DATASETS["mefb"].scan(tmp_path)
    assert [(match.name, bool(match.problem)) for match in found.matches] == [("Sea", False), ("Sky", True)]


def test_half_a_scene_is_unmatched(tmp_path: Path) -> None:
    touch(tmp_path / "input", ["Sky/Sky_A.png", "Sea/Sea_A.png", "Sea/Sea_B.png"])
    found = DATASETS["mefb"].scan(tmp_path)
    assert [path.name for path in found.unmatched_a] == ["Sky_A.png"]


def test_the_users_word_counts_where_folders_alone_do_not_tell(tmp_path: Path) -> None:
    touch(tmp_path / "anything", ["vi/1.png", "ir/1.png", "A/1.png", "B/1.png"])
    root = tmp_path / "anything"
    for name in ("tno", "m3fd", "roadscene", "lytro", "mffw"):
        assert DATASETS[name].find(root) is None
        assert DATASETS[name].find(tmp_path, by_name=True) is None
        assert DATASETS[name].find(root, by_name=True) == root
        assert [pair.a.parent.parent for pair in load(name, root)] == [root]
        by_path = open_dataset({"name": name, "path": "anything"}, None, tmp_path)
        assert [pair.a.parent.parent for pair in by_path] == [root]
        with pytest.raises(Unavailable):
            open_dataset({"name": name}, root, tmp_path)


def test_the_train_split_is_never_taken_for_the_test_split(tmp_path: Path) -> None:
    touch(tmp_path / "MSRS/train", ["vi/00556D.png", "ir/00556D.png"])
    assert DATASETS["msrs"].find(tmp_path) is None
    assert DATASETS["msrs"].find(tmp_path / "MSRS/train") is None
    assert DATASETS["msrs_train"].find(tmp_path) == tmp_path / "MSRS"
    assert DATASETS["msrs_train"].find(tmp_path / "MSRS/train") == tmp_path / "MSRS/train"


def test_attributes(tmp_path: Path) -> None:
    touch(tmp_path / "test", ["vi/00001D.png", "ir/00001D.png", "vi/00002N.png", "ir/00002N.png"])
    assert [dict(pair.attributes) for pair in load("msrs", tmp_path)] == [{"time": "day"}, {"time": "night"}]
    touch(tmp_path, ["visible/test/190001.jpg", "infrared/test/190001.jpg"])
    assert [dict(pair.attributes) for pair in load("llvip", tmp_path)] == [{"scene": "19"}]


def test_other_copies_are_known(tmp_path: Path) -> None:
    touch(
        tmp_path,
        [f"{root}/crop{kind}/1.jpg" for root in ("b", "a/deep") for kind in ("_LR_visible", "infrared")],
    )
    roadscene = DATASETS["roadscene"]
    assert roadscene.find(tmp_path) == tmp_path / "b"
    assert roadscene.other_roots(tmp_path, tmp_path / "b") == [tmp_path / "a/deep"]


def test_absence_says_what_was_looked_for_where_and_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(Unavailable) as error:
        load("llvip", tmp_path)
    text = str(error.value)
    for part in ("'llvip'", str(tmp_path), "LLVIP/{visible,infrared}/test", "How to get it"):
        assert part in text
    with pytest.raises(Unavailable, match="no --data folder was given"):
        load("llvip", None)
    with pytest.raises(BenchError, match=r"no folder .*nowhere"):
        load("llvip", tmp_path / "nowhere")


def test_no_common_stem_is_an_error(tmp_path: Path) -> None:
    touch(tmp_path, ["visible/test/1.jpg", "infrared/test/2.jpg"])
    with pytest.raises(BenchError, match=r"0 pairs in dataset 'llvip'.*infrared"):
        load("llvip", tmp_path)


def test_two_spellings_of_a_folder_are_a_question(tmp_path: Path) -> None:
    touch(tmp_path, ["VISIBLE/test/1.jpg", "Visible/test/1.jpg", "infrared/test/1.jpg"])
    with pytest.raises(BenchError, match=r"several folders could be meant: .*VISIBLE/test, .*Visible/test"):
        load("llvip", tmp_path)


def test_links_to_datasets_are_followed(tmp_path: Path) -> None:
    touch(tmp_path / "disk", ["visible/test/1.jpg", "infrared/test/1.jpg"])
    (tmp_path / "data").mkdir()
    (tmp_path / "data/LLVIP").symlink_to(tmp_path / "disk")
    (tmp_path / "data/loop").symlink_to(tmp_path / "data")
    assert [pair.name for pair in load("llvip", tmp_path / "data")] == ["1"]


def test_references_are_found_in_other_case_and_never_guessed(tmp_path: Path) -> None:
    truths = ("1_f.PNG", "2_F.png", "2_f.tif")
    touch(
        tmp_path,
        [f"image{role}/{n}_{role}.png" for role in "AB" for n in (1, 2, 3)] + [f"Fusion/{t}" for t in truths],
    )
    found = DATASETS["real_mff"].scan(tmp_path)
    assert [(m.name, m.reference and m.reference.name, bool(m.problem)) for m in found.matches] == [
        ("1", "1_f.PNG", False),
        ("2", "2_F.png", True),
        ("3", None, False),
    ]
    assert "Fusion/2_F.png, Fusion/2_f.tif" in found.matches[1].problem
    assert "2 of 3 pairs have a reference" in check("real_mff", tmp_path).notes
