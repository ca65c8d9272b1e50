"""Equality with tensors recorded from the official code, at the tolerances of its golden files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from tcmoa_bench.tcmoa import losses, tiles
from tcmoa_bench.tcmoa.config import SIZES, SWAPPED_TASKS
from tcmoa_bench.tcmoa.model import TCMoA
from tcmoa_bench.tcmoa.params import count_parameters
from tcmoa_bench.tcmoa.pipeline import FuseOptions, Pipeline, fit, to_bytes, unfit
from tcmoa_bench.types import Task
from tests.tcmoa.parity import GRADIENT_LOSS_RTOL, LOSS_RTOL, compare, load_golden, main

MODELS = ("a_square_b1_up", "b_wide_b2_up_train", "c_tall_b2_noup", "d_gatedrop_b2_up")
Golden = Callable[[str], Path]


@pytest.mark.parametrize("name", MODELS)
def test_network_losses_and_gradients_equal_the_recordings(name: str, golden: Golden) -> None:
    found = compare(golden(f"golden/{name}.npz"))
    assert found.worst
    assert not found.failed


def test_parity_tool_prints_a_table_and_says_ok(golden: Golden, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(golden("golden/c_tall_b2_noup.npz"))]) == 0
    assert "predictions" in capsys.readouterr().out


@pytest.mark.parametrize(("size", "keys"), [("base", 415), ("large", 655)])
def test_state_dict_has_the_official_names_and_shapes(size: str, keys: int, golden: Golden) -> None:
    lines = golden(f"state_dict_mae_vit_{size}_patch16.txt").read_text().splitlines()
    official = {tuple(line.split("\t")[:2]) for line in lines}
    with torch.device("meta"):
        state = TCMoA(SIZES[size]).state_dict()
    assert len(official) == keys
    assert {(key, str(list(value.shape))) for key, value in state.items()} == official


@pytest.mark.parametrize("size", ["base", "large"])
def test_learnable_parameters_are_those_of_the_official_list(size: str, golden: Golden) -> None:
    lines = golden(f"state_dict_mae_vit_{size}_patch16.txt").read_text().splitlines()
    shapes = [line.split("\t")[1] for line in lines if line.endswith("learnable")]
    total = sum(int(np.prod([int(n) for n in shape.strip("[]").split(",")])) for shape in shapes)
    assert sum(part.parameters for part in count_parameters(SIZES[size]) if part.learnable) == total


LOSSES = {
    "MaxGradLoss(3)(x,a,b)": lambda x, a, b: losses.max_gradient(x, a, b),
    "MaxGradLoss(3)(x,a,None)": lambda x, a, b: losses.max_gradient(x, a),
    "MaxPixelLoss(1)(x,a,b)": lambda x, a, b: losses.max_pixel(x, a, b),
    "MaxPixelLoss(1)(x,a,None)": lambda x, a, b: losses.max_pixel(x, a),
    "PixelLoss(3)(x,a,b)": lambda x, a, b: losses.mean_pixel(x, a, b),
    "SSIM()(x,a)": lambda x, a, b: losses.ssim(x, a),
    "SSIM()(x,b)": lambda x, a, b: losses.ssim(x, b),
    "MEF_MSSSIM(is_lum=True)(stack)": lambda x, a, b: losses.mef_ssim(*map(losses.stacked, (x, a, b))),
    "MEF_MSSSIM(is_lum=True)(item0)": lambda x, a, b: losses.mef_ssim(x[:1], a[:1], b[:1]),
    "MEF_MSSSIM(is_lum=False)(item0)": lambda x, a, b: losses.mef_ssim(
        x[:1], a[:1], b[:1], use_luminance=False
    ),
    "MEFSSIM(is_lum=True)(item0)": lambda x, a, b: losses.mef_ssim(x[:1], a[:1], b[:1], whole=True),
}


@pytest.mark.parametrize("term", LOSSES)
@pytest.mark.parametrize("scene", ["2x96x128", "1x64x64"])
def test_single_losses_equal_the_recordings(term: str, scene: str, golden: Golden) -> None:
    with np.load(golden("golden/losses.npz")) as file:
        images = {k: torch.from_numpy(file[f"{scene}/in/{k}_u8"]) for k in "xab"}
        recorded = {dtype: float(file[f"{scene}/{dtype}/{term}"]) for dtype in ("f32", "f64")}
    rtol = GRADIENT_LOSS_RTOL if "Grad" in term else LOSS_RTOL
    for dtype, kind in (("f32", torch.float32), ("f64", torch.float64)):
        value = LOSSES[term](*(image.to(kind) / 255 for image in images.values()))
        assert float(value) == pytest.approx(recorded[dtype], rel=rtol)


@pytest.mark.parametrize("scene", ["2x96x128", "1x64x64"])
def test_patches_in_focus_equal_the_recordings(scene: str, golden: Golden) -> None:
    with np.load(golden("golden/losses.npz")) as file:
        a, b = (torch.from_numpy(file[f"{scene}/in/{k}_u8"]).float() / 255 for k in "ab")
        np.testing.assert_array_equal(
            losses.choose_patches(a, b), file[f"{scene}/f32/MaxGradTokenSelect/choose_a"]
        )


def assert_same_bytes(saved: np.ndarray, recorded: np.ndarray) -> None:
    # Float differences of 1e-7 (torch resizes by another kernel when it has one thread) carry a value across
    # the truncation of scipy's writer here and there: one level, in fewer than one of 10,000 values.
    difference = np.abs(saved.astype(int) - recorded)
    assert difference.max() <= 1
    assert difference.mean() <= 1e-4


def test_tiles_resizing_and_saving_equal_the_recordings(golden: Golden) -> None:
    with np.load(golden("golden/pipeline.npz")) as file:
        for key in [k for k in file.files if k.endswith("/owner")]:
            owner = file[key]
            places = tiles.boxes(*owner.shape, 448)
            recorded = file[key.replace("owner", "box_y0y1x0x1")]
            assert [[box.y0, box.y1, box.x0, box.x1] for box in places] == recorded.tolist()
            numbered = [np.full((448, 448, 1), i, np.float32) for i in range(len(places))]
            np.testing.assert_array_equal(tiles.paste(numbered, places, owner.shape)[..., 0], owner)
        for key in [k for k in file.files if k.endswith("/resized_u8")]:
            size = key.split("/")[1]
            image = file[f"load/{size}/in_u8"]
            np.testing.assert_array_equal(fit(image, 112, "resize").transpose(2, 0, 1), file[key])
            pred = file[f"save/{size}/pred"].astype(np.float32).transpose(1, 2, 0)
            saved = to_bytes(unfit(pred, image.shape[:2], "resize"), "official")
            assert_same_bytes(saved, file[f"save/{size}/png_u8"])


@pytest.mark.parametrize(
    ("scene", "task"), [("windows_t0", Task.VIF), ("resize_t1", Task.MEF), ("resize_t2", Task.MFF)]
)
def test_whole_path_gives_the_recorded_picture(scene: str, task: Task, golden: Golden) -> None:
    model, _, _ = load_golden(golden("golden/a_square_b1_up.npz"))
    with np.load(golden("golden/pipeline.npz")) as file:
        first, second, recorded = (file[f"e2e/{scene}/{k}_u8"] for k in ("a", "b", "png"))
    a, b = (second, first) if task in SWAPPED_TASKS else (first, second)
    fused = Pipeline(model, FuseOptions(mode="tiles", save="official")).fuse(a, b, task).image
    assert_same_bytes(fused, recorded)
