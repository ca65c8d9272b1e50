"""Which files are members, and in which order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmoa_bench.datasets.files import Tree, natural_key
from tcmoa_bench.types import BenchError
from tests.datasets.drawn import touch

NAMES = st.text(st.characters(codec="utf-8") | st.sampled_from("0123456789\udcff"), max_size=12)


def test_numbers_are_counted_and_text_is_compared_by_code_points() -> None:
    names = ["b", "a10", "a9", "a09", "A", "10", "9", "é", "a", "", "a9b2", "a9b10", "００"]
    expected = ["", "9", "10", "A", "a", "a09", "a9", "a9b2", "a9b10", "a10", "b", "é", "００"]
    assert sorted(names, key=natural_key) == expected


def test_a_name_of_a_thousand_digits_is_no_problem() -> None:
    assert natural_key("9" * 5000) > natural_key("1" * 5000)


@given(st.lists(NAMES, unique=True))
def test_order_does_not_depend_on_the_order_of_the_listing(names: list[str]) -> None:
    turned = names[::-1]
    assert sorted(names, key=natural_key) == sorted(turned, key=natural_key)


@given(st.integers(0, 10**30), st.integers(0, 10**30))
def test_order_of_numbers_is_that_of_integers(one: int, other: int) -> None:
    assert (natural_key(f"x{one}") < natural_key(f"x{other}")) == (one < other)


def test_only_pictures_are_members(tmp_path: Path) -> None:
    touch(tmp_path, ["1.png", "2.JPG", "3.jpeg", "4.Tif", "5.TIFF", "6.bmp", "7.webp"])
    for stray in (
        "._1.png",
        ".DS_Store",
        ".hidden.png",
        "Thumbs.db",
        "desktop.ini",
        "a.txt",
        "b.png.part",
        "png",
    ):
        (tmp_path / stray).write_bytes(b"x")
    for folder in ("__MACOSX", "sub.png", ".git"):
        (tmp_path / folder).mkdir()
    os.symlink(tmp_path / "gone.png", tmp_path / "8.png")
    listing = Tree().entries(tmp_path)
    assert listing.pictures == ("1.png", "2.JPG", "3.jpeg", "4.Tif", "5.TIFF", "6.bmp", "7.webp", "8.png")
    assert listing.folders == ("sub.png",)
    assert set(listing.ignored) == {
        "._1.png", ".DS_Store", ".git", ".hidden.png", "Thumbs.db", "__MACOSX", "a.txt", "b.png.part", "desktop.ini", "png"
    }  # fmt: skip


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_link_to_itself_fails_by_name_and_a_pipe_is_no_picture(tmp_path: Path) -> None:
    """One odd entry costs no folder, and nothing waits for a pipe that nobody writes to."""
    touch(tmp_path, ["1.png"])
    for loop in ("2.png", "loop"):
        os.symlink(loop, tmp_path / loop)
    os.mkfifo(tmp_path / "3.png")
    os.symlink("3.png", tmp_path / "4.png")
    listing = Tree().entries(tmp_path)
    assert listing.pictures == ("1.png", "2.png")
    assert listing.ignored == ("3.png", "4.png", "loop")


def test_folders_are_found_in_any_case_and_the_exact_spelling_wins(tmp_path: Path) -> None:
    for folder in ("Visible/Test", "ir", "IR", "x/1", "x/2"):
        (tmp_path / folder).mkdir(parents=True)
    tree = Tree()
    assert tree.resolve(tmp_path, "visible/test") == [tmp_path / "Visible/Test"]
    assert tree.resolve(tmp_path, "ir") == [tmp_path / "ir"]
    assert tree.resolve(tmp_path, "Ir") == [tmp_path / "IR", tmp_path / "ir"]
    assert tree.resolve(tmp_path, "x/*") == [tmp_path / "x/1", tmp_path / "x/2"]
    assert tree.resolve(tmp_path, ".") == [tmp_path]
    assert tree.resolve(tmp_path, "y/*") == []


def test_walk_goes_level_by_level_and_stops_at_its_depth(tmp_path: Path) -> None:
    for folder in ("b/deep/deeper", "a", ".git/x", "10", "9"):
        (tmp_path / folder).mkdir(parents=True)
    walked = [str(path.relative_to(tmp_path)) for path in Tree().walk(tmp_path, 2)]
    assert walked == [".", "9", "10", "a", "b", "b/deep"]


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"cannot list the folder .*nowhere"):
        Tree().entries(tmp_path / "nowhere")
