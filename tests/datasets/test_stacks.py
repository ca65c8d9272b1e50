"""How stacks of more than two sources are found: a folder for each scene, one folder of all, further folders, a list."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tcmoa_bench.datasets import open_spec
from tcmoa_bench.datasets.catalogue import open_dataset
from tcmoa_bench.types import BenchError, Pair, PairError
from tests.commands import call, const, save

RNG = np.random.default_rng(0)


def picture(level: int = 120, shape: tuple[int, ...] = (24, 30)) -> np.ndarray:
    return (RNG.integers(-20, 20, shape) + level).astype(np.uint8)


def stacks(root: Path, task: str = "mff") -> dict[str, list[str]]:
    pairs = open_dataset({"name": "pairs", "stacks": str(root), "task": task}, None, Path())
    return {pair.name: [str(file.relative_to(root)) for file in pair.files] for pair in pairs}


def test_each_folder_is_a_scene_in_natural_order(tmp_path):
    for name in ("10.png", "9.png", "2.png"):
        save(tmp_path / "s2" / name, picture())
    for name in ("a.png", "b.png"):
        save(tmp_path / "s10" / name, picture())
    save(tmp_path / "lonely" / "a.png", picture())
    assert stacks(tmp_path) == {
        "s2": ["s2/2.png", "s2/9.png", "s2/10.png"],
        "s10": ["s10/a.png", "s10/b.png"],
    }
    opened = open_spec({"name": "pairs", "stacks": str(tmp_path), "task": "mff"}, None, Path())
    assert "lonely" in str(opened.found.unmatched_a)
    assert [dict(pair.attributes) for pair in opened.pairs()] == [{"sources": "3"}, {}]


def test_exposures_go_from_dark_to_bright_and_labels_are_ground_truths(tmp_path):
    for name, level in (("1.png", 200), ("2.png", 60), ("3.png", 130)):
        save(tmp_path / "7" / name, picture(level))
    truth = save(tmp_path / "Label" / "7.PNG", picture())
    assert stacks(tmp_path, "mef") == {"7": ["7/2.png", "7/3.png", "7/1.png"]}
    (pair,) = open_dataset({"name": "pairs", "stacks": str(tmp_path), "task": "mef"}, None, Path())
    assert pair.reference == truth


def test_one_folder_of_all_is_told_apart_by_names(tmp_path):
    for name in ("lytro-01-A", "lytro-01-B", "lytro-01-C", "lytro-02-A", "lytro-02-B", "tower_10", "tower_9"):
        save(tmp_path / f"{name}.png", picture())
    assert stacks(tmp_path) == {
        "lytro-01": ["lytro-01-A.png", "lytro-01-B.png", "lytro-01-C.png"],
        "lytro-02": ["lytro-02-A.png", "lytro-02-B.png"],
        "tower": ["tower_9.png", "tower_10.png"],
    }


def test_a_scene_that_is_several_fails_by_name(tmp_path):
    for name in ("x-1", "x-2", "y-1", "y-2"):
        save(tmp_path / "Triple Series" / f"{name}.png", picture())
    (pair,) = open_dataset({"name": "pairs", "stacks": str(tmp_path), "task": "mff"}, None, Path())
    with pytest.raises(PairError, match=r"named like 2 scenes \(x, y\)"):
        pair.load_all()


def test_what_is_no_stack_is_said(tmp_path):
    save(tmp_path / "a.png", picture())
    with pytest.raises(BenchError, match=r"0 stacks in .*scene_1\.png"):
        stacks(tmp_path)
    with pytest.raises(BenchError, match="no folder"):
        stacks(tmp_path / "absent")
    with pytest.raises(BenchError, match=r"mef .*or mff"):
        open_dataset({"name": "pairs", "stacks": str(tmp_path)}, None, Path())
    with pytest.raises(BenchError, match="give either"):
        open_dataset({"name": "pairs", "stacks": "x", "csv": "y"}, None, Path())
    with pytest.raises(BenchError, match="give a= and b= too"):
        open_dataset({"name": "pairs", "csv": "y", "further": ["z"]}, None, Path())


def test_folders_of_sources_are_no_scenes(tmp_path):
    for folder in ("near", "far"):
        for name in ("1", "2"):
            save(tmp_path / folder / f"{name}.png", picture())
    with pytest.raises(
        BenchError, match=r"a folder for each source \(near, far\), not for each scene: .*--further"
    ):
        stacks(tmp_path)
    (tmp_path / "near").rename(tmp_path / "a")  # scenes may be called so
    (tmp_path / "far").rename(tmp_path / "b")
    assert list(stacks(tmp_path)) == ["a", "b"]


def test_further_folders_are_matched_by_stem_and_a_gap_fails_by_name(tmp_path):
    for folder in "abcd":
        for name in ("1", "2"):
            save(tmp_path / folder / f"{name}.png", picture())
    (tmp_path / "c/1.png").rename(tmp_path / "c/1.PNG")
    (tmp_path / "d/2.png").rename(tmp_path / "d/3.png")
    spec = {"name": "pairs", "a": "a", "b": "b", "further": ["c", "d"], "task": "mff"}
    opened = open_spec(spec, None, tmp_path)
    first, second = opened.pairs()
    assert [file.relative_to(tmp_path).as_posix() for file in first.files] == [
        "a/1.png",
        "b/1.png",
        "c/1.PNG",
        "d/1.png",
    ]
    assert len(first.load_all()) == 4
    with pytest.raises(PairError, match=r"no picture with the stem of 2.png in .*d"):
        second.load_all()
    assert any("3.png" in remark for remark in opened.remarks())
    with pytest.raises(BenchError, match="no folder"):
        open_spec({**spec, "further": "absent"}, None, tmp_path)


def test_a_list_names_further_sources(tmp_path):
    files = [save(tmp_path / f"{i}.png", picture()) for i in range(4)]
    (tmp_path / "l.csv").write_text("a,b,further,time\n0.png,1.png,2.png;3.png,day\n2.png,3.png,,night\n")
    stack, pair = open_dataset({"name": "pairs", "csv": "l.csv", "task": "mff"}, None, tmp_path)
    assert list(stack.files) == files
    assert stack.attributes == {"sources": "4", "time": "day"}
    assert (pair.further, pair.attributes) == ((), {"time": "night"})


def test_sizes_and_damage_of_further_sources_name_the_file(tmp_path):
    files = [save(tmp_path / f"{i}.png", picture()) for i in range(2)]
    small = save(tmp_path / "small.png", const(9, (8, 8)))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    for third in (small, broken):
        with pytest.raises(PairError, match=third.name):
            Pair("d", "p", "mff", *files, further=(third,)).load_all()


def test_the_check_looks_at_every_source(tmp_path):
    for i in (1, 2):
        save(tmp_path / "s" / f"{i}.png", picture())
    save(tmp_path / "s/3.png", const(9, (8, 8)))
    done = call("data", "check", "--stacks", tmp_path)
    assert done.code == 1
    assert "3.png" in done.out
    assert "8x8" in done.out
