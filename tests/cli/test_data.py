"""`tcmoa-bench data`: arguments, exit codes, output."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tcmoa_bench.datasets import DATASETS
from tests.datasets.drawn import put_pairs, touch

pytestmark = pytest.mark.usefixtures("cache")

Command = Callable[..., tuple[int, str, str]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing to check"),
        (("llvip",), "dataset 'llvip' .*was not found anywhere: no --data"),
        (("nosuch", "--data", "."), "unknown dataset 'nosuch'"),
        (("llvip", "--data", "nowhere"), "no folder nowhere"),
        (("--data", "nowhere"), "no folder nowhere"),
        (("llvip", "--a", ".", "--b", "."), "not for dataset 'llvip'"),
        (("--a", "."), "either path=, or a= and b=, or csv="),
        (("--csv", "nowhere.csv"), "no such file: nowhere.csv"),
    ],
)
def test_usage_errors_end_with_2(
    arguments: tuple[str, ...],
    message: str,
    command: Command,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = command("data", "check", *arguments)
    assert (code, out) == (2, "")
    assert re.search(message, err)


def test_a_folder_with_nothing_known_says_what_to_do(tmp_path: Path, command: Command) -> None:
    code, _, err = command("data", "check", "--data", tmp_path)
    assert code == 2
    assert "0 pairs" in err
    assert "data ls" in err


def test_check_without_a_name_checks_what_is_there(tmp_path: Path, command: Command) -> None:
    touch(
        tmp_path,
        [f"x/LLVIP/{role}/test/{n}.jpg" for role in ("visible", "infrared") for n in ("190001", "190002")],
    )
    touch(tmp_path, ["y/MFFW/A/1.jpg", "y/MFFW/B/2.jpg"])
    code, out, _ = command("data", "check", "--data", tmp_path)
    assert code == 1
    assert "llvip: 2 pairs of 3463, ok" in out
    assert "note: 2 of 3463 pairs: part of the set" in out
    assert "mffw: 0 pairs of 13, NOT ok" in out


def test_own_folders_and_tables(tmp_path: Path, command: Command) -> None:
    root = put_pairs(tmp_path, {"1.png": 1}, {"1.png": 2})
    (tmp_path / "p.csv").write_text("a,b\nA/1.png,B/1.png\n")
    for arguments in (
        ("--a", root / "A", "--b", root / "B"),
        ("--csv", root / "p.csv"),
        ("pairs", "--data", root),
    ):
        code, out, _ = command("data", "check", *arguments)
        assert (code, out) == (0, "pairs: 1 pair, ok\n")


@pytest.mark.parametrize("name", [*DATASETS, "pairs"])
def test_show_says_where_a_dataset_comes_from(name: str, command: Command) -> None:
    code, out, _ = command("data", "show", name, "--format", "json")
    facts = json.loads(out)
    assert code == 0
    assert all(str(value).strip() for value in facts.values())
    code, text, _ = command("data", "show", name)
    assert code == 0
    assert facts["layout"] in text


def test_ls_lists_every_dataset_and_where_it_is(tmp_path: Path, command: Command) -> None:
    touch(tmp_path, ["z/input/VI/man.jpg", "z/input/IR/man.jpg"])
    code, out, _ = command("data", "ls", "--data", tmp_path)
    assert code == 0
    for name in DATASETS:
        assert f"\n{name} " in f"\n{out}"
    code, out, _ = command("data", "ls", "--data", tmp_path, "--format", "json")
    roots = {row["name"]: row["root"] for row in json.loads(out)}
    assert roots["vifb"] == str(tmp_path / "z")
    assert roots["llvip"] is None


def test_help_has_examples(command: Command) -> None:
    for part in ((), ("check",), ("show",), ("ls",)):
        code, out, _ = command("data", *part, "--help")
        assert code == 0
        assert "Examples:" in out
        assert "tcmoa-bench data" in out


def test_datasets_need_neither_torch_nor_scipy_until_they_are_read() -> None:
    code = "import sys, tcmoa_bench.cli.data; print([m for m in ('torch', 'scipy', 'skimage') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
