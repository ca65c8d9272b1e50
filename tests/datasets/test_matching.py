"""Partners by name: never by position, never by a guess."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcmoa_bench.datasets import pairs_from_folders
from tcmoa_bench.datasets.files import split_name
from tcmoa_bench.datasets.matching import Found, loose, match_files
from tcmoa_bench.images import pair_name
from tcmoa_bench.types import BenchError, Pair, PairError
from tests.datasets.drawn import const, put, put_pairs

STEMS = st.text(st.sampled_from("aAbBéßİı017_ .-\udcff副"), min_size=1, max_size=5).filter(
    lambda stem: not stem.startswith(".")  # hidden files are no members
)
FILES = st.lists(
    st.builds(lambda stem, ending: stem + ending, STEMS, st.sampled_from([".png", ".jpg", ".PNG"])),
    unique=True,
)


def match(a: list[str], b: list[str]) -> Found:
    key = lambda path: split_name(path.name)[0]  # noqa: E731
    return match_files([Path("A") / name for name in a], [Path("B") / name for name in b], key, key)


@given(FILES, FILES)
def test_every_file_is_in_one_pair_or_in_one_list(a: list[str], b: list[str]) -> None:
    found = match(a, b)
    certain = [pair for pair in found.matches if not pair.problem]
    used_a, used_b = [pair.a.name for pair in certain], [pair.b.name for pair in certain]
    assert len(set(used_a)) == len(used_a)
    assert len(set(used_b)) == len(used_b)
    assert not set(used_a) & {path.name for path in found.unmatched_a}
    assert not set(used_b) & {path.name for path in found.unmatched_b}
    if len(certain) == len(found.matches):
        assert sorted(used_a + [path.name for path in found.unmatched_a]) == sorted(a)
        assert sorted(used_b + [path.name for path in found.unmatched_b]) == sorted(b)


@given(FILES, FILES)
def test_partners_have_the_same_stem_but_for_case(a: list[str], b: list[str]) -> None:
    for pair in match(a, b).matches:
        assert loose(split_name(pair.a.name)[0]) == loose(split_name(pair.b.name)[0])


@given(FILES, FILES)
def test_the_order_of_the_listings_does_not_matter(a: list[str], b: list[str]) -> None:
    assert [(m.name, m.problem) for m in match(a, b).matches] == [
        (m.name, m.problem) for m in match(a[::-1], b[::-1]).matches
    ]


@given(st.lists(STEMS, unique=True), st.randoms())
def test_equal_stems_are_partners_whatever_else_is_there(stems: list[str], random: object) -> None:
    a = [stem + ".png" for stem in stems]
    b = [stem + ".jpg" for stem in stems]
    random.shuffle(b)  # type: ignore[attr-defined]
    found = match(a, b)
    assert sorted((m.a.name, m.b.name) for m in found.matches) == sorted(
        zip(a, [s + ".jpg" for s in stems], strict=True)
    )
    assert not found.unmatched_a
    assert not found.unmatched_b


def test_case_differs_between_partners() -> None:
    found = match(["Lighthouse_a.png", "Farm.png"], ["Lighthouse_A.png", "farm.JPG"])
    assert [(m.name, m.b.name) for m in found.matches] == [
        ("Farm", "farm.JPG"),
        ("Lighthouse_a", "Lighthouse_A.png"),
    ]


def test_composed_and_decomposed_letters_are_the_same_name() -> None:
    name = "é"
    found = match(
        [unicodedata.normalize("NFC", name) + ".png"], [unicodedata.normalize("NFD", name) + ".png"]
    )
    assert [m.name for m in found.matches] == [unicodedata.normalize("NFC", name)]


def test_exact_spelling_goes_before_other_case() -> None:
    found = match(["x.png", "X.png"], ["X.png", "x.png"])
    assert [(m.a.name, m.b.name) for m in found.matches] == [("X.png", "X.png"), ("x.png", "x.png")]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (["01.png", "01.jpg"], ["01.png"]),
        (["01.png"], ["01.png", "01.tif"]),
        (["01.png", "01.jpg"], ["01.tif"]),
        (["01.png", "01.jpg"], ["01.bmp", "01.tif"]),
        (["x.png", "X.png"], ["X.tif", "x.bmp", "X.bmp"]),
        (["True.png", "true.png"], ["TRUE.png"]),
    ],
)
def test_a_stem_with_several_candidates_is_refused_with_their_names(a: list[str], b: list[str]) -> None:
    problems = [m.problem for m in match(a, b).matches if m.problem]
    assert len(problems) == 1
    assert "ambiguous" in problems[0]
    named = [name for name in (*(f"A/{n}" for n in a), *(f"B/{n}" for n in b)) if name in problems[0]]
    assert len(named) >= 3


def test_full_names_settle_equal_stems_in_both_folders() -> None:
    found = match(["01.png", "01.jpg", "02.png"], ["01.jpg", "01.png", "02.bmp"])
    assert [(m.name, m.a.name, m.b.name) for m in found.matches] == [
        ("01.jpg", "01.jpg", "01.jpg"),
        ("01.png", "01.png", "01.png"),
        ("02", "02.png", "02.bmp"),
    ]


def test_a_refused_pair_fails_alone_and_says_why(tmp_path: Path) -> None:
    put_pairs(tmp_path, {"01.png": 1, "01.jpg": 2, "02.png": 3}, {"01.png": 4, "02.png": 5})
    refused, good = pairs_from_folders(tmp_path / "A", tmp_path / "B")
    with pytest.raises(PairError, match=r"ambiguous: A/01.jpg, A/01.png, B/01.png"):
        refused.load()
    assert good.name == "02"
    assert [int(image[0, 0]) for image in good.load()] == [3, 5]


def test_names_stay_letter_for_letter(tmp_path: Path) -> None:
    names = [
        "00123",
        "0123",
        "123",
        "NA",
        "nan",
        "1e5",
        "True",
        "inf",
        "null",
        "-0",
        "1_000",
        " a ",
        "a.b",
        "#1",
        "50%",
    ]
    levels = {f"{name}.png": 10 * number for number, name in enumerate(names, 1)}
    root = put_pairs(tmp_path, levels, levels)
    pairs = pairs_from_folders(root / "A", root / "B")
    assert sorted(pair.name for pair in pairs) == sorted(names)
    for pair in pairs:
        a, b = pair.load()
        assert a[0, 0] == b[0, 0] == levels[f"{pair.name}.png"]


def _with_bytes_name(root: Path, *names: bytes) -> list[Pair]:
    for folder in ("A", "B"):
        put(root / folder / "01.png", const(1))
        for level, name in enumerate(names, 2):
            put(os.fsdecode(os.fsencode(root / folder) + b"/" + name), const(level))
    return pairs_from_folders(root / "A", root / "B")


def test_a_name_that_is_no_text_is_escaped_and_opens(tmp_path: Path) -> None:
    pairs = _with_bytes_name(tmp_path, b"\xff02.png", b"caf\xe9.png", "副本.png".encode(), b"a\nb\x1b.png")
    names = {pair.name: int(pair.load()[0][0, 0]) for pair in pairs}
    assert names == {"01": 1, r"\xff02": 2, r"caf\xe9": 3, "副本": 4, r"a\nb\x1b": 5}
    for name in names:
        name.encode("utf-8")


def test_escaped_names_stay_unique(tmp_path: Path) -> None:
    pairs = _with_bytes_name(tmp_path, b"\xff.png", rb"\xff.png")
    assert len({pair.name for pair in pairs}) == 3
    assert sorted(int(pair.load()[0][0, 0]) for pair in pairs) == [1, 2, 3]
    assert {int(pair.load()[0][0, 0]) - int(pair.load()[1][0, 0]) for pair in pairs} == {0}


@given(st.text(st.characters() | st.sampled_from("\udc80\udcff\n\x00"), max_size=10))
def test_every_pair_name_is_valid_text_and_ordinary_ones_are_unchanged(name: str) -> None:
    shown = pair_name(name)
    shown.encode("utf-8")
    assert all(unicodedata.category(char) != "Cc" for char in shown)
    if all(unicodedata.category(char) not in ("Cc", "Cs") for char in name):
        assert shown == name


def test_no_common_stem_is_an_error_that_says_what_was_looked_for(tmp_path: Path) -> None:
    put_pairs(tmp_path, {"1.png": 1}, {"2.png": 1})
    with pytest.raises(BenchError, match=r"0 pairs.*same stem in .*A and .*B"):
        pairs_from_folders(tmp_path / "A", tmp_path / "B")
