"""`train` as a user types it on drawn copies of the paper's four training sets, in their own layouts."""

from __future__ import annotations

import csv
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tcmoa_bench.datasets import load
from tcmoa_bench.datasets.exposure import narrowed
from tcmoa_bench.tcmoa.checkpoint import load_backbone, load_model
from tcmoa_bench.tcmoa.model import TCMoA
from tcmoa_bench.tcmoa.params import LEARNABLE
from tcmoa_bench.tcmoa.train.config import DataRecipe, load_recipe
from tcmoa_bench.tcmoa.train.data import PairSet
from tcmoa_bench.tcmoa.train.pictures import Pictures, reduction
from tcmoa_bench.tcmoa.train.sources import TrainPair, disjoint, find_pairs, split_pairs
from tcmoa_bench.types import BenchError, PairError
from tests.commands import call
from tests.tcmoa.conftest import REPOSITORY, picture

RECIPE = """
base = "paper"
name = "drawn"
epochs = 1
batch_per_process = 1
precision = "float32"
eval_steps = 3
log_steps = 2

[model]
size = "base"
embed_dim = 32
depth = 4
num_heads = 2
decoder_embed_dim = 32
decoder_depth = 4
decoder_num_heads = 2

[data]
crop = 112
validation = 1
workers = 2
"""


def put(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, "JPEG" if path.suffix.lower() == ".jpg" else "PNG")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """LLVIP, SICE, Real-MFF and MFI-WHU as their authors pack them."""
    root = tmp_path_factory.mktemp("layouts")
    for i in range(7):
        colour = picture(256, 320, seed=i)
        put(root / "LLVIP" / "visible" / "train" / f"01{i:04}.jpg", colour)
        put(root / "LLVIP" / "infrared" / "train" / f"01{i:04}.jpg", np.repeat(colour[..., :1], 3, 2))
    for number, part in enumerate(("Dataset_Part1", "Dataset_Part2")):
        for i in (1, 2):
            scene = picture(300, 420, seed=20 + i + 2 * number).astype(float)
            for k, gain in enumerate((1.0, 0.2, 0.5, 1.6, 0.35), 1):
                put(root / "SICE" / part / str(i) / f"{k}.JPG", (scene * gain).clip(0, 255).astype(np.uint8))
            put(root / "SICE" / part / "Label" / f"{i}.JPG", scene.astype(np.uint8))
    for i in (1, 2, 3):
        for side, folder in (("A", "imageA"), ("B", "imageB")):
            put(root / "Real-MFF" / folder / f"{i:03}_{side}.png", picture(150, 200, seed=40 + i))
        for folder in ("source_1", "source_2", "full_clear"):
            put(root / "MFI-WHU" / folder / f"{i}.jpg", picture(150, 200, seed=50 + i))
    return root


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("recipe") / "drawn.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture(scope="module")
def mae(recipe: Path) -> Path:
    """A random masked autoencoder with the names of MAE's own checkpoints."""
    torch.manual_seed(3)
    state = TCMoA(load_recipe(recipe).model).state_dict()
    state = {key: value for key, value in state.items() if not key.startswith(LEARNABLE)}
    torch.save({"model": state | {"mask_token": torch.zeros(1, 1, 32)}}, recipe.with_name("mae.pth"))
    return recipe.with_name("mae.pth")


def test_the_four_sets_train_from_an_mae_backbone(
    data: Path, recipe: Path, mae: Path, tmp_path: Path
) -> None:
    done = call("train", recipe, "--data", data, "-o", tmp_path / "run", "--init", mae, "--threads", 1)
    assert done.code == 0, done.err
    for line in (
        "vif: 7 pairs of llvip_train",
        "mef: 4 pairs of sice",
        "mff: 3 pairs of real_mff",
        "of mfi_whu",
    ):
        assert line in done.out
    assert "6 rounds, batches of 1\n" in done.out
    assert "round 1/6" in done.out
    with (tmp_path / "run" / "validation.csv").open() as file:
        assert {row["step"] for row in csv.DictReader(file)} == {"3", "6"}
    frozen = torch.load(mae, weights_only=True)["model"]["blocks.0.mlp.fc1.weight"]
    trained = load_model(tmp_path / "run" / "best.safetensors")
    assert torch.equal(trained.blocks[0].mlp.fc1.weight, frozen)


