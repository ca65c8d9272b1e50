"""`data check` opens every image and says what is wrong (cases F05, F09, F11, F17 from the field)."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFile

from tcmoa_bench.datasets import check
from tests.datasets.drawn import const, put, put_pairs, touch

Command = Callable[..., tuple[int, str, str]]

RAMP = np.repeat(np.arange(0, 256, 4, dtype=np.uint8)[:, None], 64, axis=1)


def test_all_well(tmp_path: Path) -> None:
    put_pairs(tmp_path, {"1.png": 10, "2.png": 20}, {"1.png": 30, "2.png": 40})
    report = check("pairs", tmp_path)
    assert report.ok
    assert report.as_text() == "pairs: 2 pairs, ok"


def test_a_cut_file_is_listed(tmp_path: Path, shared_dir: Path, command: Command) -> None:
    for name in ("1.png", "2.jpg", "3.png"):
        put(tmp_path / "A" / name, RAMP)
        put(tmp_path / "B" / name, RAMP.T.copy())
    shutil.copy(shared_dir / "field/inputs/cut.jpg", tmp_path / "A/2.jpg")
    code, out, _ = command("data", "check", "pairs", "--data", tmp_path)
    assert code == 1
    assert "3 pairs" in out
    assert out.count("unreadable") == 1
    assert "2.jpg is truncated" in out


def test_the_switch_that_tolerates_cut_files_does_not_matter(
    tmp_path: Path, shared_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    for number in range(24):
        for folder in ("A", "B"):
            (tmp_path / folder).mkdir(exist_ok=True)
            shutil.copy(shared_dir / "field/inputs/cut.jpg", tmp_path / folder / f"{number}.jpg")
    assert len(check("pairs", tmp_path).unreadable) == 48
    assert ImageFile.LOAD_TRUNCATED_IMAGES


def test_damage_of_every_kind_is_listed_by_name(tmp_path: Path) -> None:
    files = [f"{name}.png" for name in ("empty", "text", "wide", "gone", "pages", "clear")]
    put_pairs(tmp_path, dict.fromkeys(files, 1), dict.fromkeys(files, 2))
    (tmp_path / "A/empty.png").write_bytes(b"")
    (tmp_path / "A/text.png").write_text("not a picture")
    put(tmp_path / "A/wide.png", np.full((64, 64), 40000, np.uint16))
    (tmp_path / "A/gone.png").unlink()
    os.symlink(tmp_path / "nowhere.png", tmp_path / "A/gone.png")
    from PIL import Image

    Image.fromarray(const(1, 64, 64)).save(
        tmp_path / "A/pages.png", "TIFF", save_all=True, append_images=[Image.fromarray(const(2, 64, 64))]
    )
    Image.fromarray(np.zeros((64, 64, 4), np.uint8)).save(tmp_path / "A/clear.png")
    report = check("pairs", tmp_path)
    assert not report.ok
    reasons = dict(zip(sorted(files), report.unreadable, strict=True))
    assert "transparent pixels" in reasons["clear.png"]
    assert "is empty (0 bytes)" in reasons["empty.png"]
    assert "no such file" in reasons["gone.png"]
    assert "2 pages" in reasons["pages.png"]
    assert "not a picture" in reasons["text.png"]
    assert "16-bit" in reasons["wide.png"]
    for file, reason in reasons.items():
        assert file in reason


def test_sizes_that_differ_are_listed_with_both_files(tmp_path: Path) -> None:
    put_pairs(tmp_path, {"p1.png": 1}, {"p1.png": 2})
    put(tmp_path / "A/p2.png", const(100, 48, 64))
    put(tmp_path / "B/p2.png", const(100, 48, 63))
    (line,) = check("pairs", tmp_path).sizes
    for part in ("A/p2.png is 48x64", "B/p2.png is 48x63", "height x width"):
        assert part in line


def test_a_reference_counts_too(tmp_path: Path) -> None:
    touch(tmp_path, ["1.png", "2.png", "3.png"])
    put(tmp_path / "gt.png", const(9, 8, 9))
    (tmp_path / "p.csv").write_text(
        "a,b,reference\n1.png,2.png,gt.png\n2.png,3.png,2.png\n3.png,1.png,gone.png\n"
    )
    report = check({"name": "pairs", "csv": "p.csv"}, None, tmp_path)
    assert len(report.sizes) == 2
    assert all("gt.png is 8x9" in line for line in report.sizes)
    assert report.notes == ["2: source A equals the reference"]
    assert len(report.unreadable) == 1


def test_both_roles_from_one_folder_is_worth_a_word(tmp_path: Path, command: Command) -> None:
    for name in ("1.png", "2.png", "3.png"):
        put(tmp_path / "A" / name, RAMP)
    shutil.copytree(tmp_path / "A", tmp_path / "B")
    code, out, _ = command("data", "check", "pairs", "--data", tmp_path)
    assert code == 1
    assert "A and B are identical in 3 of 3 pairs: do both roles read the same folder?" in out


def test_identical_are_the_pixels_not_the_files(tmp_path: Path) -> None:
    put(tmp_path / "A/1.png", RAMP)
    put(tmp_path / "B/1.bmp", np.repeat(RAMP[..., None], 3, axis=2))
    put(tmp_path / "A/2.png", RAMP)
    put(tmp_path / "B/2.png", RAMP.T.copy())
    assert check("pairs", tmp_path).identical == ["1"]


def test_ambiguous_partners_are_wrong_and_no_pairs(tmp_path: Path) -> None:
    put_pairs(tmp_path, {"01.png": 1, "01.jpg": 2, "02.png": 3}, {"01.png": 4, "02.png": 5})
    report = check("pairs", tmp_path)
    assert (report.found, report.ok, len(report.ambiguous), report.unreadable) == (1, False, 1, [])
    assert "ambiguous: partners for '01'" in report.as_text()


def test_names_that_are_no_text_neither_end_the_check_nor_spoil_its_output(
    tmp_path: Path, command: Command
) -> None:
    for folder, level in (("A", 1), ("B", 2)):
        put(tmp_path / folder / "01.png", level)
        put(os.fsdecode(os.fsencode(tmp_path / folder) + b"/\xff02.png"), level)
        Path(os.fsdecode(os.fsencode(tmp_path / folder) + b"/\xff03.png")).write_bytes(b"")
    put(os.fsdecode(os.fsencode(tmp_path / "A") + b"/\xff04.png"), 4)
    for form in ("text", "json"):
        code, out, err = command("data", "check", "pairs", "--data", tmp_path, "--format", form)
        assert code == 1
        assert err == ""
        out.encode("utf-8")
        assert out.count(r"xff03.png is empty") == 2
        assert r"xff04" in out


def test_json_holds_what_the_text_says(tmp_path: Path, command: Command) -> None:
    put_pairs(tmp_path, {"1.png": 1, "2.png": 2}, {"1.png": 1, "3.png": 3})
    code, out, _ = command("data", "check", "pairs", "--data", tmp_path, "--format", "json")
    content = json.loads(out)
    assert code == 1
    assert content["ok"] is False
    (report,) = content["datasets"]
    assert report["pairs_found"] == 1
    assert report["pairs_expected"] is None
    assert [entry["stem"] for entry in report["unmatched_a"]] == ["2"]
    assert [entry["stem"] for entry in report["unmatched_b"]] == ["3"]
    assert report["identical"] == ["1"]


def test_long_lists_are_counted_on_a_terminal_and_whole_in_json(tmp_path: Path) -> None:
    put_pairs(tmp_path, {f"{n}.png": 1 for n in range(30)}, {"0.png": 2})
    report = check("pairs", tmp_path)
    assert len(report.unmatched_a) == 29
    assert "unmatched A: and 9 more (all of them with --format json)" in report.as_text()
