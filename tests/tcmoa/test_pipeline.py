"""Pictures of any size in and out: fitting, tiles, colour, bytes, memory, the fuser's options."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from tcmoa_bench.cli import train as cli
from tcmoa_bench.images import write_image
from tcmoa_bench.tcmoa import tiles
from tcmoa_bench.tcmoa.adapters import PromptControl
from tcmoa_bench.tcmoa.checkpoint import save_weights
from tcmoa_bench.tcmoa.fuser import build_official, build_tiny, fuse_options
from tcmoa_bench.tcmoa.model import TCMoA
from tcmoa_bench.tcmoa.pipeline import (
    FuseOptions,
    Pipeline,
    free_memory,
    parse_router,
    phase_offsets,
    to_bytes,
    without_rim,
)
from tcmoa_bench.tcmoa.prompts import export_prompts, fusion_grid, prompt_maps
from tcmoa_bench.tcmoa.records import ENTRIES
from tcmoa_bench.types import BenchError, Fuser, FuserError, FuserOptions, Pair, Task, Unavailable
from tests.tcmoa.conftest import picture

PAD = FuseOptions(fit="pad", tile=128, overlap=64)


def average(model: TCMoA) -> TCMoA:
    """The same network with a decoder that predicts the plain average."""
    with torch.no_grad():
        model.decoder_pred.weight.zero_()
    return model


@pytest.mark.parametrize("size", [(37, 53), (1, 1), (64, 1), (1, 90), (130, 65)])
@pytest.mark.parametrize("fit", ["pad", "resize"])
def test_any_size_comes_back_at_its_size(small: TCMoA, size: tuple[int, int], fit: str) -> None:
    fused = (
        Pipeline(small, replace(PAD, fit=fit)).fuse(picture(*size), picture(*size, seed=1), Task.VIF).image
    )
    assert fused.shape == (*size, 3)
    assert fused.dtype == np.uint8


def test_official_fitting_takes_any_size(small_official: TCMoA) -> None:
    fused = Pipeline(small_official).fuse(picture(30, 113), picture(30, 113, seed=1), Task.MEF)
    assert fused.image.shape == (30, 113, 3)
    assert fused.fitted == (112, 224)


def test_gray_and_colour_sources_mix(small: TCMoA) -> None:
    pipeline = Pipeline(small, PAD)
    colour, gray = picture(40, 50), picture(40, 50, seed=1, channels=1)
    repeated = np.repeat(gray[..., None], 3, 2)
    assert np.array_equal(
        pipeline.fuse(colour, gray, Task.VIF).image, pipeline.fuse(colour, repeated, Task.VIF).image
    )
    assert pipeline.fuse(gray, gray, Task.VIF).image.shape == (40, 50)


def test_different_sizes_are_an_error_that_names_both(small: TCMoA) -> None:
    with pytest.raises(FuserError, match=r"40x50.*50x40"):
        Pipeline(small, PAD).fuse(picture(40, 50), picture(50, 40), Task.VIF)


def test_orientation_is_kept(small: TCMoA) -> None:
    a = np.zeros((37, 53, 3), np.uint8)
    a[:8, 40:] = 255
    fused = Pipeline(average(small), PAD).fuse(a, np.zeros_like(a), Task.VIF).image
    corners = [fused[:8, :13], fused[:8, 40:], fused[29:, :13], fused[29:, 40:]]
    assert int(np.argmax([c.mean() for c in corners])) == 1


def test_streams_are_over_first_and_far_first(small: TCMoA, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    normalise = small.normalise
    monkeypatch.setattr(small, "normalise", lambda x: (seen.append(float(x.mean())), normalise(x))[1])
    dark, light = np.zeros((64, 64, 3), np.uint8), np.full((64, 64, 3), 255, np.uint8)
    for task, first in ((Task.VIF, 0.0), (Task.MEF, 1.0), (Task.MFF, 1.0), (Task.MED, 0.0)):
        seen.clear()
        Pipeline(small, replace(PAD, colour="rgb")).fuse(dark, light, task)
        assert seen[0] == first


def test_blended_tiles_leave_no_seams(small: TCMoA) -> None:
    ramp = np.tile((np.arange(1000) // 4).astype(np.uint8), (300, 1))
    for mode in ("tiles", "blend"):
        fused = Pipeline(average(small), replace(PAD, mode=mode)).fuse(ramp, ramp, Task.VIF).image
        step = np.abs(np.diff(fused.astype(float), axis=1)).mean(0)
        borders = [box.x0 - 1 for box in tiles.boxes(320, 1024, 128, 64) if 0 < box.x0 < 1000]
        assert step[borders].max() <= 2 * max(np.median(step), 0.5)


def test_blending_hides_what_tiles_disagree_on() -> None:
    places = tiles.boxes(128, 320, 128, 64)
    values = [np.full((128, 128, 1), i % 2, np.float32) for i in range(len(places))]
    hard = np.abs(np.diff(tiles.paste(values, places, (128, 320))[..., 0], axis=1)).max()
    soft = np.abs(np.diff(tiles.blend(values, places, (128, 320), 64)[..., 0], axis=1)).max()
    assert hard == 1
    assert soft < 0.05


def test_blending_keeps_what_tiles_agree_on() -> None:
    image = picture(200, 330).astype(np.float32)
    places = tiles.boxes(200, 330, 128, 64)
    blended = tiles.blend([image[box.slices] for box in places], places, (200, 330), 64)
    np.testing.assert_allclose(blended, image, atol=1e-3)


@pytest.mark.parametrize("phases", [2, 4])
def test_phases_average_shifted_grids(small: TCMoA, phases: int) -> None:
    offsets = phase_offsets(phases, small.config)
    assert len({(rows % 8, columns % 8) for rows, columns in offsets}) == phases
    a, b = picture(70, 90), picture(70, 90, seed=1)
    once = Pipeline(small, PAD).fuse(a, b, Task.VIF)
    often = Pipeline(small, replace(PAD, phases=phases)).fuse(a, b, Task.VIF)
    assert often.image.shape == (70, 90, 3)
    assert not np.array_equal(often.image, once.image)
    assert often.prompts is not None
    plain = Pipeline(average(small), replace(PAD, phases=phases)).fuse(a, a, Task.VIF).image
    assert np.abs(plain.astype(int) - a).max() <= 1


@pytest.mark.parametrize("size", [(64, 64), (70, 90), (7, 5), (1, 1)])
def test_the_rim_is_replaced_by_what_lies_inside(size: tuple[int, int]) -> None:
    image = picture(*size, seed=1)
    shown = without_rim(image, 4)
    rows, columns = (
        np.clip(np.arange(side), min(4, (side - 1) // 2), side - 1 - min(4, (side - 1) // 2)) for side in size
    )
    assert np.array_equal(shown, image[rows][:, columns])


@pytest.mark.parametrize(
    "options", [PAD, replace(PAD, phases=2), replace(PAD, mode="blend", tile=64, overlap=16)]
)
def test_a_choice_does_not_look_at_the_rim_and_copies_it(small: TCMoA, options: FuseOptions) -> None:
    """A source's dark rim changes the picture there alone, and only where the task is a choice."""
    a, b = picture(90, 100, seed=1), picture(90, 100, seed=2)
    dark = np.zeros_like(a)
    dark[4:-4, 4:-4] = a[4:-4, 4:-4]
    pipeline = Pipeline(small, options)
    for task, alike in ((Task.MFF, True), (Task.VIF, False)):
        plain, rimmed = (pipeline.fuse(source, b, task).image.astype(int) for source in (a, dark))
        assert np.array_equal(plain[4:-4, 4:-4], rimmed[4:-4, 4:-4]) is alike
        assert (rimmed[:4] <= plain[:4]).mean() > 0.9
        assert not np.array_equal(plain[:4], rimmed[:4])


