"""Named selections of metrics across conventions: what a paper's tables were made with."""

from __future__ import annotations

from tcmoa_bench.metrics.core import PROFILES

#: TC-MoA (Zhu, Sun, Cao and Hu, CVPR 2024), Table 1 (visible-infrared). By its author, Tang's evaluation and for
#: Qw, Qc, Qcv MEFB's. SD fits the saturating version only, VIF the float one best; neither is stated.
TABLE_1 = (
    "VIF@tang2023",
    "Qc@mefb",
    "EN@tang2022",
    "SD@tang2022",
    "Qcv@mefb",
    "MS-SSIM@tang2022",
    "FMI_pixel@tang2022",
    "Qw@mefb",
)

#: Table 2 (multi-exposure): MEFB's own benchmark results, means over R, G, B (MEF-SSIM on gray). Qg and Qs are
#: not in MEFB; by name they are Z. Liu's, on gray.
TABLE_2 = (
    "PSNR@mefb",
    "Qc@mefb",
    "Qp@mefb",
    "QG@liu",
    "QS@liu",
    "MEF_SSIM@mefb",
    "FMI@mefb",
    "Qw@mefb",
)

#: Table 3 (multi-focus): MEFB's as means over R, G, B; MI and MS-SSIM Tang's on gray.
TABLE_3 = (
    "NMI@mefb",
    "Qncie@mefb",
    "MI@tang2022",
    "Qcb@mefb",
    "Qcv@mefb",
    "MS-SSIM@tang2022",
    "FMI@mefb",
    "Qw@mefb",
)

#: Tables 4 and 5 add these two.
ABLATIONS = ("Qabf@tang2023", "SSIM@tang2023")

PROFILES.add("tcmoa-vif", TABLE_1)
PROFILES.add("tcmoa-mef", TABLE_2)
PROFILES.add("tcmoa-mff", TABLE_3)
PROFILES.add("tcmoa", tuple(dict.fromkeys((*TABLE_1, *TABLE_2, *TABLE_3, *ABLATIONS))))
