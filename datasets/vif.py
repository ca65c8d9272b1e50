"""Visible-infrared datasets: A is visible, B is infrared."""

from __future__ import annotations

from collections.abc import Mapping

from tcmoa_bench.datasets.dataset import Dataset
from tcmoa_bench.datasets.layouts import Folders, LabelFolder, Suffixes, Union
from tcmoa_bench.types import Task


def msrs_time(name: str) -> Mapping[str, str]:
    """Day or night, from the last letter of an MSRS name such as `00537D`."""
    return {"time": "day" if name.upper().endswith("D") else "night"}


def llvip_scene(name: str) -> Mapping[str, str]:
    """The camera position, the first two digits of an LLVIP name such as `190001`."""
    return {"scene": name[:2]} if len(name) == 6 and name.isdecimal() else {}


_LLVIP_SOURCE = (
    "Jia et al., LLVIP: A Visible-infrared Paired Dataset for Low-light Vision, ICCVW 2021; "
    "https://bupt-ai-cz.github.io/LLVIP/"
)
_LLVIP_LICENCE = (
    "Free for non-commercial use; cite; no commercial use of derivatives, no identification of persons; "
    "redistribution is not granted."
)
_LLVIP_GET = (
    "Ask for the download link on the project page; unpack it so that LLVIP/visible/test is below --data."
)
_FLIR_LICENCE = "No text of its own; the images are under the Teledyne FLIR ADAS terms (research)."

#: The classes by number; VOC's files name them.
_LLVIP_LABELS = LabelFolder("Annotations", "voc", ("person",))
_M3FD_CLASSES = ("person", "car", "bus", "motorcycle", "lamp", "truck")
_MFNET_CLASSES = (
    "background", "car", "person", "bicycle", "curve", "car stop", "guardrail", "color cone", "bump",
)  # fmt: skip
_FMB_CLASSES = (
    *("background", "road", "sidewalk", "building", "traffic lamp", "traffic sign", "vegetation", "sky"),
    *("person", "car", "truck", "bus", "motorcycle", "bicycle", "pole"),
)

_LLVIP = Folders(
    folders=(
        ("visible/test", "infrared/test"),
        ("visible/val", "infrared/val"),
        ("Test_LLVIP_vi", "Test_LLVIP_ir"),
    ),
    attributes=llvip_scene,
    labels=_LLVIP_LABELS,
)
_LLVIP_TRAIN = Folders(
    folders=(("visible/train", "infrared/train"), ("Train_LLVIP_vi", "Train_LLVIP_ir")),
    attributes=llvip_scene,
    labels=_LLVIP_LABELS,
)
_ROADSCENE = Folders(folders=(("crop_LR_visible", "cropinfrared"),))