def test_the_sets_are_read_in_the_networks_order(data: Path) -> None:
    def pairs_of(name: str) -> list:
        return load(name, data)

    over = find_pairs(data, "sice", 1, pairs_of)[0]
    assert (over.first.name, over.second.name) == ("4.JPG", "2.JPG")
    far = find_pairs(data, "real_mff", 2, pairs_of)[0]
    assert (far.first.name, far.second.name) == ("001_B.png", "001_A.png")
    whu = find_pairs(data, "mfi_whu", 2, pairs_of)[0]
    assert (whu.first.parent.name, whu.second.parent.name) == ("source_2", "source_1")
    sharp = find_pairs(data, "defocus:mfi_whu", 2, pairs_of)
    assert {pair.first.parent.name for pair in sharp} == {"full_clear"}
    with pytest.raises(BenchError, match="sice holds mef pairs; it cannot train vif"):
        find_pairs(data, "sice", 0, pairs_of)


def test_exposures_are_chosen_inward(data: Path) -> None:
    pairs = load("sice", data)
    names = {inward: next((p.a.name, p.b.name) for p in narrowed(pairs, inward)) for inward in (0, 1, 5)}
    assert names == {0: ("2.JPG", "4.JPG"), 1: ("5.JPG", "1.JPG"), 5: ("5.JPG", "1.JPG")}


def test_a_gains_head_starts_as_the_average_on_a_pre_trained_backbone(recipe: Path, mae: Path) -> None:
    config = replace(load_recipe(recipe).model, head="gains", upsample=False)
    model = TCMoA(config)
    load_backbone(model, mae)
    bias = model.decoder_pred.bias.view(-1, 3)
    assert torch.equal(bias, torch.tensor([0.5, 0.5, 0.0]).expand_as(bias))
    with torch.no_grad():
        x, t = (torch.full((1, 3, config.multiple, config.multiple), v) for v in (0.2, 0.6))
        fused = model.eval()(model.normalise(x), model.normalise(t)).fused
    assert float((fused - 0.4).abs().max()) < 0.1


@pytest.mark.slow
def test_two_processes_stopped_and_resumed_equal_an_uninterrupted_training(
    data: Path, recipe: Path, mae: Path, tmp_path: Path
) -> None:
    program = shutil.which("tcmoa-bench", path=str(Path(sys.executable).parent))
    assert program is not None
    launch = ["torch.distributed.run", "--standalone", "--no-python", "--nproc-per-node", "2"]

    def train(folder: str, *options: str) -> None:
        command = [sys.executable, "-m", *launch, program, "train", str(recipe), "--data", str(data)]
        command += ["-o", str(tmp_path / folder), "--init", str(mae), "--threads", "1", *options]
        done = subprocess.run(command, check=False, cwd=REPOSITORY, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-20000:]
        assert "batches of 2 over 2 processes" in done.stdout

    train("whole")
    train("parts", "--until", "2")
    train("parts")
    whole, parts = (
        load_model(tmp_path / name / "weights.safetensors").state_dict() for name in ("whole", "parts")
    )
    assert all(torch.equal(value, parts[key]) for key, value in whole.items())
    assert (tmp_path / "parts" / "validation.csv").is_file()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ((), "trains adapters on a frozen backbone, and there is none: give --init FILE"),
        (("--init", "mae.pth", "--device", "cuda:9"), "device 'cuda:9' cannot be used"),
        (("--init", "absent.pth"), "no weights file absent.pth"),
    ],
)
def test_what_cannot_be_trained_is_said_in_one_line(
    data: Path, recipe: Path, tmp_path: Path, options: tuple[str, ...], message: str
) -> None:
    done = call("train", recipe, "--data", data, "-o", tmp_path / "run", *options)
    assert (done.code, done.err.count("\n")) == (2, 1), done.err
    assert message in done.err


def test_missing_sets_say_how_to_get_them(recipe: Path, mae: Path, tmp_path: Path) -> None:
    done = call("train", recipe, "--data", tmp_path, "-o", tmp_path / "run", "--init", mae)
    assert done.code == 2
    assert "dataset 'llvip_train'" in done.err
    assert "How to get it" in done.err


def test_a_damaged_picture_stops_with_its_name(data: Path, recipe: Path, mae: Path, tmp_path: Path) -> None:
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    for number, file in enumerate((copy / "LLVIP" / "infrared" / "train").iterdir()):
        file.write_bytes(file.read_bytes()[: 700 + number])
    done = call("train", recipe, "--data", copy, "-o", tmp_path / "run", "--init", mae, "--threads", 1)
    assert (done.code, done.err.count("\n")) == (2, 1), done.err
    assert "truncated or damaged" in done.err


