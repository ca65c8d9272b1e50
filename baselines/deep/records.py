"""Facts about the network fusers; torch is imported only when one is made.

An entry is a network (`Network`), a training of it (`WEIGHTS`) and the published steps around it (`Steps`). Names
only name: nothing is read off them. To add a network: its files to `weights.py`, its module with a `NetworkFuser`,
and here a `Network` with its entries.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from tcmoa_bench.baselines.deep.steps import ALWAYS, Steps, clip_name
from tcmoa_bench.baselines.deep.weights import WEIGHTS
from tcmoa_bench.baselines.registry import register
from tcmoa_bench.types import FuserEntry, FuserRecord, Task

_VIF, _MEF, _MFF, _MED = (Task.VIF,), (Task.MEF,), (Task.MFF,), (Task.MED,)
_THREE = _VIF + _MEF + _MFF

_GRAY = "gray result"
_STRETCH = "the result's contrast is stretched to its own minimum and maximum, as the authors' script does"
_NO_STRETCH = "the same without the stretch"
_RGB = "a gray pair stored as R = G = B"
_PILLOW = f"{_RGB} differs: Pillow's YCbCr, the authors' way to luma, is a level lower there in places"
#: Of networks whose file nobody here has read: architecture, names and steps are proven, the file's numbers are not.
_UNREAD = "proven with drawn weights: the authors' file was not at hand"
_STUDIO = "chroma of 8 bits put back with studio-range formulas; gray pairs go through them too"
_U2FUSION_SCRIPT = "authors' script: scaled so that the maximum becomes 255"


@dataclass(frozen=True)
class Network:
    """A network's code and paper, common to all its entries.

    Attributes:
        module: Its module in this package; `build` there makes the fuser.
        paper: Short citation.
        min_size: Least height and width in pixels: one for every layer that reflects, halves or cuts patches.
    """

    module: str
    paper: str
    min_size: int = 2

    def entry(
        self,
        name: str,
        weights: str,
        tasks: tuple[Task, ...],
        colour: str,
        notes: str,
        *,
        steps: Steps = Steps(),  # noqa: B008  (frozen)
        aliases: tuple[str, ...] = (),
    ) -> FuserEntry:
        """The network with one training (a key of `WEIGHTS`) and one set of steps."""
        files = WEIGHTS[weights]
        record = FuserRecord(
            name,
            tasks,
            colour,
            paper=self.paper,
            licence=files[0].licence,
            min_size=self.min_size,
            weights=files,
            aliases=aliases,
            notes=notes,
        )
        return FuserEntry(record, f"{__package__}.{self.module}:build", {"steps": steps})

    def stretched(
        self,
        name: str,
        weights: str,
        tasks: tuple[Task, ...],
        colour: str,
        notes: str,
        *,
        clip: str = _NO_STRETCH,
        steps: Steps = Steps(),  # noqa: B008  (frozen)
        aliases: tuple[str, ...] = (),
    ) -> list[FuserEntry]:
        """Two entries where the authors stretch the contrast: as they do, and without it (its notes are `clip`)."""
        steps = replace(steps, stretch=True)
        twins = tuple(clip_name(alias) for alias in aliases)
        return [
            self.entry(name, weights, tasks, colour, notes, steps=steps, aliases=aliases),
            self.entry(
                clip_name(name), weights, tasks, colour, clip, steps=replace(steps, clip=True), aliases=twins
            ),
        ]


_IFCNN = Network("ifcnn", "Zhang et al., IFCNN, Information Fusion 54, 2020")
_SEAFUSION = Network("seafusion", "Tang, Yuan, Ma, SeAFusion, Information Fusion 82, 2022")
_DENSEFUSE = Network("densefuse", "Li, Wu, DenseFuse, IEEE TIP 28(5), 2019")
_U2FUSION = Network("u2fusion", "Xu et al., U2Fusion, IEEE TPAMI 44(1), 2022")
_SDNET = Network("sdnet", "Zhang, Ma, SDNet, IJCV 129, 2021")
_PMGI = Network("pmgi", "Zhang et al., PMGI, AAAI 2020")
_REFUSION = Network("refusion", "Bai et al., ReFusion, IJCV 2024")
_DIDFUSE = Network("didfuse", "Zhao et al., DIDFuse, IJCAI 2020")
_DATFUSE = Network("datfuse", "Tang et al., DATFuse, IEEE TCSVT 33(7), 2023")
_TARDAL = Network("tardal", "Liu et al., TarDAL, CVPR 2022")
_MUFUSION = Network("mufusion", "Cheng, Xu, Wu, MUFusion, Information Fusion 92, 2023", min_size=128)
_SESF = Network("sesf", "Ma et al., SESF-Fuse, Neural Computing and Applications 2020")
_GIFNET = Network("gifnet", "Cheng et al., GIFNet, CVPR 2025", min_size=5)
_SHIP = Network("ship", "Zheng et al., SHIP, CVPR 2024")
_SAGE = Network("sage", "Wu et al., SAGE, CVPR 2025", min_size=4)
_RECONET = Network("reconet", "Huang et al., ReCoNet, ECCV 2022")
_AUIF = Network("auif", "Zhao et al., AUIF, IEEE TCSVT 32, 2022", min_size=10)
_MEFNET = Network("mefnet", "Ma et al., MEF-Net, IEEE TIP 29, 2020")
_YDTR = Network("ydtr", "Tang, He, Liu, YDTR, IEEE TMM 25, 2023")
_LRRNET = Network("lrrnet", "Li et al., LRRNet, IEEE TPAMI 45, 2023")
_MFFGAN = Network("mffgan", "Zhang et al., MFF-GAN, Information Fusion 66, 2021")
_DEEPFUSE = Network("deepfuse", "Ram Prabhakar, Sai Srikar, Venkatesh Babu, DeepFuse, ICCV 2017")
_CDDFUSE = Network("cddfuse", "Zhao et al., CDDFuse, CVPR 2023")
_EMMA = Network("emma", "Zhao et al., EMMA, CVPR 2024", min_size=32)
_RFN_NEST = Network("rfn_nest", "Li, Wu, Kittler, RFN-Nest, Information Fusion 73, 2021", min_size=16)
_UMF_CMGR = Network("umf_cmgr", "Wang et al., UMF-CMGR, IJCAI 2022")
_SWINFUSE = Network("swinfuse", "Wang et al., SwinFuse, IEEE TIM 71, 2022")
_SWINFUSION = Network("swinfusion", "Ma et al., SwinFusion, IEEE/CAA JAS 9, 2022", min_size=4)
_DEFUSION = Network("defusion", "Liang et al., DeFusion, ECCV 2022", min_size=17)
_FUSIONDN = Network("fusiondn", "Xu et al., FusionDN, AAAI 2020")
_MEFGAN = Network("mefgan", "Xu, Ma, Zhang, MEF-GAN, IEEE TIP 29, 2020")
_LIS_DEEPFUSE = Network("deepfuse", "Li, Image Fusion based on DeepFuse (code), 2018")

_INFRARED_FIRST = Steps(b_first=ALWAYS)
#: Infrared and functional images go first, over-exposed and far ones second.
_BY_TASK = (Task.VIF, Task.MED)

_ENTRIES = [
    _IFCNN.entry(
        "ifcnn_max_rgb",
        "ifcnn_max",
        _THREE + _MED,
        "rgb",
        "authors' colour script (ImageNet mean and deviation); also the survey images of VIFB and MFIF",
        steps=Steps(rule="max", script="rgb"),
        aliases=("ifcnn", "ifcnn_max"),
    ),
    _IFCNN.entry(
        "ifcnn_sum_rgb",
        "ifcnn_sum",
        _THREE + _MED,
        "rgb",
        "authors' colour script",
        steps=Steps(rule="sum", script="rgb"),
        aliases=("ifcnn_sum",),
    ),
    _IFCNN.entry(
        "ifcnn_max_gray",
        "ifcnn_max",
        _VIF + _MED,
        "gray",
        f"authors' released infrared-visible script: inputs not normalised; {_GRAY}",
        steps=Steps(rule="max", script="gray"),
    ),
    _IFCNN.entry(
        "ifcnn_max_tang",
        "ifcnn_max",
        _VIF,
        "gray",
        f"as Tang's published images: gray inputs, ImageNet mean and deviation; {_GRAY}",
        steps=Steps(rule="max", script="tang"),
    ),
    _IFCNN.entry(
        "ifcnn_max_tang_bgr",
        "ifcnn_max",
        _VIF,
        "gray",
        f"as Tang's released wrapper, which exchanges red's and blue's weights on the way to gray; {_GRAY}",
        steps=Steps(rule="max", script="tang_bgr"),
    ),
    _IFCNN.entry(
        "ifcnn_mean_me",
        "ifcnn_mean",
        _MEF,
        "luma",
        f"authors' multi-exposure script: luma squeezed to 16..235 and locally equalised (CLAHE); {_PILLOW}",
        steps=Steps(rule="mean", script="exposure"),
        aliases=("ifcnn_mean",),
    ),
    *_SEAFUSION.stretched("seafusion", "seafusion", _VIF, "luma", _STRETCH, aliases=("seaf",)),
    *_DENSEFUSE.stretched(
        "densefuse_tf_add",
        "densefuse_tf_1e2",
        _VIF + _MFF,
        "gray",
        f"TensorFlow original, addition; {_STRETCH}",
        clip="TensorFlow original, features averaged, not stretched",
        steps=Steps(script="tensorflow"),
        aliases=("densefuse",),
    ),
    _DENSEFUSE.entry(
        "densefuse_pt_gray",
        "densefuse_pt_gray",
        _VIF,
        "gray",
        "authors' PyTorch version, clipped",
        steps=Steps(script="pytorch"),
    ),
    _DENSEFUSE.entry(
        "densefuse_pt_rgb",
        "densefuse_pt_rgb",
        _VIF + _MFF,
        "rgb",
        "authors' PyTorch version, clipped",
        steps=Steps(script="pytorch"),
    ),
    *_U2FUSION.stretched(
        "u2fusion_author",
        "u2fusion",
        _VIF + _MED,
        "luma",
        _U2FUSION_SCRIPT,
        steps=Steps(script="author", b_first=tuple(task for task in Task if task is not Task.VIF)),
        aliases=("u2fusion",),
    ),
    *_U2FUSION.stretched(
        "u2fusion_tang",
        "u2fusion",
        _VIF,
        "gray",
        f"as Tang's VIF-Benchmark: infrared first; {_STRETCH}",
        steps=Steps(script="tang", b_first=ALWAYS),
    ),
    *(
        entry
        for name, task in (("u2fusion_mef", _MEF), ("u2fusion_mff", _MFF))
        for entry in _U2FUSION.stretched(
            name, "u2fusion", task, "gray", _U2FUSION_SCRIPT, steps=Steps(script="author", b_first=ALWAYS)
        )
    ),
    *(
        _U2FUSION.entry(
            name,
            "u2fusion",
            task,
            "luma",
            f"as the survey images of {survey}: luma stretched, studio-range formulas add 1.164 times "
            f"the contrast; {_RGB} goes through them too, a gray one does not",
            steps=Steps(script="survey"),
        )
        for name, task, survey in (("u2fusion_vifb", _VIF, "VIFB"), ("u2fusion_mfif", _MFF, "MFIF"))
    ),
    _U2FUSION.entry(
        "u2fusion_mefb",
        "u2fusion",
        _MEF,
        "luma",
        f"as the images that MEFB scored: under-exposed first, luma stretched, {_STUDIO}",
        steps=Steps(script="mefb"),
    ),
    *(
        entry
        for network, name, tasks, aliases in (
            (_SDNET, "sdnet_vif", _VIF, ("sdnet",)),
            (_SDNET, "sdnet_mef", _MEF, ()),
            (_SDNET, "sdnet_mff", _MFF, ()),
            (_SDNET, "sdnet_mif", _MED, ("sdnet_med",)),
            (_PMGI, "pmgi_vif", _VIF, ("pmgi",)),
            (_PMGI, "pmgi_mef", _MEF, ()),
            (_PMGI, "pmgi_mff", _MFF, ()),
            (_PMGI, "pmgi_mif", _MED, ("pmgi_med",)),
        )
        for entry in network.stretched(
            name,
            name,
            tasks,
            "gray",
            f"{_STRETCH}; {_PILLOW}",
            clip=f"{_NO_STRETCH}; {_PILLOW}",
            steps=Steps(b_first=_BY_TASK),
            aliases=aliases,
        )
    ),
    _PMGI.entry(
        "pmgi_mfif",
        "pmgi_mff",
        _MFF,
        "luma",
        f"as the survey images of MFIF: not stretched, colour put back with studio-range formulas; {_PILLOW}",
        steps=Steps(script="survey", b_first=_BY_TASK),
    ),
    _PMGI.entry(
        "pmgi_mefb",
        "pmgi_mef",
        _MEF,
        "luma",
        f"as the images that MEFB scored: luma of MATLAB's rgb2ycbcr, stretched, {_STUDIO}",
        steps=Steps(script="mefb"),
    ),
    *(
        entry
        for name, tasks, aliases in (
            ("refusion_ivif", _VIF, ("refusion", "refusion_vif")),
            ("refusion_meif", _MEF, ("refusion_mef",)),
            ("refusion_mfif", _MFF, ("refusion_mff",)),
            ("refusion_mif", _MED, ("refusion_med",)),
        )
        for entry in _REFUSION.stretched(
            name,
            name,
            tasks,
            "luma",
            "luma stretched to its own minimum and maximum, colour images a second time after that",
            steps=Steps(b_first=_BY_TASK),
            aliases=aliases,
        )
    ),
    _DIDFUSE.entry(
        "didfuse_sum",
        "didfuse",
        _VIF,
        "gray",
        "features added (authors' default)",
        steps=Steps(rule="sum"),
        aliases=("didfuse",),
    ),
    _DIDFUSE.entry("didfuse_avg", "didfuse", _VIF, "gray", "features averaged", steps=Steps(rule="avg")),
    _DIDFUSE.entry(
        "didfuse_l1",
        "didfuse",
        _VIF,
        "gray",
        "features weighted by activity, as in Tang's wrapper",
        steps=Steps(rule="l1"),
    ),
    _DATFUSE.entry("datfuse", "datfuse", _VIF, "gray", _GRAY, steps=_INFRARED_FIRST),
    *(
        _TARDAL.entry(
            name,
            name,
            _VIF,
            "luma",
            f"training {training!r}, in float32 (Tang's wrapper uses float16); "
            f"{_RGB} may be a level darker: with colour the authors truncate, without they round",
            steps=_INFRARED_FIRST,
            aliases=aliases,
        )
        for name, training, aliases in (
            ("tardal", "TarDAL", ("tardal_dt",)),
            ("tardal_p", "TarDAL+", ("tardal+",)),
            ("tardal_pp", "TarDAL++", ("tardal++",)),
        )
    ),
    *(
        _MUFUSION.entry(
            name,
            training,
            tasks,
            "luma",
            "computed in float64; not stretched",
            steps=_INFRARED_FIRST,
            aliases=aliases,
        )
        for name, training, tasks, aliases in (
            ("mufusion_tno_rgb", "mufusion_tno", _VIF, ("mufusion", "mufusion_tno")),
            ("mufusion_roadscene_rgb", "mufusion_roadscene", _VIF, ("mufusion_roadscene",)),
            ("mufusion_mef_rgb", "mufusion_mef", _MEF, ("mufusion_mef",)),
            ("mufusion_mff_rgb", "mufusion_mff", _MFF, ("mufusion_mff",)),
        )
    ),
    *(
        entry
        for name, training, tasks, aliases in (
            ("mufusion_tno_gray", "mufusion_tno", _VIF, ()),
            ("mufusion_harvard_gray", "mufusion_harvard", _MED, ("mufusion_harvard", "mufusion_med")),
        )
        for entry in _MUFUSION.stretched(
            name,
            training,
            tasks,
            "gray",
            f"computed in float64; {_STRETCH}",
            steps=_INFRARED_FIRST,
            aliases=aliases,
        )
    ),
    _SAGE.entry("sage", "sage", _VIF, "luma", "the 8-bit chroma's neutral value gives a slight tint"),
    _SESF.entry(
        "sesf",
        "sesf",
        _MFF,
        "rgb",
        "the sources' own pixels by a decision map; weights leave 0..1, as in the authors' code; "
        f"{_RGB} differs: its guided filter has a regression for each channel",
        aliases=("sesf-fuse", "sesf_fuse"),
    ),
    _SHIP.entry("ship", "ship", _VIF, "luma", "the Fourier transform makes every pixel depend on all others"),
    _GIFNET.entry(
        "gifnet",
        "gifnet",
        _THREE + _MED,
        "luma",
        "not stretched; with two coloured sources chroma is mixed by the authors' rule; "
        f"{_RGB} may be a level brighter: with colour the authors round, without they truncate",
        steps=Steps(b_first=tuple(task for task in Task if task is not Task.MFF)),
    ),
    _RECONET.entry(
        "reconet_v0",
        "reconet_v0",
        _VIF,
        "gray",
        f"without registration; {_GRAY}",
        steps=_INFRARED_FIRST,
        aliases=("reconet",),
    ),
    _AUIF.entry(
        "auif_sum",
        "auif",
        _VIF,
        "gray",
        "parts added (authors' default)",
        steps=Steps(rule="sum"),
        aliases=("auif",),
    ),
    _AUIF.entry("auif_avg", "auif", _VIF, "gray", "parts averaged", steps=Steps(rule="avg")),
    _MEFNET.entry(
        "mefnet",
        "mefnet",
        _MEF,
        "luma",
        "computed in float64 with exact window means: the authors' float32 cumulative sums carry noise of up to "
        "0.4 % of the range",
        aliases=("mefnet_f64",),
    ),
    _YDTR.entry(
        "ydtr",
        "ydtr",
        _VIF,
        "gray",
        f"{_GRAY}; memory is read across rows, so the result depends on the image's width",
        steps=_INFRARED_FIRST,
    ),
    _LRRNET.entry(
        "lrrnet", "lrrnet", _VIF, "gray", f"{_STRETCH}; both sources are stretched too", steps=_INFRARED_FIRST
    ),
    *(
        entry
        for name, aliases in (("mffgan_lytro", ()), ("mffgan_whu", ("mffgan", "mff-gan")))
        for entry in _MFFGAN.stretched(
            name,
            name,
            _MFF,
            "gray",
            f"{_STRETCH}; {_PILLOW}",
            clip=f"{_NO_STRETCH}; {_PILLOW}",
            aliases=aliases,
        )
    ),
    _MFFGAN.entry(
        "mffgan_mfif",
        "mffgan_whu",
        _MFF,
        "luma",
        "as the survey images of MFIF: studio-range luma through JPEG of quality 75 before and after the network, "
        "stretched, colour put back with studio-range formulas",
        steps=Steps(script="survey"),
    ),
    _DEEPFUSE.entry(
        "deepfuse",
        "deepfuse",
        _MEF,
        "gray",
        f"the ICCV authors' network; {_STRETCH}; fused luma without their colour step, which nothing proves",
        steps=Steps(script="authors"),
    ),
    _DEEPFUSE.entry(
        "deepfuse_mefb",
        "deepfuse",
        _MEF,
        "luma",
        f"as the images that MEFB scored, up to 512 pixels a side (it made larger ones smaller first): stretched, {_STUDIO}",
        steps=Steps(script="mefb"),
    ),
    _LIS_DEEPFUSE.entry(
        "deepfuse_hli",
        "deepfuse_hli",
        _MEF + _VIF,
        "gray",
        f"Li's re-make, another network that many surveys use; features added, not averaged; {_STRETCH}",
        steps=Steps(script="li"),
    ),
    *_CDDFUSE.stretched(
        "cddfuse",
        "cddfuse",
        _VIF,
        "gray",
        f"{_STRETCH}; the visible image is added before the last step; {_UNREAD}",
        steps=Steps(script="vif"),
    ),
    *_CDDFUSE.stretched(
        "cddfuse_mif",
        "cddfuse_mif",
        _MED,
        "gray",
        f"medical script: nothing is added before the last step; {_STRETCH}; {_UNREAD}",
        steps=Steps(script="med"),
        aliases=("cddfuse_med",),
    ),
    *_EMMA.stretched(
        "emma",
        "emma",
        _VIF,
        "gray",
        f"{_STRETCH}; blocks of multiples of 32 pixels; {_UNREAD}",
        steps=_INFRARED_FIRST,
    ),
    *_RFN_NEST.stretched(
        "rfn_nest",
        "rfn_nest",
        _VIF,
        "gray",
        f"{_STRETCH}; above 512 pixels in four tiles; {_UNREAD}",
        steps=_INFRARED_FIRST,
        aliases=("rfn-nest",),
    ),
    _UMF_CMGR.entry(
        "umf_cmgr",
        "umf_cmgr",
        _VIF,
        "gray",
        f"without registration; {_GRAY}; {_UNREAD}",
        steps=replace(_INFRARED_FIRST, script="gray"),
        aliases=("umf-cmgr",),
    ),
    _UMF_CMGR.entry(
        "umf_cmgr_rgb",
        "umf_cmgr",
        _VIF,
        "luma",
        f"without registration; the authors' colour script; {_UNREAD}",
        steps=replace(_INFRARED_FIRST, script="ycrcb"),
    ),
    *_SWINFUSE.stretched(
        "swinfuse",
        "swinfuse",
        _VIF,
        "gray",
        f"{_STRETCH}; tiles of 224 pixels without overlap, for any size (the authors' script knows some); {_UNREAD}",
        steps=_INFRARED_FIRST,
    ),
    _SWINFUSION.entry("swinfusion", "swinfusion", _VIF, "gray", f"{_GRAY}; {_UNREAD}", steps=_INFRARED_FIRST),
    _DEFUSION.entry(
        "defusion",
        "defusion",
        _THREE,
        "rgb",
        f"fuses the channels; infrared pairs are turned to gray first; {_UNREAD}",
        steps=Steps(b_first=tuple(task for task in Task if task is not Task.MFF)),
    ),
    *_FUSIONDN.stretched(
        "fusiondn",
        "fusiondn",
        _THREE,
        "gray",
        f"{_STRETCH}; batch norm on the image's own statistics; {_UNREAD}",
        steps=Steps(b_first=_MEF + _MFF),
    ),
    *_MEFGAN.stretched(
        "mefgan",
        "mefgan",
        _MEF,
        "rgb",
        f"{_STRETCH}; sides are filled up to multiples of 8 (the authors cut them); attention takes memory with "
        f"the square of the pixels; {_UNREAD}",
        steps=_INFRARED_FIRST,
        aliases=("mef-gan",),
    ),
]

register(_ENTRIES)