def test_phases_need_padding() -> None:
    with pytest.raises(ValueError, match="with pad only"):
        FuseOptions(fit="resize", phases=4)


def test_large_pictures_are_blended_by_themselves(small: TCMoA, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tcmoa_bench.tcmoa.pipeline.WHOLE_PIXELS", 128 * 128)
    assert Pipeline(small, PAD).fuse(picture(140, 256), picture(140, 256), Task.VIF).prompts is None
    assert Pipeline(small, PAD).fuse(picture(128, 128), picture(128, 128), Task.VIF).prompts is not None


def test_luma_keeps_the_colours_of_the_coloured_source(small: TCMoA) -> None:
    gray, colour = np.full((64, 64), 100, np.uint8), np.full((64, 64, 3), (200, 30, 10), np.uint8)
    fused = Pipeline(average(small), PAD).fuse(gray, colour, Task.MED).image.astype(int)
    chroma = fused[0, 0] - fused[0, 0].mean()
    assert np.abs(chroma - (np.array([200, 30, 10]) - 80)).max() < 25
    assert chroma[0] > 60


def test_saving_clips_or_stretches() -> None:
    values = np.array([[[-0.1, 0.5, 0.502], [1.2, 0.4, 0.3]]], np.float32)
    assert to_bytes(values, "clip").tolist() == [[[0, 128, 128], [255, 102, 76]]]
    stretched = to_bytes(values, "official")
    assert (stretched.min(), stretched.max()) == (0, 255)
    assert to_bytes(np.full((2, 2, 3), 0.4, np.float32), "clip").max() == 102


def test_out_of_memory_goes_on_with_smaller_batches_and_says_so_once(
    small: TCMoA, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline = Pipeline(small, replace(PAD, window_batch=8))
    forward, tried = TCMoA.forward, []

    def limited(self: TCMoA, *args: object, **kwargs: object) -> object:
        tried.append(self.window_batch)
        if self.window_batch > 2:
            raise torch.OutOfMemoryError("out of memory")
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(TCMoA, "forward", limited)
    with pytest.warns(UserWarning, match="window batches of 4") as warned:
        pipeline.fuse(picture(64, 64), picture(64, 64), Task.VIF)
    assert tried == [8, 4, 2]
    assert len(warned) == 1


def test_out_of_memory_for_good_is_an_error(small: TCMoA, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(self: TCMoA, *args: object, **kwargs: object) -> object:
        raise MemoryError

    monkeypatch.setattr(TCMoA, "forward", never)
    with pytest.raises(FuserError, match="use mode blend"):
        Pipeline(small, replace(PAD, window_batch=1)).fuse(picture(64, 64), picture(64, 64), Task.VIF)


def test_free_memory_is_known() -> None:
    assert free_memory(torch.device("cpu")) > 2**20


def test_prompt_maps_are_written_for_both_sources_in_the_pairs_order(small: TCMoA, tmp_path: Path) -> None:
    pipeline = Pipeline(small, PAD)
    a, b = picture(64, 130), picture(64, 130, seed=1)
    statistics = export_prompts(pipeline, a, b, Task.MFF, tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "decoder0_a.png",
        "decoder0_b.png",
        "encoder0_a.png",
        "encoder0_b.png",
        "gains_a.png",
        "gains_b.png",
    ]
    prompts = pipeline.fuse(a, b, Task.MFF).prompts
    assert prompts is not None
    assert statistics["encoder0"]["mean_a"] == pytest.approx(float(prompts.encoder_t[0].mean()))
    assert 0 <= statistics["decoder0"]["polarisation"] <= 1
    assert prompts.gains is not None
    assert statistics["gains"]["mean_a"] == pytest.approx(float(prompts.gains.t.mean()))
    assert [m.layer for m in prompt_maps(prompts, Task.VIF)] == ["encoder0", "decoder0", "gains"]


def test_prompt_maps_of_tiles_are_refused(small: TCMoA, tmp_path: Path) -> None:
    with pytest.raises(FuserError, match="mode whole"):
        export_prompts(
            Pipeline(small, replace(PAD, mode="blend")),
            picture(200, 200),
            picture(200, 200),
            Task.VIF,
            tmp_path,
        )


def test_grid_holds_the_unsteered_picture(small: TCMoA) -> None:
    pipeline = Pipeline(small, PAD)
    a, b = picture(40, 50), picture(40, 50, seed=1)
    sheet = fusion_grid(pipeline, a, b, Task.VIF, (1.0, 3.0), (0.0, 0.3))
    assert sheet.shape == (2 * 60 + 4, 2 * 54 + 4, 3)
    assert np.array_equal(sheet[20:60, 4:54], pipeline.fuse(a, b, Task.VIF).image)
    assert pipeline.options.control == PromptControl()


@pytest.mark.parametrize(("text", "weights"), [("mef", (0, 1, 0)), ("vif=0.7,mff=0.3", (0.7, 0, 0.3))])
def test_routers_are_read(text: str, weights: tuple[float, ...]) -> None:
    assert parse_router(text) == weights


def test_options_are_read_from_text() -> None:
    options = fuse_options(
        {"alpha": "1,2", "beta": "-0.3", "router": "mff", "tile": "224", "save": "official"}
    )
    assert options.control == PromptControl((1.0, 2.0), -0.3)
    assert (options.router, options.tile, options.save) == ((0, 0, 1), 224, "official")


def made(small: TCMoA, tmp_path: Path, **extra: str) -> Fuser:
    save_weights(small, tmp_path / "w.safetensors")
    extra = {"checkpoint": str(tmp_path / "w.safetensors"), **extra}
    return build_tiny(ENTRIES[0].record, FuserOptions(extra=extra))


def pair(task: Task = Task.VIF) -> Pair:
    return Pair("set", "one", task, Path("a.png"), Path("b.png"))


def test_fuser_follows_the_protocol_and_names_its_weights(small: TCMoA, tmp_path: Path) -> None:
    fuser = made(small, tmp_path)
    assert isinstance(fuser, Fuser)
    assert len(fuser.record.fingerprint) == 64
    a, b = picture(70, 90), picture(70, 90, seed=1, channels=1)
    plain = fuser.fuse(a, b, pair())
    assert np.array_equal(made(small, tmp_path, alpha="1.0", beta="0").fuse(a, b, pair()), plain)
    assert not np.array_equal(made(small, tmp_path, alpha="3", beta="0.4").fuse(a, b, pair()), plain)
    assert not np.array_equal(made(small, tmp_path, router="mff").fuse(a, b, pair()), plain)


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ({"alfa": "1"}, "alpha"),
        ({"alpha": "1,1"}, "2 TC-MoA layers takes 3"),
        ({"alpha": "nan"}, "alpha nan is not finite"),
        ({"beta": "inf"}, "beta inf is not finite"),
        ({"alpha": "strong"}, "alpha takes"),
        ({"phases": "two"}, "phases takes a whole number"),
        ({"window_batch": "-4"}, "window_batch -4"),
        ({"tile_batch": "0"}, "tile_batch 0"),
        ({"tile": "0"}, "tile 0"),
        ({"router": "vif=-1"}, "vif=-1"),
        ({"router": "mef=nan"}, "mef=nan"),
        ({"router": "mef=much"}, "mef=much"),
        ({"router": "vif=0,mff=0"}, "all zero"),
        ({"mode": "half"}, "whole"),
        ({"router": "xyz"}, "vif, mef, mff"),
        ({"tile": "200"}, "multiple of 64"),
        ({"decoder_renorm": "maybe"}, "true or false"),
    ],
)
def test_wrong_options_are_refused_with_what_is_right(
    small: TCMoA, tmp_path: Path, extra: dict[str, str], message: str
) -> None:
    with pytest.raises(BenchError, match=message):
        made(small, tmp_path, **extra)


def test_missing_official_weights_say_where_they_would_be(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"TC-MoA-Base.pth.*no mirror"):
        build_official(ENTRIES[1].record, FuserOptions(weights=tmp_path))


def test_commands_write_a_grid_and_prompt_maps(small: TCMoA, tmp_path: Path) -> None:
    save_weights(small, tmp_path / "w.safetensors")
    a, b = tmp_path / "a.png", tmp_path / "b.png"
    write_image(a, picture(40, 50))
    write_image(b, picture(40, 50, seed=1))
    common = [str(a), str(b), "--task", "mff", "--option", f"checkpoint={tmp_path / 'w.safetensors'}"]
    result = CliRunner().invoke(
        cli.grid, [*common, "-o", str(tmp_path / "g.png"), "--alpha", "1", "--beta", "0,0.2"]
    )
    assert result.exit_code == 0, result.output
    assert (tmp_path / "g.png").is_file()
    result = CliRunner().invoke(cli.prompts, [*common, "-o", str(tmp_path / "maps")])
    assert result.exit_code == 0, result.output
    assert "polarisation" in result.output
    assert (tmp_path / "maps" / "encoder0_a.png").is_file()


def test_records_and_commands_import_no_torch() -> None:
    modules = "tcmoa_bench.tcmoa.records, tcmoa_bench.cli.train, tcmoa_bench.tcmoa.train.config"
    code = f"import sys, {modules}; print('torch' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "False\n"
    )


