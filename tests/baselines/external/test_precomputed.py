"""Fused images of others, in every naming pattern seen."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from tcmoa_bench.baselines.external.precomputed import Precomputed, discover
from tcmoa_bench.images import encode_png, pair_name
from tcmoa_bench.types import BenchError, FuserError, Pair, Task

SOURCE = np.zeros((4, 5), np.uint8)


def _pairs(*names: str, dataset: str = "d") -> list[Pair]:
    return [Pair(dataset, name, Task.VIF, Path("a"), Path("b")) for name in names]


def _fill(folder: Path, *names: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for value, name in enumerate(names, 1):
        (folder / name).write_bytes(encode_png(np.full((4, 5), value, np.uint8)))
    return folder


def _found(label: str, folder: Path, pairs: list[Pair]) -> list[str]:
    fuser = Precomputed(label, folder, pairs)
    return [fuser.inputs(pair)[0].name for pair in pairs]


@pytest.mark.parametrize("pattern", ["{p}.png", "{p}.PNG", "{p}.JPG", "{p}_X.jpg", "{p}_x.bmp", "X_{p}.Png"])
def test_patterns(pattern: str, tmp_path: Path) -> None:
    names = [pattern.format(p=p) for p in ("one", "two")]
    _fill(tmp_path, *names, "notes.txt")
    assert _found("X", tmp_path, _pairs("one", "two")) == names


@pytest.mark.parametrize("file", ["CAF\u00c9.PNG", "cafe\u0301.png", "Cafe\u0301_x.png", "X_CAF\u00c9.jpg"])
def test_case_and_composition_do_not_matter_where_no_spelling_is_exact(file: str, tmp_path: Path) -> None:
    _fill(tmp_path, file)
    assert _found("X", tmp_path, _pairs("caf\u00e9")) == [file]


def test_an_exact_spelling_goes_before_a_loose_one(tmp_path: Path) -> None:
    _fill(tmp_path, "p.png", "P.png", "q.png")
    assert _found("X", tmp_path, _pairs("p", "q")) == ["p.png", "q.png"]
    assert _found("X", tmp_path, _pairs("p", "P")) == ["p.png", "P.png"]
    fuser = Precomputed("X", tmp_path, _pairs("Q", "qq", "QQ"))
    assert fuser.inputs(_pairs("Q")[0])[0].name == "q.png"
    _fill(tmp_path, "Qq.png")
    with pytest.raises(FuserError, match="no fused image for pair qq"):
        Precomputed("X", tmp_path, _pairs("qq", "QQ")).inputs(_pairs("qq")[0])


def test_another_label_in_a_folder_of_one_method(tmp_path: Path) -> None:
    _fill(tmp_path, "one_their.png", "two_their.png")
    assert _found("mine", tmp_path, _pairs("one", "two")) == ["one_their.png", "two_their.png"]


def test_the_longest_pair_name_wins(tmp_path: Path) -> None:
    _fill(tmp_path, "man_GTF.jpg", "man_2_GTF.jpg", "man2_GTF.jpg", "manCar_GTF.jpg")
    names = ["man", "man_2", "man2", "manCar"]
    assert _found("GTF", tmp_path, _pairs(*names)) == [f"{n}_GTF.jpg" for n in names]


def test_methods_with_underscores_and_equal_endings(tmp_path: Path) -> None:
    _fill(tmp_path, "one_LP_SR.jpg", "one_RP_SR.jpg", "one_SR.jpg", "one_LP.jpg")
    assert [_found(m, tmp_path, _pairs("one"))[0] for m in ("LP_SR", "RP_SR", "SR", "LP")] == [
        "one_LP_SR.jpg",
        "one_RP_SR.jpg",
        "one_SR.jpg",
        "one_LP.jpg",
    ]


def test_a_method_that_lacks_a_pair_does_not_take_another_methods_image(tmp_path: Path) -> None:
    _fill(tmp_path, "one_X.png", "one_Y.png", "two_Y.png")
    pairs = _pairs("one", "two")
    fuser = Precomputed("X", tmp_path, pairs)
    with pytest.raises(FuserError, match=r"no fused image for pair two.*there are images of Y"):
        fuser.inputs(pairs[1])


def test_an_unknown_label_among_many_methods_is_refused(tmp_path: Path) -> None:
    _fill(tmp_path, "one_X.png", "one_Y.png")
    with pytest.raises(FuserError, match=r"Z: no fused image for pair one.*images of X, Y"):
        _found("Z", tmp_path, _pairs("one"))


@pytest.mark.parametrize(
    "names", [("one.png", "one.jpg"), ("one.png", "one_X.png"), ("one_X.png", "X_one.png")]
)
def test_ambiguous_files_are_both_named(names: tuple[str, str], tmp_path: Path) -> None:
    _fill(tmp_path, *names)
    with pytest.raises(FuserError) as error:
        _found("X", tmp_path, _pairs("one"))
    assert all(name in str(error.value) for name in names)


def test_subfolders_of_datasets_keep_equal_names_apart(tmp_path: Path) -> None:
    _fill(tmp_path / "d1", "one.png")
    _fill(tmp_path / "d2", "other.png", "one.png")
    pairs = _pairs("one", dataset="d1") + _pairs("one", dataset="d2")
    fuser = Precomputed("X", tmp_path, pairs)
    assert [int(fuser.fuse(SOURCE, SOURCE, pair)[0, 0]) for pair in pairs] == [1, 2]


def test_the_benchmarks_own_folder_name(tmp_path: Path) -> None:
    _fill(tmp_path / "fused_images", "one_X.jpg", "one_Y.jpg")
    assert _found("Y", tmp_path, _pairs("one")) == ["one_Y.jpg"]


def test_one_file_for_pairs_of_two_datasets_is_refused(tmp_path: Path) -> None:
    _fill(tmp_path, "one.png")
    pairs = _pairs("one", dataset="d1") + _pairs("one", dataset="d2")
    with pytest.raises(FuserError, match=r"pair one is in d1 and d2.*subfolders"):
        Precomputed("X", tmp_path, pairs).inputs(pairs[0])


def test_a_missing_image_says_what_was_looked_for(tmp_path: Path) -> None:
    _fill(tmp_path, "one.png")
    pairs = _pairs("one", "two")
    with pytest.raises(FuserError, match=r"X: no fused image for pair two; looked for two, two_X and X_two"):
        Precomputed("X", tmp_path, pairs).fuse(SOURCE, SOURCE, pairs[1])


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "one.png").write_bytes(b"")
    with pytest.raises(FuserError, match=r"X: .*one.png is empty"):
        Precomputed("X", tmp_path, _pairs("one")).fuse(SOURCE, SOURCE, _pairs("one")[0])


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match="no such folder"):
        Precomputed("X", tmp_path / "nowhere", _pairs("one"))


def test_discover_counts_methods(tmp_path: Path) -> None:
    _fill(tmp_path, "one_X.png", "one_Y_2.png", "two_X.png", "three.png")
    assert discover(tmp_path, _pairs("one", "two", "three")) == {"": 1, "X": 2, "Y_2": 1}


def test_the_published_folder_of_vifb(data_dir: Path) -> None:
    folder = data_dir / "vifb" / "output" / "fused_images"
    names = sorted(path.stem for path in (data_dir / "vifb" / "input" / "VI").glob("*.jpg"))
    counts = discover(folder, _pairs(*names))
    assert len(names) == 21
    assert len(counts) == 25
    assert set(counts.values()) == {21}
    assert _found("RP_SR", folder, _pairs(*names)) == [f"{name}_RP_SR.jpg" for name in names]


def test_numbered_files_are_taken_in_order_and_that_is_said(tmp_path: Path) -> None:
    pairs = _pairs("alpha", "beta", "gamma")
    folder = _fill(tmp_path / "x", "1.png", "002.png", "3.jpg")
    fuser = Precomputed("X", folder, pairs)
    assert [fuser.inputs(pair)[0].name for pair in pairs] == ["1.png", "002.png", "3.jpg"]
    (said,) = fuser.remarks
    assert "taken IN ORDER: 1.png is alpha, 3.jpg is gamma" in said


@pytest.mark.parametrize(
    "files",
    [("1.png", "2.png"), ("1.png", "2.png", "4.png"), ("1.png", "2.png", "3.png", "4.png"),
     ("1.png", "2.png", "3.png", "x.png"), ("1.png", "2.png", "beta.png"), ("1.png", "01.png", "2.png")],
)  # fmt: skip
def test_numbered_files_that_are_not_one_for_each_pair_are_left(
    files: tuple[str, ...], tmp_path: Path
) -> None:
    pairs = _pairs("alpha", "beta", "gamma")
    fuser = Precomputed("X", _fill(tmp_path / "x", *files), pairs)
    assert fuser.remarks == []
    with pytest.raises(FuserError, match="no fused image for pair alpha"):
        fuser.inputs(pairs[0])


def test_a_hyphen_before_the_method_and_names_as_they_are_on_disk(tmp_path: Path) -> None:
    folder = _fill(tmp_path / "x", "a1-fused.png", "a1-b.png", "tab\there.png", os.fsdecode(b"caf\xe9_X.png"))
    pairs = _pairs("a1", "a1-b")
    assert _found("fused", folder, pairs) == ["a1-fused.png", "a1-b.png"]
    names = [pair_name(os.fsdecode(b"caf\xe9")), pair_name("tab\there")]
    assert _found("X", folder, _pairs(*names)) == [os.fsdecode(b"caf\xe9_X.png"), "tab\there.png"]


def test_what_does_lie_there_is_listed(tmp_path: Path) -> None:
    folder = _fill(tmp_path / "x", *(f"frame{i}.png" for i in range(6)))
    with pytest.raises(FuserError, match=r"There lie 'frame0.png', .*'frame3.png' and 2 more"):
        Precomputed("X", folder, _pairs("a")).inputs(_pairs("a")[0])
    with pytest.raises(FuserError, match="No picture lies there"):
        Precomputed("X", _fill(tmp_path / "empty"), _pairs("a")).inputs(_pairs("a")[0])


def test_a_folder_of_many_methods_holds_one_for_the_label(tmp_path: Path) -> None:
    _fill(tmp_path / "fused" / "X" / "d", "a.png")
    _fill(tmp_path / "fused" / "Y", "a.png")
    for label in ("X", "Y"):
        (file,) = Precomputed(label, tmp_path / "fused", _pairs("a")).inputs(_pairs("a")[0])
        assert label in file.parts
