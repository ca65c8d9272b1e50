"""What needs no weights: sizes, colours, options, names and shapes of tensors."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.images import to_uint8
from tcmoa_bench.types import BenchError, Fuser, FuserError, FuserOptions, Task, Unavailable
from tests.baselines.deep.conftest import pair, scene, untrained

DEEP = [name for name, entry in FUSERS.items() if ".deep." in entry.build]
#: One name for each way of preparing sources and saving results.
REPRESENTATIVES = [
    "ifcnn_max_rgb",
    "ifcnn_max_tang_bgr",
    "ifcnn_mean_me",
    "seafusion",
    "seafusion_clip",
    "densefuse_tf_add",
    "densefuse_pt_rgb",
    "u2fusion_author",
    "u2fusion_tang_clip",
    "u2fusion_vifb",
    "u2fusion_mfif",
    "u2fusion_mefb",
    "sdnet_vif",
    "pmgi_mef",
    "pmgi_mfif",
    "pmgi_mefb",
    "refusion_ivif",
    "refusion_mfif_clip",
    "didfuse_l1",
    "datfuse",
    "tardal",
    "gifnet",
    "sage",
    "reconet_v0",
    "sesf",
    "ship",
    "auif_sum",
    "mefnet",
    "ydtr",
    "lrrnet",
    "mffgan_lytro",
    "mffgan_mfif",
    "deepfuse",
    "deepfuse_mefb",
    "deepfuse_hli",
    "cddfuse",
    "emma_clip",
    "rfn_nest",
    "umf_cmgr",
    "umf_cmgr_rgb",
    "swinfuse",
    "swinfusion",
    "defusion",
    "fusiondn",
    "mefgan",
    "mefgan_clip",
]
#: Numbers that the networks learn, counted in the published files less what fusion never uses.
PARAMETERS = {
    "ifcnn_max_rgb": 83_587,
    "densefuse_tf_add": 74_193,
    "densefuse_pt_rgb": 74_771,
    "u2fusion_author": 659_217,
    "tardal": 296_577,
    "mufusion_tno_rgb": 554_721,
    "refusion_ivif": 59_856,
    "mefnet": 26_461,
    "lrrnet": 49_204,
    "mffgan_whu": 40_033,
    "deepfuse": 316_976,
    "deepfuse_hli": 18_817,
    "cddfuse": 1_188_272,
    "rfn_nest": 2_732_761 + 4_791_488,
}


def _fuse(name: str, a: np.ndarray, b: np.ndarray, task: Task | None = None) -> np.ndarray:
    return to_uint8(untrained(name).fuse(a, b, pair(task or FUSERS[name].record.tasks[0])))


@pytest.mark.parametrize("name", REPRESENTATIVES)
@pytest.mark.parametrize("size", [(37, 53), (64, 41)], ids=str)
def test_any_size_in_the_same_size_out(name, size):
    fused = _fuse(name, scene(*size, seed=1, colour=True), scene(*size, seed=2))
    assert fused.shape[:2] == size


@pytest.mark.parametrize("name", REPRESENTATIVES)
def test_works_at_its_least_size(name):
    least = FUSERS[name].record.min_size
    assert _fuse(name, scene(least, least, colour=True), scene(least, least)).shape[:2] == (least, least)


@pytest.mark.parametrize("name", REPRESENTATIVES)
@pytest.mark.parametrize("colours", [(False, False), (False, True), (True, True)], ids=str)
def test_gray_and_colour_in_any_combination(name, colours):
    a, b = (scene(34, 36, seed=i, colour=c) for i, c in enumerate(colours))
    fused = _fuse(name, a, b)
    assert fused.shape in ((34, 36), (34, 36, 3))
    if FUSERS[name].record.colour == "gray":
        assert fused.ndim == 2


def test_rfn_nest_fuses_large_sources_in_four_tiles():
    fuser = untrained("rfn_nest")
    fuser.network = _Average()
    a, b = scene(48, 515, seed=1), scene(48, 515, seed=2)
    np.testing.assert_allclose(fuser.run(a, b, Task.VIF)[0], (a.astype(float) + b) / 2, rtol=1e-6)


@pytest.mark.parametrize("size", [(32, 64), (45, 64), (40, 39)], ids=str)
def test_emma_covers_what_is_over_from_the_far_borders(size):
    fuser = untrained("emma")
    seen = []

    def network(a, b):
        seen.append(tuple(a.shape[-2:]))
        return (a + b) / 2

    fuser.network = network
    a, b = scene(*size, seed=1), scene(*size, seed=2)
    np.testing.assert_allclose(fuser.run(a, b, Task.VIF)[0], (a.astype(float) + b) / 2, rtol=1e-5)
    assert set(seen) == {tuple(n // 32 * 32 for n in size)}
    assert len(seen) == 2 ** sum(n % 32 > 0 for n in size)


def test_swinfuse_puts_tiles_side_by_side():
    fuser = untrained("swinfuse")
    fuser.network = _Average()
    a, b = scene(30, 230, seed=1), scene(30, 230, seed=2)
    np.testing.assert_allclose(fuser.run(a, b, Task.VIF)[0], (a.astype(float) + b) / 2, atol=1e-3)


def test_mufusion_takes_patches_of_128_pixels():
    size = (128, 131)
    assert _fuse("mufusion_tno_rgb", scene(*size, colour=True), scene(*size)).shape[:2] == size


def test_overlapping_patches_leave_a_plain_network_as_it_is():
    fuser = untrained("mufusion_tno_gray")
    fuser.network = _Average()
    a, b = scene(129, 260, seed=1), scene(129, 260, seed=2)
    np.testing.assert_allclose(fuser.run(a, b, Task.VIF)[0], (a / 255 + b / 255) / 2, rtol=1e-6)


class _Average(torch.nn.Module):
    def forward(self, a, b):
        return (a + b) / 2


@pytest.mark.parametrize(("name", "count"), PARAMETERS.items())
def test_number_of_parameters(name, count):
    assert sum(p.numel() for p in untrained(name).network.parameters()) == count


def test_a_result_that_is_not_finite_is_an_error():
    fuser = untrained("seafusion")
    fuser.network.decode1.conv.bias.data[:] = float("nan")
    with pytest.raises(FuserError, match=r"seafusion.*not finite"):
        fuser.fuse(scene(20, 20), scene(20, 20), pair(Task.VIF))


@pytest.mark.parametrize("name", REPRESENTATIVES)
def test_a_network_is_a_fuser_that_reads_no_further_files(name):
    fuser = untrained(name)
    assert isinstance(fuser, Fuser)
    assert fuser.inputs(pair(Task.VIF)) == ()


class _First(torch.nn.Module):
    def forward(self, first, second):
        return first


@pytest.mark.parametrize(
    ("name", "task", "b_first"),
    [
        ("u2fusion_author", Task.VIF, False),
        ("u2fusion_author", Task.MED, True),
        ("u2fusion_tang", Task.VIF, True),
        ("u2fusion_mef", Task.MEF, True),
        ("u2fusion_vifb", Task.VIF, False),
        ("refusion_ivif", Task.VIF, True),
        ("refusion_meif", Task.MEF, False),
        ("datfuse", Task.VIF, True),
        ("seafusion", Task.VIF, False),
        ("fusiondn", Task.VIF, False),
        ("fusiondn", Task.MEF, True),
        ("fusiondn", Task.MFF, True),
        ("swinfusion", Task.VIF, True),
        ("cddfuse", Task.VIF, False),
        ("umf_cmgr_rgb", Task.VIF, True),
    ],
)
def test_the_networks_first_input_is_the_published_one(name, task, b_first):
    a, b = scene(20, 20, seed=1), scene(20, 20, seed=2)
    fuser = untrained(name)
    fuser.network = _First()
    np.testing.assert_allclose(fuser.run(a, b, task)[0], (b if b_first else a) / 255, atol=1e-6)


@pytest.mark.parametrize("extra", [{"policy": "smooth"}, {"precision": "quarter"}, {"gain": "2"}], ids=str)
def test_unknown_options_are_refused(extra):
    with pytest.raises(BenchError, match=r"seafusion has no option.*It knows policy: published, clip"):
        untrained("seafusion", **extra)


def test_there_is_no_clip_policy_where_nothing_is_stretched():
    with pytest.raises(BenchError, match="gifnet has no option policy=clip"):
        untrained("gifnet", policy="clip")


def test_the_clip_policy_as_an_option_is_the_fuser_of_that_name():
    by_option, by_name = untrained("seafusion", policy="clip"), untrained("seafusion_clip")
    assert by_option.record.name == by_name.record.name == "seafusion_clip"
    a, b = scene(20, 24, seed=1, colour=True), scene(20, 24, seed=2)
    np.testing.assert_array_equal(by_option.fuse(a, b, pair(Task.VIF)), by_name.fuse(a, b, pair(Task.VIF)))


#: What makes levels of a network's output, where it is not 0..1.
SCALES = dict.fromkeys(("sdnet", "pmgi", "mffgan"), (127.5, 127.5)) | dict.fromkeys(
    ("densefuse", "rfn", "swinfuse", "emma"), (1, 0)
)


@pytest.mark.parametrize("name", [name for name in DEEP if name.endswith("_clip") and "mufusion" not in name])
def test_clip_neither_stretches_nor_wraps(name):
    """A constant network output stays that level; a stretch would make it 0 or 255."""
    task = FUSERS[name].record.tasks[0]
    fuser = untrained(name)
    a, b = scene(32, 34, seed=1), scene(32, 34, seed=2)
    out = fuser.run(a, b, task)
    scale, offset = SCALES.get(name.partition("_")[0], (255, 0))
    for level, expected in ((100, 100), (-40, 0), (300, 255)):
        image = to_uint8(fuser.finish(np.full_like(out, (level - offset) / scale), a, b, task))
        assert np.abs(image.astype(int) - expected).max() <= 1  # neutral chroma is not exact everywhere


def test_half_precision_is_a_named_option_and_close():
    a, b = scene(24, 20, seed=1, colour=True), scene(24, 20, seed=2)
    full, half = untrained("seafusion"), untrained("seafusion", precision="half")
    half.network.load_state_dict(full.network.state_dict())
    difference = np.abs(full.run(a, b, Task.VIF) - half.run(a, b, Task.VIF)).max()
    assert 0 < difference < 0.01


def test_a_device_that_is_not_there_is_an_error():
    with pytest.raises(BenchError, match="seafusion: device 'mps9' cannot be used"):
        untrained("seafusion", device="mps9")


@pytest.mark.parametrize("name", DEEP)
def test_without_weights_the_reason_names_file_origin_hash_and_remedy(name, tmp_path, monkeypatch):
    monkeypatch.setenv("TCMOA_BENCH_WEIGHTS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    entry = FUSERS[name]
    with pytest.raises(Unavailable) as error:
        entry.create(FuserOptions(weights=tmp_path))
    first = entry.record.weights[0]
    remedy = ("--weights", "TCMOA_BENCH_WEIGHTS") if first.hashes else ("--option weights=FILE",)
    for part in (first.file, first.origin, *first.hashes, *remedy):
        assert part in str(error.value)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_out_of_memory_names_the_network_and_the_size(error, monkeypatch):
    fuser = untrained("datfuse")
    a = np.zeros((40, 50), np.uint8)

    def fails(*inputs):
        raise error

    monkeypatch.setattr(fuser, "forward", fails)
    with pytest.raises(
        FuserError, match=r"datfuse: out of memory for 40x50 \(height x width\), this network takes"
    ):
        fuser.run(a, a, Task.VIF)
    monkeypatch.setattr(fuser, "forward", lambda *inputs: (_ for _ in ()).throw(RuntimeError("another")))
    with pytest.raises(RuntimeError, match="another"):
        fuser.run(a, a, Task.VIF)


#: One name for each network that can be cut into tiles.
REACHING = [
    *(
        "ifcnn_max_rgb",
        "seafusion",
        "densefuse_tf_add",
        "u2fusion_author",
        "sdnet_vif",
        "tardal",
        "mffgan_lytro",
    ),
    *("deepfuse", "didfuse_sum", "didfuse_l1", "lrrnet", "auif_sum", "reconet_v0"),
]


def short_of_memory(fuser, monkeypatch, pixels):
    """Let a network have memory for so many pixels only; what it was asked for."""
    asked, forward = [], fuser.forward

    def forward_if_it_fits(*inputs):
        asked.append(tuple(inputs[0].shape[-2:]))
        if inputs[0].shape[-2] * inputs[0].shape[-1] > pixels:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(*inputs)

    monkeypatch.setattr(fuser, "forward", forward_if_it_fits)
    return asked


@pytest.mark.parametrize("name", REACHING)
def test_a_network_that_knows_its_reach_makes_the_same_picture_in_tiles(name, monkeypatch):
    fuser = untrained(name)
    for (
        parameter
    ) in fuser.network.parameters():  # what untrained ReLUs cut off would not be seen to reach far
        if parameter.ndim > 1:
            parameter.data.abs_()
    rng = np.random.default_rng(3)
    a, b = (rng.integers(0, 256, (131, 150, 3)).astype(np.uint8) for _ in range(2))
    task = fuser.record.tasks[0]
    whole = fuser.run(a, b, task)
    assert not fuser.in_tiles
    monkeypatch.setattr("tcmoa_bench.baselines.deep.fuser.TILE", 40)
    asked = short_of_memory(fuser, monkeypatch, 130 * 130)
    tiled = fuser.run(a, b, task)
    assert fuser.in_tiles
    assert len(asked) == 1 + 4 * 4
    assert tiled.shape == whole.shape
    scale = max(1.0, float(np.abs(whole).max()))
    assert np.abs(tiled - whole).max() <= 1e-5 * scale


def test_memory_that_is_short_even_for_tiles_is_an_error(monkeypatch):
    fuser = untrained("seafusion")
    short_of_memory(fuser, monkeypatch, 10)
    a = np.zeros((40, 50), np.uint8)
    with pytest.raises(FuserError, match=r"out of memory for 40x50 .*, even in tiles of 512"):
        fuser.run(a, a, Task.VIF)
