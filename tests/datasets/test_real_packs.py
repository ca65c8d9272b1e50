"""The real packs: every dataset that is there is found whole, and every oddity that was seen is handled."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tcmoa_bench.datasets import DATASETS, check, found_in, load
from tcmoa_bench.images import read_image
from tcmoa_bench.types import Pair

Command = Callable[..., tuple[int, str, str]]

#: Pairs of each dataset in the packs (README.md and the manifests there).
COUNTS = {
    "llvip": 11, "llvip_train": 6, "vifb": 21, "tno": 12, "roadscene": 5, "m3fd": 5, "msrs": 6, "msrs_train": 4,
    "flir_aligned": 4, "train_vif": 248, "mefb": 100, "sice": 3, "train_mef": 51, "mfif": 63, "mfifb": 72, "lytro": 20,
    "mffw": 13, "train_mff": 60, "harvard": 36, "harvard_ct_mri": 12, "harvard_pet_mri": 12, "harvard_spect_mri": 12,
    "pansharpening": 5,
}  # fmt: skip


@pytest.fixture(scope="session")
def roots(data_dir: Path) -> dict[str, Path]:
    return {dataset.name: root for dataset, root in found_in(data_dir)}


def manifest(data_dir: Path, pack: str) -> list[dict[str, str]]:
    with open(data_dir / pack / "MANIFEST.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_pack_is_found(roots: dict[str, Path]) -> None:
    assert roots.keys() == COUNTS.keys()


@pytest.mark.parametrize("name", COUNTS)
def test_every_pair_of_a_pack_is_found(name: str, data_dir: Path) -> None:
    pairs = load(name, data_dir)
    assert len(pairs) == COUNTS[name] <= DATASETS[name].expected
    assert len({pair.name for pair in pairs}) == len(pairs)
    assert load(name, data_dir) == pairs
    for pair in pairs:
        pair.name.encode("utf-8")
        assert pair.a != pair.b


#: Pack, the role that the manifest gives A, and B's.
ROLES = {
    "mefb": ("mefb", "under_exposed_A", "over_exposed_B"),
    "llvip": ("llvip", "visible", "infrared"),
    "vifb": ("vifb", "visible", "infrared"),
    "tno": ("tno_tang", "visible", "infrared"),
    "m3fd": ("m3fd", "visible", "infrared"),
    "msrs": ("msrs", "visible", "infrared"),
    "roadscene": ("roadscene", "visible_LR", "infrared"),
    "flir_aligned": ("flir_aligned", "visible", "infrared"),
    "mfif": ("mfif", "near", "far"),
    "mfifb": ("mfifb", "near_A", "far_B"),
    "lytro": ("lytro", "near_A", "far_B"),
    "mffw": ("mffw", "near_A", "far_B"),
    "sice": ("sice", "under_exposed", "over_exposed"),
    "train_vif": ("train_vif", "visible", "infrared"),
    "train_mff": ("train_mff", "near_A", "far_B"),
}


@pytest.mark.parametrize("name", ROLES)
def test_roles_and_partners_are_those_of_the_manifest(name: str, data_dir: Path) -> None:
    pack, role_a, role_b = ROLES[name]
    of = {data_dir / pack / row["path"]: row for row in manifest(data_dir, pack)}
    for pair in load(name, data_dir):
        roles = [of[path]["role"].partition(" ")[0] for path in (pair.a, pair.b)]
        assert roles == [role_a, role_b]
        assert of[pair.a]["pair_id"] == of[pair.b]["pair_id"]
        if pair.reference:
            assert (of[pair.reference]["role"], of[pair.reference]["pair_id"]) == (
                "ground_truth",
                of[pair.a]["pair_id"],
            )


@pytest.mark.parametrize("name", ["mefb", "sice", "train_mef"])
def test_a_is_the_darker_exposure(name: str, data_dir: Path) -> None:
    for pair in load(name, data_dir):
        a, b = pair.load()
        assert a.mean() < b.mean()


def test_exposures_of_the_training_pack_are_the_extreme_ones(data_dir: Path) -> None:
    for pair in load("train_mef", data_dir):
        means = {path: read_image(path).mean() for path in pair.a.parent.iterdir()}
        assert means[pair.a] == min(means.values())
        assert means[pair.b] == max(means.values())


@pytest.mark.slow
def test_the_whole_check_finds_nothing_wrong_and_says_what_is_partial(
    data_dir: Path, command: Command
) -> None:
    code, out, _ = command("data", "check", "--data", data_dir)
    assert code == 0
    heads = [line.partition(":")[0] for line in out.splitlines() if not line.startswith(" ")]
    assert heads == list(COUNTS)
    assert "llvip: 11 pairs of 3463, ok" in out
    assert "note: 11 of 3463 pairs: part of the set" in out
    assert "NOT ok" not in out


# ---- ODDITIES.md, line by line ----


def by_name(name: str, data_dir: Path) -> dict[str, Pair]:
    return {pair.name: pair for pair in load(name, data_dir)}


def test_wrong_endings(data_dir: Path) -> None:
    mefb, mfifb = by_name("mefb", data_dir), by_name("mfifb", data_dir)
    for pair, magic in (
        (mefb["Sky"], b"\xff\xd8"),
        (mefb["TreyRatcliff"], b"\xff\xd8"),
        (mfifb["tsai_11"], b"BM"),
    ):
        for path in (pair.a, pair.b):
            assert path.read_bytes().startswith(magic)
        pair.load()


def test_case_of_names_and_endings(data_dir: Path) -> None:
    mefb = by_name("mefb", data_dir)
    assert [(mefb[s].a.name, mefb[s].b.name) for s in ("Lighthouse", "Sky", "Farmhouse")] == [
        ("Lighthouse_a.png", "Lighthouse_B.png"),
        ("sKY_a.png", "Sky_B.png"),
        ("Farmhouse_A.png", "FarmHouse_B.png"),
    ]
    assert mefb["garage"].a.name == "Garage_A.jpg"
    for scene in ("ICCV_15", "Night", "dessert", "disney1", "disney2", "hongkong_02"):
        assert mefb[scene].a.suffix != mefb[scene].b.suffix
        assert mefb[scene].a.suffix.lower() == mefb[scene].b.suffix.lower()


def test_stray_files(data_dir: Path) -> None:
    ignored = [path.name for path in DATASETS["mefb"].scan(data_dir / "mefb").ignored]
    strays = [
        row["path"]
        for row in manifest(data_dir, "mefb")
        if row["role"] in ("original_duplicate_not_a_pair_member", "text")
    ]
    assert sorted(ignored) == sorted(Path(path).name for path in strays)
    assert "lampicka05 - 副本.png" in ignored
    assert "ev.txt" in ignored
    assert [path.name for path in DATASETS["m3fd"].scan(data_dir / "m3fd").ignored] == [".DS_Store"]
    members = {path for pair in load("harvard", data_dir) for path in (pair.a, pair.b)}
    assert not any(path.name == "41101.jpg" for path in members)


def test_blanks_and_quotes_in_names(data_dir: Path) -> None:
    assert "NYU-D (1)" in by_name("train_mff", data_dir)
    for scene in ("HDRPS_Ben&Jerry's", "HDRPS_Devil's Golf Course", "HDRPS_Bandon Sunset (1)"):
        by_name("train_mef", data_dir)[scene].load()


def test_the_triple_series_is_not_taken_for_the_pairs(data_dir: Path) -> None:
    pairs = load("lytro", data_dir)
    assert all(pair.a.parent.name == "LytroDataset" for pair in pairs)
    ignored = [path.name for path in DATASETS["lytro"].scan(data_dir / "lytro/LytroDataset").ignored]
    assert ignored == ["Triple Series", "Readme.txt"]


def test_zero_byte_files(data_dir: Path, command: Command) -> None:
    report = check("lytro", data_dir / "broken_lytro_zmff")
    assert not report.ok
    assert report.found == 4
    assert len(report.unreadable) == 8
    assert all("is empty (0 bytes)" in line for line in report.unreadable)
    code, out, _ = command("data", "check", "lytro", "--data", data_dir / "broken_lytro_zmff")
    assert code == 1
    assert "lytro-04-B.jpg is empty" in out


def test_the_broken_copy_is_not_chosen_where_a_whole_one_is(data_dir: Path) -> None:
    notes = check("lytro", data_dir).notes
    assert any("another copy is not used" in note and "broken_lytro_zmff" in note for note in notes)


def test_gray_and_colour_in_one_pair(data_dir: Path) -> None:
    for name in ("roadscene", "msrs", "flir_aligned"):
        for pair in load(name, data_dir):
            assert [image.ndim for image in pair.load()] == [3, 2]
    for name in ("harvard_pet_mri", "harvard_spect_mri"):
        for pair in load(name, data_dir):
            assert [image.ndim for image in pair.load()] == [2, 3]
    gray = {pair.name for pair in load("vifb", data_dir) if pair.load()[1].ndim == 2}
    assert gray == {"manWalking", "running", "walking2", "walkingnight"}
    for name in ("llvip", "m3fd", "tno"):
        for pair in load(name, data_dir):
            infrared = pair.load()[1]
            assert infrared.ndim == 3
            assert (infrared == infrared[..., :1]).all()


def test_gray_pairs_of_mfifb(data_dir: Path) -> None:
    modes = Counter(row["mode"] for row in manifest(data_dir, "mfifb"))
    dims = Counter(image.ndim for pair in load("mfifb", data_dir) for image in pair.load())
    assert dims == {2: modes["L"], 3: modes["RGB"]}


def test_visible_pictures_of_another_size_are_left_out(data_dir: Path) -> None:
    for pair in load("roadscene", data_dir):
        assert (pair.a.parent.name, pair.b.parent.name) == ("crop_LR_visible", "cropinfrared")


def test_m3fd_sizes_are_not_all_alike(data_dir: Path) -> None:
    sizes = {pair.name: pair.load()[0].shape[:2] for pair in load("m3fd", data_dir)}
    listed = {
        row["pair_id"]: (int(row["height"]), int(row["width"]))
        for row in manifest(data_dir, "m3fd")
        if row["width"]
    }
    assert sizes == listed
    assert len(set(sizes.values())) > 1


def test_four_bands_are_not_taken_for_inks(data_dir: Path) -> None:
    pair = by_name("pansharpening", data_dir)["GIFNet_1"]
    remote = pair.a.parent.parent
    bands = [read_image(remote / f"MS_band{number}" / pair.b.name) for number in (3, 2, 1)]
    assert np.array_equal(pair.load()[1], np.stack(bands, axis=-1))


def test_pan_and_multispectral_have_one_size(data_dir: Path) -> None:
    shapes = {name: pair.load()[1].shape for name, pair in by_name("pansharpening", data_dir).items()}
    assert shapes == {
        "GTP-PNet_1": (200, 200, 3),
        "GIFNet_1": (512, 481, 3),
        "imgGE1": (1280, 1280, 3),
        "imgIK": (1280, 1280, 3),
        "WV3_example": (128, 128, 3),
    }


def test_sources_that_equal_the_reference_are_noted(data_dir: Path) -> None:
    notes = check("train_mff", data_dir).notes
    present = {pair.name for pair in load("train_mff", data_dir)}
    seen = {f"NYU-D ({n})" for n in (19, 32, 50, 69, 78, 85, 96)} & present
    assert {note.partition(":")[0] for note in notes if "equals the reference" in note} == seen


def test_ids_of_the_training_split_are_not_in_the_test_split(data_dir: Path) -> None:
    train = {"00556D", "00633D", "00881N", "01023N"}
    assert by_name("msrs_train", data_dir).keys() == train
    assert not train & by_name("msrs", data_dir).keys()
    assert by_name("msrs", data_dir)["00537D"].attributes == {"time": "day"}


def test_the_misspelled_name_is_known() -> None:
    assert DATASETS["SCIE"] is DATASETS["sice"]


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("llvip", "llvip"),
        ("llvip", "llvip/LLVIP"),
        ("mefb", "mefb"),
        ("m3fd", "m3fd/M3FD_Fusion"),
        ("mffw", "mffw/MFFW"),
        ("tno", "tno_tang/Image/Source-Image/TNO"),
        ("msrs", "msrs/MSRS/test"),
        ("sice", "sice/SICE"),
        ("vifb", "vifb"),
        ("lytro", "lytro/LytroDataset"),
    ],
)
def test_a_root_is_found_from_every_height(name: str, place: str, data_dir: Path) -> None:
    expected = [(pair.name, pair.a) for pair in load(name, data_dir)]
    assert [(pair.name, pair.a) for pair in load(name, data_dir / place)] == expected
    root = DATASETS[name].find(data_dir / place)
    assert root is not None
    assert [(pair.name, pair.a) for pair in DATASETS[name].pairs(root)] == expected
