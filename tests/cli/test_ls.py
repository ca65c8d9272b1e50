"""`tcmoa-bench ls` and `show`."""

import os

import pytest

from tcmoa_bench.cli.listing import columns
from tests.commands import call


def test_lists_and_show(ramp):
    assert "SD@tang2022" in call("ls", "metrics").out
    assert "mff" in call("ls", "suites").out
    assert "gff" in call("ls", "fusers").out
    assert "llvip" in call("ls", "datasets").out
    assert "textbook" in call("ls", "conventions").out
    shown = call("show", "SD")
    assert "SD@tang2022" in shown.out
    assert "SD@mfif" in shown.out
    side = call("show", "SD", "--on", ramp, ramp, ramp)
    assert "73.891813" in side.out
    assert "did you mean" in call("show", "Qabff").err.lower()


@pytest.mark.parametrize("what", ["metrics", "conventions", "fusers", "datasets", "suites"])
def test_lists_fit_a_screen(what):
    lines = call("ls", what).out.splitlines()
    assert lines
    assert max(map(len, lines)) <= 100


def test_what_is_cut_says_so():
    rows = [("a", "short"), ("bbb", "words that go on, and on")]
    assert list(columns(rows, 60)) == ["a    short", "bbb  words that go on, and on"]
    assert list(columns(rows, 23)) == ["a    short", "bbb  words that go on…"]
    assert list(columns([])) == []


def test_a_folder_without_permission_is_not_called_missing(tmp_path, monkeypatch):
    real = os.stat

    def stat(path, **further):
        if str(path).startswith(str(tmp_path / "locked")):
            raise PermissionError(13, "Permission denied", str(path))
        return real(path, **further)

    monkeypatch.setattr(os, "stat", stat)
    refused = call("run", "--a", tmp_path / "locked" / "a", "--b", tmp_path / "locked" / "b")
    assert refused.code == 2
    assert "no permission" in refused.err
    assert "does not exist" not in refused.err
    assert "does not exist" in call("run", "--a", tmp_path / "none", "--b", tmp_path / "none").err