def test_no_photograph_of_a_validation_pair_is_trained_on(data: Path, tmp_path: Path) -> None:
    copy = tmp_path / "data"
    shutil.copytree(data, copy)
    shutil.copy(
        copy / "MFI-WHU" / "full_clear" / "2.jpg", copy / "LLVIP" / "visible" / "train" / "010000.jpg"
    )
    shutil.copy(
        copy / "MFI-WHU" / "full_clear" / "2.jpg", copy / "LLVIP" / "infrared" / "train" / "010000.jpg"
    )
    plan = DataRecipe(
        ("llvip_train",), ("sice",), ("mfi_whu", "defocus:mfi_whu", "defocus:sice"), validation=1, crop=112
    )
    lines: list[str] = []
    split = split_pairs(copy, plan, range(3), lambda name: load(name, copy), lines.append)
    held = {path.read_bytes() for pairs in split.held for pair in pairs for path in pair.files}
    assert split.held[2][0].reference == copy / "MFI-WHU" / "full_clear" / "2.jpg"
    trained = [pair for pairs in split.training for pair in pairs]
    assert not held & {path.read_bytes() for pair in trained for path in pair.files}
    # One LLVIP pair is a copy of the held ground truth; that and SICE's held scene were to be defocused.
    assert split.left_out == 1 + 1 + 2
    assert "4 others left out" in lines[-1]
    assert len(trained) == 6 + 3 + 2 + 2 + 6 - 1


def test_only_files_of_a_held_files_size_are_read(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    monkeypatch.setattr(
        "tcmoa_bench.tcmoa.train.sources.file_sha256", lambda path: (read.append(path), str(path))[1]
    )
    files = sorted((data / "MFI-WHU" / "source_1").iterdir())
    pairs = [TrainPair(path.stem, path, path) for path in files]
    assert disjoint([pairs], files[:1]) == [pairs[1:]]
    assert all(path.stat().st_size == files[0].stat().st_size for path in read)


def test_all_pairs_kept_for_validation_are_too_many(data: Path) -> None:
    plan = DataRecipe(mff=("real_mff",), validation=9, crop=112)
    with pytest.raises(BenchError, match="mff: all 3 pairs are kept for validation; lower `validation`"):
        split_pairs(data, plan, [2], lambda name: load(name, data), lambda _: None)


def test_pictures_are_kept_within_their_bound_and_pixels_do_not_depend_on_it(data: Path) -> None:
    pairs = find_pairs(data, "llvip_train", 0, lambda name: load(name, data))
    plan = DataRecipe(crop=64)
    bound = 3 * 256 * 320 * 3
    small = PairSet(pairs, 0, plan, Pictures(bound))
    large = PairSet(pairs, 0, plan, Pictures(2**30))
    for number in range(20):
        assert np.array_equal(small.crop(0, number)[1], large.crop(0, number)[1])
        assert 0 <= small.pictures.held <= bound
    assert large.pictures.held > bound


def test_twelve_thousand_pairs_take_no_more_memory_than_a_few(data: Path) -> None:
    """The stated bound holds whatever the number of pairs: what is kept, and what a crop takes."""
    import tracemalloc

    files = sorted((data / "LLVIP" / "visible" / "train").iterdir())
    pairs = [TrainPair(str(i), files[i % 7], files[i % 7]) for i in range(12_000)]
    cut = PairSet(pairs, 0, DataRecipe(crop=112), Pictures(2**20))
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for number in range(60):
        cut.crop(0, number)
    peak = tracemalloc.get_traced_memory()[1] - before
    tracemalloc.stop()
    decoded, order = 2 * 256 * 320 * 3, 8 * 12_000
    assert peak < 2**20 + 4 * decoded + 2 * order


def test_large_jpegs_are_decoded_smaller_for_small_crops(tmp_path: Path) -> None:
    jpeg, png = tmp_path / "a.jpg", tmp_path / "a.png"
    y, x = np.mgrid[:1024, :1280] / 120
    image = (np.stack([np.sin(x), np.cos(y), np.sin(x + y)], 2) * 100 + 127).astype(np.uint8)
    put(jpeg, image)
    put(png, image)
    assert [reduction((jpeg, jpeg), cut, 112) for cut in ((1000, 1000), (500, 900), (200, 900))] == [8, 4, 1]
    assert reduction((jpeg, png), (1000, 1000), 112) == 1
    assert Pictures(0).read(jpeg, 4).shape == (256, 320, 3)
    assert Pictures(0).size(jpeg) == Pictures(0).size(png) == (1024, 1280)
    plan = DataRecipe(crop=112, vif_scale=(0.5, 0.9))
    reduced, whole = (PairSet([TrainPair("x", path, path)], 0, plan) for path in (jpeg, png))
    for number in range(5):
        first, second = (cut.crop(0, number)[1].astype(int) for cut in (reduced, whole))
        assert np.abs(first - second).mean() < 3


def test_sources_of_two_sizes_are_named(tmp_path: Path) -> None:
    put(tmp_path / "a.png", picture(80, 80))
    put(tmp_path / "b.png", picture(80, 90))
    cut = PairSet([TrainPair("x", tmp_path / "a.png", tmp_path / "b.png")], 0, DataRecipe(crop=64))
    with pytest.raises(PairError, match=r"a.png.*b.png"):
        cut.crop(0, 0)