DATASETS = (
    Dataset(
        name="llvip",
        title="LLVIP (test)",
        task=Task.VIF,
        expected=3463,
        source=_LLVIP_SOURCE,
        layout="LLVIP/{visible,infrared}/test/<id>.jpg, partners by file name "
        "(also {visible,infrared}/val, Test_LLVIP_{vi,ir}, val_imgs/{vis,ir}_imgs, <id>_{vi,ir}.jpg); "
        "labels Annotations/<id>.xml (VOC).",
        licence=_LLVIP_LICENCE,
        how_to_get=_LLVIP_GET,
        aliases=("llvip_test",),
        layouts=(
            _LLVIP,
            Folders(
                folders=(("val_imgs/vis_imgs", "val_imgs/ir_imgs"),), stem=r"(\d{6})", attributes=llvip_scene
            ),
            Suffixes(folder=".", stem=r"((?:19|2[0-4]|26)\d{4})_vi", stem_b=r"((?:19|2[0-4]|26)\d{4})_ir"),
        ),
    ),
    Dataset(
        name="llvip_train",
        title="LLVIP (train)",
        task=Task.VIF,
        expected=12025,
        source=_LLVIP_SOURCE,
        layout="LLVIP/{visible,infrared}/train/<id>.jpg, partners by file name "
        "(also Train_LLVIP_{vi,ir}, train_imgs/{vis,ir}_imgs, <id>_{vi,ir}.jpg); "
        "labels Annotations/<id>.xml (VOC).",
        licence=_LLVIP_LICENCE,
        how_to_get=_LLVIP_GET,
        layouts=(
            _LLVIP_TRAIN,
            Folders(
                folders=(("train_imgs/vis_imgs", "train_imgs/ir_imgs"),),
                stem=r"(\d{6})",
                attributes=llvip_scene,
            ),
            Suffixes(
                folder=".", stem=r"((?:0[1-9]|1[0-8]|25)\d{4})_vi", stem_b=r"((?:0[1-9]|1[0-8]|25)\d{4})_ir"
            ),
        ),
    ),
    Dataset(
        name="vifb",
        title="VIFB",
        task=Task.VIF,
        expected=21,
        source="Zhang et al., VIFB: A Visible and Infrared Image Fusion Benchmark, CVPRW 2020; "
        "https://github.com/xingchenzhang/VIFB",
        layout="input/{VI,IR}/<name>.jpg, partners by file name.",
        licence="None stated; for research, cite VIFB and the sources of its images.",
        how_to_get="Clone https://github.com/xingchenzhang/VIFB below --data.",
        layouts=(
            Folders(folders=(("input/VI", "input/IR"),)),
            Folders(folders=(("VI", "IR"),), hint=r"\bvifb\b"),
        ),
    ),
    Dataset(
        name="tno",
        title="TNO (Tang, 42 pairs)",
        task=Task.VIF,
        expected=42,
        source="Toet, TNO Image Fusion Dataset, figshare 2014; as packed by Tang et al., "
        "https://github.com/Linfeng-Tang/Evaluation-for-Image-Fusion",
        layout="Image/Source-Image/TNO/{vi,ir}/<NN>.png "
        "(also TNO/{vi,ir}, Test_{vi,ir}, <Name>_{Vis,IR}.png below a folder named TNO).",
        licence="figshare lists CC BY 4.0 for the original; the repack states none.",
        how_to_get="Clone https://github.com/Linfeng-Tang/Evaluation-for-Image-Fusion below --data.",
        aliases=("tno_tang",),
        layouts=(
            Folders(folders=(("Source-Image/TNO/vi", "Source-Image/TNO/ir"),)),
            Folders(
                folders=(("vi", "ir"), ("Test_vi", "Test_ir")), hint=r"\btno\b", never=r"cddfuse|test img"
            ),
            Suffixes(folder=".", stem=r"(.+)_vis?", stem_b=r"(.+)_ir", hint=r"\btno\b", never=r"algorithm"),
        ),
    ),
    Dataset(
        name="tno_cddfuse",
        title="TNO (CDDFuse, 25 pairs)",
        task=Task.VIF,
        expected=25,
        source="Toet, TNO Image Fusion Dataset, figshare 2014; as packed by Zhao et al., "
        "https://github.com/Zhaozixiang1228/MMIF-CDDFuse",
        layout="test_img/TNO/{vi,ir}/<NN>.png, below a folder named test_img or CDDFuse.",
        licence="figshare lists CC BY 4.0 for the original; the repack states none.",
        how_to_get="Clone https://github.com/Zhaozixiang1228/MMIF-CDDFuse below --data.",
        layouts=(
            Folders(folders=(("test_img/TNO/vi", "test_img/TNO/ir"),)),
            Folders(
                folders=(("TNO/vi", "TNO/ir"), ("vi", "ir")),
                hint=r"(cddfuse|test img).*\btno\b|\btno\b.*cddfuse",
            ),
        ),
    ),
    Dataset(
        name="roadscene",
        title="RoadScene",
        task=Task.VIF,
        expected=221,
        source="Xu et al., U2Fusion, TPAMI 2022; https://github.com/hanna-xu/RoadScene",
        layout="crop_LR_visible/<name>.jpg and cropinfrared/<name>.jpg (the folders crop_HR_visible and "
        "infrared are of other sizes and are left out); also RoadScene/{vi,ir}.",
        licence=_FLIR_LICENCE,
        how_to_get="Clone https://github.com/hanna-xu/RoadScene below --data.",
        layouts=(
            _ROADSCENE,
            Folders(folders=(("vi", "ir"), ("vis", "ir"), ("visible", "infrared")), hint=r"roadscene"),
        ),
    ),
    Dataset(
        name="m3fd",
        title="M3FD (fusion)",
        task=Task.VIF,
        expected=300,
        source="Liu et al., Target-aware Dual Adversarial Learning (TarDAL), CVPR 2022; "
        "https://github.com/JinyuanLiu-CV/TarDAL",
        layout="M3FD_Fusion/{Vis,Ir}/<NNNNN>.png (also {vi,ir} or {vis,ir} below a folder named m3fd).",
        licence="None found for the data; published for research.",
        how_to_get="Follow the links of https://github.com/JinyuanLiu-CV/TarDAL; unpack below --data.",
        layouts=(
            Folders(folders=(("M3FD_Fusion/Vis", "M3FD_Fusion/Ir"),)),
            Folders(folders=(("Vis", "Ir"), ("vi", "ir")), hint=r"m3fd", never=r"detection"),
        ),
    ),
    Dataset(
        name="m3fd_detection",
        title="M3FD (detection)",
        task=Task.VIF,
        expected=4200,
        source="Liu et al., TarDAL, CVPR 2022; https://github.com/JinyuanLiu-CV/TarDAL",
        layout="M3FD_Detection/{Vis,Ir}/<NNNNN>.png; labels Annotation/<NNNNN>.xml (VOC).",
        licence="None found for the data; published for research.",
        how_to_get="Follow the links of https://github.com/JinyuanLiu-CV/TarDAL; unpack below --data.",
        layouts=(
            Folders(
                folders=(("M3FD_Detection/Vis", "M3FD_Detection/Ir"),),
                labels=LabelFolder("M3FD_Detection/Annotation", "voc", _M3FD_CLASSES),
            ),
            Folders(
                folders=(("Vis", "Ir"), ("vi", "ir")),
                hint=r"m3fd.*detection",
                labels=LabelFolder("Annotation", "voc", _M3FD_CLASSES),
            ),
        ),
    ),
    Dataset(
        name="msrs",
        title="MSRS (test)",
        task=Task.VIF,
        expected=361,
        source="Tang et al., PIAFusion, Information Fusion 2022; https://github.com/Linfeng-Tang/MSRS",
        layout="MSRS/test/{vi,ir}/<NNNNN>{D|N}.png; D is day, N is night; labels Segmentation_labels/.",
        licence="None stated; cite.",
        how_to_get="Clone https://github.com/Linfeng-Tang/MSRS below --data (672 MB).",
        aliases=("msrs_test",),
        layouts=(
            Folders(
                folders=(("test/vi", "test/ir"),),
                stem=r"(\d{5}[DN])",
                attributes=msrs_time,
                labels=LabelFolder("test/Segmentation_labels", "map", _MFNET_CLASSES),
            ),
            Folders(
                folders=(("vi", "ir"),),
                stem=r"(\d{5}[DN])",
                never=r"\b(train|detection)\b",
                attributes=msrs_time,
                labels=LabelFolder("Segmentation_labels", "map", _MFNET_CLASSES),
            ),
        ),
    ),
    Dataset(
        name="msrs_train",
        title="MSRS (train)",
        task=Task.VIF,
        expected=1083,
        source="Tang et al., PIAFusion, Information Fusion 2022; https://github.com/Linfeng-Tang/MSRS",
        layout="MSRS/train/{vi,ir}/<NNNNN>{D|N}.png; D is day, N is night; labels Segmentation_labels/.",
        licence="None stated; cite.",
        how_to_get="Clone https://github.com/Linfeng-Tang/MSRS below --data (672 MB).",
        layouts=(
            Folders(
                folders=(("train/vi", "train/ir"),),
                stem=r"(\d{5}[DN])",
                attributes=msrs_time,
                labels=LabelFolder("train/Segmentation_labels", "map", _MFNET_CLASSES),
            ),
            Folders(
                folders=(("vi", "ir"),),
                stem=r"(\d{5}[DN])",
                hint=r"\btrain\b",
                attributes=msrs_time,
                labels=LabelFolder("Segmentation_labels", "map", _MFNET_CLASSES),
            ),
        ),
    ),
    Dataset(
        name="msrs_detection",
        title="MSRS (detection)",
        task=Task.VIF,
        expected=80,
        source="Tang et al., PIAFusion, Information Fusion 2022; https://github.com/Linfeng-Tang/MSRS",
        layout="MSRS/detection/{vi,ir}/<NNNNN>{D|N}.png; labels labels/<NNNNN>{D|N}.txt (YOLO), with a "
        "classes.txt of yours beside them that names their classes.",
        licence="None stated; cite.",
        how_to_get="Clone https://github.com/Linfeng-Tang/MSRS below --data (672 MB).",
        layouts=(
            Folders(
                folders=(("detection/vi", "detection/ir"),),
                stem=r"(\d{5}[DN])",
                attributes=msrs_time,
                labels=LabelFolder("detection/labels", "yolo"),
            ),
        ),
    ),
    *(
        Dataset(
            name=name,
            title=f"FMB ({split})",
            task=Task.VIF,
            expected=expected,
            source="Liu et al., Multi-interactive Feature Learning and a Full-time Multi-modality Benchmark for "
            "Image Fusion and Segmentation (SegMiF), ICCV 2023; https://github.com/JinyuanLiu-CV/SegMiF",
            layout=f"FMB/{split}/{{Visible,Infrared}}/<NNNNN>.png; labels Label/<NNNNN>.png (class numbers).",
            licence="None found for the data; published for research.",
            how_to_get="Follow the links of https://github.com/JinyuanLiu-CV/SegMiF; unpack below --data.",
            aliases=aliases,
            layouts=(
                Folders(
                    folders=((f"{split}/Visible", f"{split}/Infrared"),),
                    hint=r"\bfmb\b",
                    labels=LabelFolder(f"{split}/Label", "map", _FMB_CLASSES),
                ),
            ),
        )
        for name, split, expected, aliases in (
            ("fmb", "test", 280, ("fmb_test",)),
            ("fmb_train", "train", 1220, ()),
        )
    ),
    Dataset(
        name="mfnet",
        title="MFNet",
        task=Task.VIF,
        expected=1569,
        source="Ha et al., MFNet: Towards Real-Time Semantic Segmentation for Autonomous Vehicles with "
        "Multi-Spectral Scenes, IROS 2017; https://www.mi.t.u-tokyo.ac.jp/static/projects/mil_multispectral/",
        layout="MFNet/{rgb,ther,labels}/<NNNNN>{D|N}.png, or {RGB,Thermal,Label}/ (the four-channel files of "
        "the original archive have to be split first); labels are class numbers.",
        licence="None stated; for research, cite.",
        how_to_get="Follow the link of the project page, split the four channels; put them below --data.",
        layouts=tuple(
            Folders(
                folders=((visible, infrared),),
                stem=r"(\d{5}[DN])",
                attributes=msrs_time,
                hint=r"\bmfnet\b",
                labels=LabelFolder(labels, "map", _MFNET_CLASSES),
            )
            for visible, infrared, labels in (("rgb", "ther", "labels"), ("RGB", "Thermal", "Label"))
        ),
    ),
    Dataset(
        name="flir_aligned",
        title="FLIR (aligned)",
        task=Task.VIF,
        expected=5142,
        source="Zhang et al., Multispectral Fusion for Object Detection with Cyclic Fuse-and-Refine Blocks, "
        "ICIP 2020; the copy of https://github.com/gjj45/DAMSDet",
        layout="{val,train}_imgs/{vis,ir}_imgs/FLIR_<NNNNN>.jpg; "
        "or JPEGImages/FLIR_<NNNNN>_{RGB.jpg,PreviewData.jpeg}.",
        licence=_FLIR_LICENCE,
        how_to_get="See https://github.com/gjj45/DAMSDet for a copy of the aligned set; unpack below --data.",
        aliases=("flir",),
        layouts=(
            Union(
                parts=(
                    (
                        "",
                        {"split": "val"},
                        (Folders(folders=(("val_imgs/vis_imgs", "val_imgs/ir_imgs"),), stem=r"(FLIR_\w+)"),),
                    ),
                    (
                        "",
                        {"split": "train"},
                        (
                            Folders(
                                folders=(("train_imgs/vis_imgs", "train_imgs/ir_imgs"),), stem=r"(FLIR_\w+)"
                            ),
                        ),
                    ),
                )
            ),
            Suffixes(folder="JPEGImages", stem=r"(FLIR_\d+)_RGB", stem_b=r"(FLIR_\d+)_PreviewData"),
        ),
    ),
    Dataset(
        name="train_vif",
        title="Training pack, visible-infrared",
        task=Task.VIF,
        expected=248,
        source=f"LLVIP train split and RoadScene. {_LLVIP_SOURCE}; https://github.com/hanna-xu/RoadScene",
        layout="one folder with both LLVIP/{visible,infrared}/train and "
        "RoadScene/{crop_LR_visible,cropinfrared}.",
        licence=f"LLVIP: {_LLVIP_LICENCE} RoadScene: {_FLIR_LICENCE}",
        how_to_get="Put the train split of LLVIP and a clone of RoadScene into one folder below --data.",
        layouts=(
            Union(
                parts=(
                    (
                        "LLVIP_",
                        {"set": "llvip"},
                        (
                            Folders(
                                folders=(("LLVIP/visible/train", "LLVIP/infrared/train"),),
                                attributes=llvip_scene,
                            ),
                        ),
                    ),
                    (
                        "RoadScene_",
                        {"set": "roadscene"},
                        (Folders(folders=(("RoadScene/crop_LR_visible", "RoadScene/cropinfrared"),)),),
                    ),
                ),
                every=True,
            ),
        ),
    ),
)