def test_the_network_is_one_graph(small: TCMoA, small_official: TCMoA) -> None:
    """`compile` would cost a picture's worth of time at each break; `fullgraph` refuses any."""
    for model, side in ((small, 64), (small_official, 112)):
        torch._dynamo.reset()
        compiled = torch.compile(model, backend="eager", fullgraph=True)
        x, t = (torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(i)) for i in range(2))
        with torch.no_grad():
            assert torch.allclose(compiled(x, t, 0).fused, model(x, t, 0).fused, atol=1e-6)


def test_tf32_is_for_this_network_alone(small: TCMoA, monkeypatch: pytest.MonkeyPatch) -> None:
    allowed: list[bool] = []
    forward = TCMoA.forward

    def seen(self: TCMoA, *args: object, **kwargs: object) -> object:
        allowed.append(torch.backends.cuda.matmul.allow_tf32)
        return forward(self, *args, **kwargs)

    monkeypatch.setattr(TCMoA, "forward", seen)
    before = torch.backends.cudnn.allow_tf32
    for precision in ("tf32", "float32"):
        Pipeline(small, replace(PAD, precision=precision)).fuse(picture(64, 64), picture(64, 64), Task.VIF)
    assert allowed == [True, False]
    assert torch.backends.cudnn.allow_tf32 == before


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize("task", [Task.VIF, Task.MEF, Task.MFF])
def test_cuda_gives_the_cpus_picture(small: TCMoA, task: Task) -> None:
    a, b = picture(130, 170), picture(130, 170, seed=1)
    on_cpu = Pipeline(small, PAD).fuse(a, b, task).image.astype(int)
    assert np.abs(Pipeline(small, PAD, "cuda").fuse(a, b, task).image - on_cpu).max() <= 1


