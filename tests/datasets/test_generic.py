"""Users' own pairs: folders found by their names, entries of a suite, CSV files (cases F07, F08, F10 from the field)."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tcmoa_bench.datasets import open_dataset, open_spec, pairs_from_csv, pairs_from_folders
from tcmoa_bench.types import BenchError, PairError, Task
from tests.datasets.drawn import const, put, put_pairs, touch

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def eleven(tmp_path: Path) -> Path:
    """Eleven pictures that are not zero-padded; B lacks 5 and has 12 in its place (F07)."""
    a = {f"{n}.png": 20 * n for n in range(1, 12)}
    b = {f"{n}.png": 20 * n for n in range(1, 13) if n != 5}
    return put_pairs(tmp_path, a, b)


def test_pairs_are_by_name_in_natural_order(eleven: Path) -> None:
    pairs = pairs_from_folders(eleven / "A", eleven / "B", Task.MFF, "mine")
    assert [pair.name for pair in pairs] == ["1", "2", "3", "4", "6", "7", "8", "9", "10", "11"]
    for pair in pairs:
        a, b = pair.load()
        assert a.tolist() == b.tolist() == const(20 * int(pair.name), 64, 64).tolist()
        assert (pair.dataset, pair.roles) == ("mine", ("near", "far"))


def test_check_names_what_is_unmatched(eleven: Path, command: Command) -> None:
    code, out, _ = command("data", "check", "pairs", "--data", eleven)
    assert code == 1
    assert "10 pairs" in out
    assert "unmatched A: 5 " in out
    assert "unmatched B: 12 " in out


def test_remarks_name_the_files_that_a_run_leaves_out(eleven: Path) -> None:
    remarks = open_spec({"name": "pairs", "path": str(eleven)}, None, Path()).remarks()
    assert remarks == [
        "pairs: 1 of source A without a partner: 5.png",
        "pairs: 1 of source B without a partner: 12.png",
    ]


def test_shadow_files_are_no_members_and_endings_count_in_any_case(
    tmp_path: Path, shared_dir: Path, command: Command
) -> None:
    for number, name in enumerate(("A/01.PNG", "B/01.png", "A/02.JPG", "B/02.jpeg")):
        put(tmp_path / name, 40 * number)
    shutil.copy(shared_dir / "field/inputs/apple_double.bin", tmp_path / "A/._01.PNG")
    for name in (".DS_Store", "Thumbs.db", "desktop.ini"):
        (tmp_path / "A" / name).write_bytes(b"\0\1")
    (tmp_path / "A/__MACOSX").mkdir()
    shutil.copy(shared_dir / "field/inputs/apple_double.bin", tmp_path / "A/__MACOSX/._02.JPG")
    code, out, _ = command("data", "check", "--data", tmp_path)
    assert (code, out.splitlines()[0]) == (0, "pairs: 2 pairs, ok")
    assert "ignored 5 entries" in out


def test_empty_folders_are_no_success(tmp_path: Path, command: Command) -> None:
    put_pairs(tmp_path, {}, {})
    for arguments in (
        ("pairs", "--data", tmp_path),
        ("--data", tmp_path),
        ("--a", tmp_path / "A", "--b", tmp_path / "B"),
    ):
        code, _, err = command("data", "check", *arguments)
        assert code == 2
        assert "0 pairs" in err
        assert str(tmp_path / "A") in err
        assert ".png" in err


def test_only_unmatched_files_are_no_success_either(tmp_path: Path, command: Command) -> None:
    put_pairs(tmp_path, {"1.png": 1}, {"2.png": 2})
    code, out, _ = command("data", "check", "pairs", "--data", tmp_path)
    assert code == 2
    assert "0 pairs, NOT ok" in out
    assert "unmatched A: 1 " in out


@pytest.mark.parametrize(
    ("a", "b", "task"),
    [
        ("A", "B", Task.VIF),
        ("a", "B", Task.VIF),
        ("Visible", "Infrared", Task.VIF),
        ("vi", "ir", Task.VIF),
        ("VIS", "IR", Task.VIF),
        ("rgb", "thermal", Task.VIF),
        ("under", "over", Task.MEF),
        ("ue", "oe", Task.MEF),
        ("Near", "Far", Task.MFF),
        ("source_1", "source_2", Task.MFF),
        ("MRI", "SPECT", Task.MED),
        ("PAN", "MS", Task.PAN),
    ],
)
def test_folders_tell_by_their_names_what_they_hold(tmp_path: Path, a: str, b: str, task: Task) -> None:
    touch(tmp_path, [f"{a}/1.png", f"{b}/1.png"])
    for pair in (
        open_dataset({"name": "pairs", "path": str(tmp_path)}, None, Path("elsewhere")),
        open_dataset({"name": "pairs"}, tmp_path, Path("elsewhere")),
    ):
        assert [(p.task, p.a, p.b) for p in pair] == [(task, tmp_path / a / "1.png", tmp_path / b / "1.png")]


def test_two_ways_to_read_a_root_are_a_question(tmp_path: Path) -> None:
    touch(tmp_path, ["A/1.png", "B/1.png", "visible/1.png", "ir/1.png"])
    with pytest.raises(BenchError, match=r"A \+ B; visible \+ ir; say which"):
        open_dataset({"name": "pairs", "path": str(tmp_path)}, None, Path())


def test_two_spellings_of_a_folder_are_a_question(tmp_path: Path) -> None:
    touch(tmp_path, ["IR/1.png", "Ir/1.png", "vi/1.png"])
    with pytest.raises(BenchError, match="more than one pair of folders"):
        open_dataset({"name": "pairs", "path": str(tmp_path)}, None, Path())


def test_relative_paths_start_at_the_suites_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    touch(tmp_path, ["suite/x/A/1.png", "suite/x/B/1.png", "suite/n/1.png", "suite/f/1.png"])
    (tmp_path / "suite/p.csv").write_text("a,b\nn/1.png,f/1.png\n")
    monkeypatch.chdir("/")
    base = tmp_path / "suite"
    for spec in ({"path": "x"}, {"a": "n", "b": "f"}, {"csv": "p.csv"}):
        (pair,) = open_dataset({"name": "pairs", "task": "mff", "label": "own", **spec}, None, base)
        assert (pair.dataset, pair.name, pair.task) == ("own", "1", Task.MFF)
        assert pair.a.is_file()
        assert pair.b.is_file()


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({}, "a dataset entry needs a name"),
        ({"name": "pairs"}, "where are its pairs"),
        ({"name": "pairs", "a": "x"}, "either path=, or a= and b=, or csv="),
        ({"name": "pairs", "a": "x", "b": "y", "csv": "z"}, "either path=, or a= and b=, or csv="),
        ({"name": "pairs", "csv": "z", "b": "y"}, "either path=, or a= and b=, or csv="),
        ({"name": "pairs", "path": "x", "pth": "y"}, "unknown key 'pth'"),
        ({"name": "pairs", "path": "x"}, "no folder"),
        ({"name": "pairs", "path": ".", "task": "mfx"}, "unknown task 'mfx'"),
        ({"name": "pairs", "path": "."}, "0 pairs: no two folders of sources"),
        ({"name": "pairs", "a": "x", "b": "y"}, "no folder .*x for source A"),
        ({"name": "llvip", "limit": 3}, "unknown key 'limit'"),
        ({"name": "lvip"}, r"unknown dataset 'lvip'.*llvip"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path: Path, spec: dict[str, object], message: str) -> None:
    if spec.get("task"):
        touch(tmp_path, ["A/1.png", "B/1.png"])
    with pytest.raises(BenchError, match=message):
        open_dataset(spec, None, tmp_path)


def test_csv_names_and_references(tmp_path: Path) -> None:
    touch(tmp_path, ["s1/vi.png", "s1/ir.png", "s2/vi.png", "s2/ir.png", "00123.png", "gt.png"])
    (tmp_path / "p.csv").write_text(
        "\ufeffA,b,Reference,name,time\n"
        "s1/vi.png,s1/ir.png,,,night\n"
        "\n"
        "s2/vi.png,s2/ir.png,gt.png,,\n"
        '00123.png,s1/ir.png,,,"a, b"\n'
        "s1/vi.png,s1/ir.png,,NA,\n",
        encoding="utf-8",
    )
    pairs = pairs_from_csv(tmp_path / "p.csv", "vif")
    assert [pair.name for pair in pairs] == ["s1_vi", "s2_vi", "00123", "NA"]
    assert [pair.reference for pair in pairs] == [None, tmp_path / "gt.png", None, None]
    assert [dict(pair.attributes) for pair in pairs] == [{"time": "night"}, {}, {"time": "a, b"}, {}]


def test_csv_cells_are_text(tmp_path: Path) -> None:
    names = ["00123", "0123", "123", "NA", "nan", "1e5", "True", "inf", ""]
    touch(tmp_path, [f"{name or 'x'}.png" for name in names])
    rows = "".join(f"{name or 'x'}.png,{name or 'x'}.png,{name}\n" for name in names)
    (tmp_path / "p.csv").write_text("a,b,name\n" + rows)
    assert [pair.name for pair in pairs_from_csv(tmp_path / "p.csv")] == [*names[:-1], "x"]


def test_csv_may_name_files_whose_names_are_no_text(tmp_path: Path) -> None:
    put(Path(str(tmp_path) + "/\udcff.png"), 7)
    (tmp_path / "p.csv").write_bytes(b"a,b\n\xff.png,\xff.png\n")
    (pair,) = pairs_from_csv(tmp_path / "p.csv")
    assert pair.name == r"\xff"
    assert pair.load()[0][0, 0] == 7


def test_a_missing_file_of_a_csv_is_one_failing_pair(tmp_path: Path) -> None:
    touch(tmp_path, ["1.png", "2.png"])
    (tmp_path / "p.csv").write_text("a,b\n1.png,2.png\ngone.png,2.png\n")
    good, bad = pairs_from_csv(tmp_path / "p.csv")
    good.load()
    with pytest.raises(PairError, match=r"no such file: .*gone\.png"):
        bad.load()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no column a and b"),
        ("x,b\n1,2\n", "has no column a;"),
        ("a,b,a\n1,2,3\n", "names a column twice"),
        ("a,b\n", "0 pairs.*rows in .*p.csv"),
        ("a,b\n1.png,\n", "line 2: `b` must name a file"),
        ("a,b\n1.png\n", "line 2: `b` must name a file"),
        ("a,b\n1.png,2\0.png\n", "line 2: a cell holds a NUL character"),
        ("a,b\n1.png," + "2" * 200_000, "is no CSV after line 1"),
        ("a,b\n1.png,2.png,3.png\n", "line 2: 3 cells for 2 columns"),
        ("a,b,name\n1.png,2.png,x\n3.png,4.png,x\n", "lines 2 and 3 are both named 'x'"),
        ("a,b\n1.png,2.png\n1.png,3.png\n", "both named '1'"),
        ("a,b,name\n1.png,2.png,../x\n", "cannot be a file's name"),
        ("a,b,name\n1.png,2.png,..\n", "cannot be a file's name"),
        ('a,b\n"1.png,2.png\n', "is no CSV after line 1 .*a double quote left open"),
    ],
)
def test_a_wrong_csv_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "p.csv").write_text(text)
    with pytest.raises(BenchError, match=message):
        pairs_from_csv(tmp_path / "p.csv")


def test_a_csv_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"no such file: .*p\.csv"):
        pairs_from_csv(tmp_path / "p.csv")


def test_text_after_paths_reads_as_one_name(tmp_path: Path) -> None:
    touch(tmp_path, ["x/v.1.png", "y/v.1.png"])
    (tmp_path / "p.csv").write_text("a,b\nx/v.1.png,y/v.1.png\ny/v.1.png,x/v.1.png\n")
    assert [pair.name for pair in pairs_from_csv(tmp_path / "p.csv")] == ["x_v.1", "y_v.1"]
