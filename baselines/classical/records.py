"""Facts about the classical fusers; their code is imported when one is made."""

from __future__ import annotations

from tcmoa_bench.baselines.registry import register
from tcmoa_bench.types import FuserEntry, FuserRecord, Task, Weights

_HERE = "tcmoa_bench.baselines.classical"
_OWN = "this project's code, Apache-2.0"
_ALL = tuple(Task)
_THREE = (Task.VIF, Task.MEF, Task.MFF)
_VIF = (Task.VIF,)
_MEF = (Task.MEF,)
_MFF = (Task.MFF,)


def _entry(
    name: str,
    build: str,
    tasks: tuple[Task, ...],
    paper: str = "",
    *,
    colour: str = "rgb",
    version: int = 1,
    min_size: int = 1,
    aliases: tuple[str, ...] = (),
    notes: str = "",
    weights: tuple[Weights, ...] = (),
) -> FuserEntry:
    record = FuserRecord(
        name,
        tasks,
        colour,
        paper=paper,
        licence=_OWN,
        version=version,
        min_size=min_size,
        aliases=aliases,
        notes=notes,
        weights=weights,
    )
    return FuserEntry(record, f"{_HERE}.{build}")


_LATLRR_MATRIX = Weights(
    "latlrr_L8.npz",
    ("9b5db648732f18f191ebf2c381ae8188177aba08e1bcc2f3fe57096e702de97f",),
    "the authors' learned 8x8 projection (github.com/hli1221/imagefusion_mdlatlrr), saved as array L",
    "none stated",
    size=31440,
)
_SR_DICTIONARY = Weights(
    "sr_dictionary.npz",
    ("a2bd90f3c2eef8bdaf3b8066a452a86471f38e81f360f246db65e6736c096833",),
    "the authors' learned dictionary of the MST-SR toolbox (Liu, Liu, Wang 2015), saved as array D",
    "none stated",
    size=125661,
)

