"""More than two sources: which definitions go on to them, and that they do as they say."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tcmoa_bench.metrics import CONVENTIONS, score, score_many
from tcmoa_bench.metrics.formulas.xydeas import plane_edges, preservation
from tcmoa_bench.metrics.scene import Plane, Scene, Sources
from tcmoa_bench.metrics.stacks import combine


def picture(seed: int, colour: bool = False, side: int = 180) -> np.ndarray:
    draw = np.random.default_rng(seed)
    shape = (side // 8, side // 8, 3) if colour else (side // 8, side // 8)
    coarse = cv2.resize(draw.normal(size=shape), (side, side), interpolation=cv2.INTER_CUBIC)
    return np.clip(128 + 50 * coarse + 3 * draw.normal(size=coarse.shape), 0, 255).astype(np.uint8)


A, B, C = (picture(seed, side=64) for seed in range(3))
F = np.mean([A, B, C], axis=0).round().astype(np.uint8)
EXTENDED = [
    metric for convention in CONVENTIONS.values() for metric in convention.values() if metric.rule is not None
]

TEXTBOOK = [metric for metric in CONVENTIONS["textbook"].values() if metric.min_size <= 64]


@pytest.mark.parametrize("colour", [True, False])
@pytest.mark.parametrize("side", [96, 180])  # what needs more pixels sees more
def test_a_pair_is_made_of_what_its_sources_give_alone(colour, side):
    """The rule that a formula states is true of it: checked on pairs, where the toolbox's own code is the reference."""
    a, b, c, d = (picture(seed, colour, side) for seed in range(4))
    f = ((a.astype(int) + b) // 2).astype(np.uint8)
    wanted = [metric for metric in EXTENDED if metric.name.startswith("MS-SSIM") == (side > 96)]
    pairs = {"ab": (a, b), "aa": (a, a), "bb": (b, b), "cd": (c, d)}
    values = {name: score(*pair, f, wanted) for name, pair in pairs.items()}
    seen = set()
    for metric in wanted:
        ab, aa, bb, cd = (values[name][metric.qualified].value for name in pairs)
        if ab is None:  # mefb's MEF-SSIM of gray pictures
            continue
        seen.add(metric.rule)
        if metric.rule == "alone":
            assert ab == cd, metric.qualified
        elif metric.rule != "joint":
            assert combine(metric.rule, [aa, bb]) == pytest.approx(ab, rel=1e-6), metric.qualified
            assert ab != cd, metric.qualified
    assert seen >= ({"mean", "sum"} if side > 96 else {"alone", "mean", "sum", "rms", "psnr", "joint"})


def three(*names: str) -> list[float | None]:
    scores = score(A, B, F, list(names), convention="textbook", further=[C])
    return [value.value for value in scores.values()]


def test_errors_are_of_the_mean_over_all_sources():
    error = np.mean([(F.astype(float) - x) ** 2 for x in (A, B, C)])
    expected = [error, error**0.5, 10 * np.log10(255**2 / error)]
    assert three("MSE", "RMSE", "PSNR") == pytest.approx(expected, rel=1e-12)


def test_means_and_sums_are_those_of_the_sources():
    alone = [score(x, x, F, ["SSIM", "CC", "MI", "VIF"], convention="textbook").values() for x in (A, B, C)]
    ssim, cc, mi, vif = np.array([[value.value for value in values] for values in alone]).T
    expected = [ssim.mean(), cc.mean(), mi.sum() / 2, vif.sum() / 2]
    assert three("SSIM", "CC", "MI", "VIF") == pytest.approx(expected, rel=1e-12)


def test_edges_are_weighted_by_all_sources():
    edges = [plane_edges(Plane(x)) for x in (A, B, C, F)]
    kept = sum((preservation(e, edges[3], "one") * e.strength).sum() for e in edges[:3])
    assert three("Qabf") == pytest.approx([kept / sum(e.strength.sum() for e in edges[:3])], rel=1e-12)


def test_the_order_of_the_sources_does_not_count():
    names = [metric.qualified for metric in TEXTBOOK if metric.rule]
    one, other = score(A, B, F, names, further=[C]), score(C, A, F, names, further=[B])
    for name in names:
        assert one[name].value == pytest.approx(other[name].value, rel=1e-9, abs=1e-12), name


def test_each_source_twice_is_the_pair_again():
    names = [m.qualified for m in TEXTBOOK if m.rule not in (None, "joint")]
    pair, stack = score(A, B, F, names), score(A, B, F, names, further=[A, B])
    for name in names:
        factor = 2 if "sources:4-sum" in stack[name].signature else 1
        assert stack[name].value == pytest.approx(factor * pair[name].value, rel=1e-9), name


def test_what_is_defined_for_two_is_null_with_the_reason():
    found = score(A, B, F, ["SCD@textbook", "Qcb@mefb"], further=[C])
    for value in found.values():
        assert value.value is None
        assert "is defined for two sources, these are 3" in value.reason


def test_the_signature_names_the_sources():
    names = ["EN", "MI", "SSIM", "SCD", "MEF-SSIM"]
    found = score(A, B, F, names, convention="textbook", further=[C])
    ends = [value.signature.rpartition("|")[2] for value in found.values()]
    assert ends == ["gray:bt601-round", "sources:3-sum", "sources:3-mean", "sources:3", "sources:3-joint"]


def test_a_sum_has_its_ideal_and_bounds_for_each_source():
    metric = CONVENTIONS["textbook"]["VIF"]
    assert (metric.ideal, metric.for_sources(3).ideal) == (2.0, 3.0)
    assert CONVENTIONS["textbook"]["MI"].for_sources(4).bounds == (0.0, 32.0)
    assert CONVENTIONS["textbook"]["SSIM"].for_sources(3).ideal == 1.0
    assert metric.for_sources(2) is metric


def test_a_border_is_cut_off_every_source():
    inner = [x[5:-5, 5:-5] for x in (A, B, F, C)]
    names = ["SSIM@textbook", "MEF-SSIM@textbook"]
    cut = score(*inner[:3], names, further=[inner[3]])
    assert [v.value for v in score(A, B, F, names, further=[C], border=5).values()] == [
        v.value for v in cut.values()
    ]


def test_many_fused_images_of_a_stack_score_as_each_alone():
    names = ["MEF-SSIM@textbook", "MI@textbook"]
    many = score_many(A, B, {"f": F, "a": A}, names, further=[C])
    for key, image in (("f", F), ("a", A)):
        alone = score(A, B, image, names, further=[C])
        assert [v.value for v in many[key].values()] == [v.value for v in alone.values()]


def test_a_metric_for_pairs_refuses_a_stack():
    scene = Scene(Sources(A, B, further=[C]), F)
    with pytest.raises(ValueError, match="for 2 sources, the scene has 3"):
        CONVENTIONS["textbook"]["SSIM"].score(scene)
    with pytest.raises(ValueError, match="source 3"):
        Sources(A, B, further=[C[:-1]])


def test_each_definition_goes_on_as_it_is_written():
    """A pair cannot tell a mean from half a sum: read from the papers and the toolboxes' code."""
    rules = {
        "textbook": {
            "MI": "sum", "NMI": "sum", "TE": "sum", "VIF": "sum", "CE": "mean", "MSE": "mean", "RMSE": "rms",
            "PSNR": "psnr", "CC": "mean", "SSIM": "mean", "MS-SSIM": "mean", "MEF-SSIM": "joint", "Qabf": "joint",
            "FMI_pixel": "mean", "EN": "alone",
        },
        "tang2022": {"MI": "sum", "VIF": "sum", "SSIM": "joint", "MS-SSIM": "joint", "CC": "mean"},
        "vifb": {"MI": "sum", "CE": "mean", "SSIM": "sum", "RMSE": "mean", "PSNR": "psnr"},
        "mefb": {"NMI": "sum", "TE": "sum", "CE": "mean", "FMI": "mean", "MEF-SSIM": "joint"},
        "liu": {"NMI": "sum", "TE": "sum"},
        "mfif": {"LMI": "mean", "FMI": "mean", "SD": "alone"},
        "cddfuse": {"SSIM": "sum", "VIF": "sum", "MI": "sum", "MSE": "mean"},
        "ivif_zoo": {"SSIM": "sum", "SSIM_fixed": "mean", "MS-SSIM_fixed": "mean", "VIF": "sum"},
    }  # fmt: skip
    for convention, expected in rules.items():
        assert {name: CONVENTIONS[convention][name].rule for name in expected} == expected, convention
