"""piq and scikit-image as readings of their own, and as witnesses for the textbook's definitions."""

from __future__ import annotations

import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from tcmoa_bench.metrics import CONVENTIONS, score

Image = NDArray[np.uint8]


@pytest.fixture(scope="module")
def triple() -> tuple[Image, Image, Image]:
    a, b = skimage.data.astronaut()[:200, :220], skimage.data.coffee()[60:260, :220]
    return a, b, ((a.astype(np.uint16) + b) // 2).astype(np.uint8)


@pytest.fixture(scope="module")
def values(triple) -> dict[str, float]:
    names = ["piq", "skimage", "SSIM@textbook", "MS-SSIM@textbook", "VIF@textbook", "SSIM@tang2023"]
    found = score(*triple, names, reference=triple[0])
    return {name: one.value for name, one in found.items()}


def gray(image: Image) -> NDArray[np.float64]:
    red, green, blue = (image[..., k].astype(np.float64) for k in range(3))
    return np.floor(0.298936021293775 * red + 0.587043074451121 * green + 0.114020904255103 * blue + 0.5)


def tensor(image: NDArray[np.float64]):
    import torch

    return torch.from_numpy(np.ascontiguousarray(image)).reshape(1, -1, *image.shape[-2:])


@pytest.mark.parametrize("name", [n for n in CONVENTIONS["piq"] if "_" not in n])
def test_piq_readings(name: str, triple, values) -> None:
    import piq

    call = getattr(piq, CONVENTIONS["piq"][name].reference_name.removeprefix("piq."))
    options = {"chromatic": False} if name == "FSIM" else {}
    form = (lambda x: x.transpose(2, 0, 1).astype(np.float64)) if name in ("VSI", "MDSI") else gray
    a, b, fused = (tensor(form(x)) for x in triple)
    for suffix, source in (("_A", a), ("_B", b), ("_ref", a)):
        expected = float(call(fused, source, data_range=255.0, **options))
        assert values[f"{name}{suffix}@piq"] == pytest.approx(expected, rel=1e-9)
    mean = (values[f"{name}_A@piq"] + values[f"{name}_B@piq"]) / 2
    assert values[f"{name}@piq"] == pytest.approx(mean, rel=1e-12)


def test_skimage_readings(triple, values) -> None:
    from skimage.metrics import normalized_mutual_information, structural_similarity

    a, b, fused = (gray(x) for x in triple)
    expected = [structural_similarity(fused, x, data_range=255) for x in (a, b)]
    assert [values["SSIM_A@skimage"], values["SSIM_B@skimage"]] == pytest.approx(expected, rel=1e-9)
    assert values["NMI_ref@skimage"] == pytest.approx(normalized_mutual_information(fused, a), rel=1e-9)


def test_without_a_ground_truth_its_readings_are_null(triple) -> None:
    got = score(*triple, "SSIM_ref@skimage")["SSIM_ref@skimage"]
    assert (got.value, got.reason) == (None, "the pair has no ground truth")


def test_textbook_ssim_is_what_both_libraries_mean_by_it(triple, values) -> None:
    import piq
    from skimage.metrics import structural_similarity

    a, b, fused = (gray(x) for x in triple)
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    by_skimage = np.mean([structural_similarity(fused, x, **window) for x in (a, b)])
    by_piq = np.mean(
        [float(piq.ssim(tensor(fused), tensor(x), data_range=255.0, downsample=False)) for x in (a, b)]
    )
    assert values["SSIM@textbook"] == pytest.approx(by_skimage, rel=1e-9)
    assert values["SSIM@textbook"] == pytest.approx(by_piq, rel=1e-6)


def test_textbook_ms_ssim_and_vif_agree_with_piq(values) -> None:
    assert values["MS-SSIM@textbook"] == pytest.approx(values["MS-SSIM@piq"], rel=1e-3)
    assert values["VIF@textbook"] / 2 == pytest.approx(values["VIFp@piq"], rel=1e-6)