register(
    [
        _entry("average", "pixelwise:build_average", _ALL, aliases=("mean", "avg")),
        _entry("maximum", "pixelwise:build_maximum", _ALL, aliases=("max",)),
        _entry("minimum", "pixelwise:build_minimum", _ALL, aliases=("min",)),
        _entry(
            "lp",
            "pyramid:build_lp",
            _THREE,
            "Burt, Adelson, IEEE Trans. Comm. 31(4), 1983",
            min_size=33,
            aliases=("laplacian", "laplacian_pyramid"),
            notes="the toolbox's filters leave the four corners too bright where the sources differ: flat sources of 100 "
            "and 200 give 150, and up to 184 within 25 pixels of a corner; border=mirror is without this fault",
        ),
        _entry(
            "rp",
            "pyramid:build_rp",
            _THREE,
            "Toet, Pattern Recognition Letters 9, 1989",
            min_size=33,
            aliases=("ratio_pyramid",),
        ),
        _entry(
            "mertens",
            "mertens:build",
            _MEF,
            "Mertens, Kautz, Van Reeth, Pacific Graphics 2007",
            min_size=2,
            aliases=("exposure_fusion",),
            notes="the author's MATLAB code; mertens_opencv is OpenCV's version; "
            "a gray pair stored as R = G = B has no saturation, "
            "and every pixel of it weighs alike, as in that code",
        ),
        _entry(
            "mertens_opencv",
            "mertens:build_opencv",
            _MEF,
            "Mertens, Kautz, Van Reeth, Pacific Graphics 2007",
            notes="OpenCV's MergeMertens: float32, other pyramid depth and borders than the author's code; it weighs "
            "every pixel of a gray pair stored as R = G = B alike",
        ),
        _entry("gff", "gff:build", _THREE, "Li, Kang, Hu, IEEE TIP 22(7), 2013", min_size=91),
        _entry(
            "dwt",
            "dwt:build",
            _THREE,
            "Li, Manjunath, Mitra, GMIP 57(3), 1995",
            notes="Haar; sizes not divisible by 16 are extended and cut",
        ),
        _entry("dtcwt", "dtcwt:build", _THREE, "Lewis et al., Information Fusion 8, 2007"),
        _entry(
            "cvt",
            "cvt:build",
            _THREE,
            "Nencini et al., Information Fusion 8(2), 2007",
            min_size=72,
            aliases=("curvelet",),
        ),
        _entry(
            "nsct",
            "nsct:build",
            _THREE,
            "Zhang, Guo, Signal Processing 89(7), 2009",
            aliases=("nonsubsampled_contourlet",),
        ),
        _entry(
            "msvd",
            "msvd:build",
            _THREE,
            "Naidu, Defence Science Journal 61(5), 2011",
            notes="signs of the singular vectors aligned; gray results are stretched to 0..255 as in VIFB, "
            "a gray pair stored as R = G = B is not",
        ),
        _entry(
            "pca",
            "pca:build",
            _ALL,
            "Naidu, Raol, Defence Science Journal 58(3), 2008",
            notes="magnitudes of the principal axis, one pair of weights for all channels",
        ),
        _entry("tif", "tif:build", _VIF, "Bavirisetti, Dhuli, Infrared Phys. Technol. 76, 2016"),
        _entry(
            "ifevip",
            "ifevip:build",
            _VIF,
            "Zhang, Zhang, Bai, Zhang, Infrared Phys. Technol. 83, 2017",
            notes="its background is blurred with zeros outside the image: borders brighten; "
            "a gray pair stored as R = G = B "
            "may differ by a level, as its mean over the brightest 0.1 % of all values does in the authors' code",
        ),
        _entry("adf", "adf:build", _VIF, "Bavirisetti, Dhuli, IEEE Sensors J. 16(1), 2016"),
        _entry("fpde", "fpde:build", _VIF, "Bavirisetti, Xiao, Liu, FUSION 2017"),
        _entry("cbf", "cbf:build", (Task.VIF, Task.MFF), "Shreyamsha Kumar, SIViP 9(5), 2015"),
        _entry(
            "mgff", "mgff:build", _THREE, "Bavirisetti, Xiao, Zhao, Dhuli, Liu, CSSP 38, 2019", min_size=19
        ),
        _entry(
            "vsmwls",
            "vsmwls:build",
            _VIF,
            "Ma, Zhou, Wang, Zong, Infrared Phys. Technol. 82, 2017",
            min_size=17,
        ),
        _entry(
            "hybrid_msd", "hmsd:build_hybrid_msd", _VIF, "Zhou, Wang, Li, Dong, Information Fusion 30, 2016"
        ),
        _entry(
            "hmsd_gf",
            "hmsd:build_hmsd_gf",
            _VIF,
            "Zhou, Dong, Xie, Gao, Applied Optics 55(23), 2016",
            min_size=33,
            notes="brightened by 275/255 as published",
        ),
        _entry(
            "gfce",
            "hmsd:build_gfce",
            _VIF,
            "Zhou, Dong, Xie, Gao, Applied Optics 55(23), 2016",
            min_size=33,
            notes="brightened by 275/255 as published",
        ),
        _entry(
            "gtf",
            "gtf:build",
            _VIF,
            "Ma, Chen, Li, Huang, Information Fusion 31, 2016",
            notes="the authors' code as Octave runs it; gtf_matlab is what MATLAB makes of it; "
            "a gray pair stored as R = G = B differs: one gradient for all channels",
        ),
        _entry(
            "gtf_matlab",
            "gtf:build_matlab",
            _VIF,
            "Ma, Chen, Li, Huang, Information Fusion 31, 2016",
            notes="with the largest tolerance that MATLAB's solver accepts: VIFB's published images; "
            "a gray pair stored as R = G = B "
            "differs: one gradient for all channels",
        ),
        _entry(
            "latlrr",
            "latlrr:build",
            _VIF,
            "Li, Wu, arXiv:1804.08992, 2018",
            min_size=8,
            aliases=("mdlatlrr",),
            weights=(_LATLRR_MATRIX,),
            notes="details count up to four times, as in the published code",
        ),
        _entry(
            "lp_sr",
            "sparse_base:build_lp_sr",
            (Task.VIF, Task.MFF),
            "Liu, Liu, Wang, Information Fusion 24, 2015",
            min_size=33,
            weights=(_SR_DICTIONARY,),
            notes="as lp, its corners and option included; its base is fused by sparse representation",
        ),
        _entry(
            "rp_sr",
            "sparse_base:build_rp_sr",
            (Task.VIF, Task.MFF),
            "Liu, Liu, Wang, Information Fusion 24, 2015",
            min_size=33,
            weights=(_SR_DICTIONARY,),
            notes="as rp; its base is fused by sparse representation",
        ),
        _entry(
            "nsct_sr",
            "nsct:build_sr",
            (Task.VIF, Task.MFF),
            "Liu, Liu, Wang, Information Fusion 24, 2015",
            weights=(_SR_DICTIONARY,),
            notes="nsct with one level; its base, as large as the image, is fused by sparse representation",
        ),
        _entry(
            "spd_mef",
            "spd_mef:build",
            _MEF,
            "Ma, Li, Yong, Wang, Meng, Zhang, IEEE TIP 26(5), 2017",
            min_size=21,
        ),
        _entry(
            "dsift_ef",
            "dsift_ef:build",
            _MEF,
            "Liu, Wang, JVCIR 31, 2015",
            notes="a gray pair stored as R = G = B differs: the authors' edge-aware filter adds the edges of all channels",
        ),
        _entry("dsift", "dsift:build", _MFF, "Liu, Liu, Wang, Information Fusion 23, 2015", min_size=8),
        _entry("gfdf", "gfdf:build", _MFF, "Qiu, Li, Zhang, Yuan, SPIC 72, 2019", min_size=11),
        _entry(
            "dct_var",
            "dct_var:build",
            _MFF,
            "Haghighat, Aghagolzadeh, Seyedarabi, Comput. Electr. Eng. 37(5), 2011",
            colour="gray",
            min_size=8,
            notes="rows and columns beyond whole 8x8 blocks stay at 128, as in the authors' code",
        ),
        _entry(
            "dct_var_cv",
            "dct_var:build_cv",
            _MFF,
            "Haghighat, Aghagolzadeh, Seyedarabi, Comput. Electr. Eng. 37(5), 2011",
            colour="gray",
            min_size=8,
            notes="rows and columns beyond whole 8x8 blocks stay at 128, as in the authors' code",
        ),
        _entry(
            "sml",
            "sml:build",
            _MFF,
            "Nayar, Nakagawa, IEEE TPAMI 16(8), 1994",
            aliases=("focus_map",),
            version=2,
            notes="sum-modified Laplacian, 7x7, with a 21x21 majority filter",
        ),
    ]
)