def test_a_picture_that_memory_does_not_hold_is_blended_of_tiles_once_and_says_so(
    small: TCMoA, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = picture(128, 200), picture(128, 200, seed=1)
    options = replace(PAD, mode="auto", tile=64, overlap=16, window_batch=2)
    expected = Pipeline(small, replace(options, mode="blend")).fuse(a, b, Task.VIF)
    forward = TCMoA.forward

    def limited(self: TCMoA, x: torch.Tensor, *args: object, **kwargs: object) -> object:
        if x.shape[-1] > 64:
            raise torch.OutOfMemoryError("out of memory")
        return forward(self, x, *args, **kwargs)

    monkeypatch.setattr(TCMoA, "forward", limited)
    pipeline = Pipeline(small, options)
    with pytest.warns(UserWarning, match="window batches"):
        fusion = pipeline.fuse(a, b, Task.VIF)
    assert (fusion.in_tiles, expected.in_tiles, fusion.prompts) == (True, False, None)
    assert np.array_equal(fusion.image, expected.image)
    assert small.window_batch == 2  # tiles have all the room again
    assert not pipeline.fuse(a[:64, :64], b[:64, :64], Task.VIF).in_tiles
    with pytest.raises(FuserError, match="use mode blend"):
        Pipeline(small, replace(options, mode="whole")).fuse(a, b, Task.VIF)
