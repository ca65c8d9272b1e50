"""`tcmoa-bench models`."""

from importlib import resources

import pytest

from tests.commands import call


@pytest.fixture
def nothing(cache, tmp_path, monkeypatch):
    """A folder without weights, and none anywhere else."""
    monkeypatch.delenv("TCMOA_BENCH_WEIGHTS", raising=False)
    return tmp_path


def test_what_is_here_is_available_and_what_is_missing_says_why(nothing):
    listed = call("models", "ls", "--weights", nothing)
    state = {line.split()[0]: line for line in listed.out.splitlines() if line[0] != " "}
    assert listed.code == 0
    assert state["average"].endswith(" available")
    assert state["tcmoa-tiny"].endswith(" available")
    for name in ("tcmoa-base", "densefuse_tf_add"):
        assert " missing: " in state[name]


def test_only_the_fusers_of_a_task(nothing):
    names = {
        line.split()[0] for line in call("models", "ls", "--task", "mef").out.splitlines() if line[0] != " "
    }
    assert {"mertens", "average", "tcmoa-tiny"} <= names
    assert "gtf" not in names


@pytest.mark.parametrize(
    ("name", "state"), [("gff", "available"), ("densefuse_tf_add", "missing: weights file")]
)
def test_a_record_says_where_the_weights_are_from(nothing, name, state):
    shown = call("models", "show", name, "--weights", nothing).out
    assert f"state        {state}" in shown
    assert ("SHA-256" in shown) == (name != "gff")


def test_a_file_is_recognised_by_its_tensors_or_refused(nothing):
    tiny = resources.files("tcmoa_bench.tcmoa") / "weights/tcmoa-tiny.safetensors"
    checked = call("models", "check", tiny)
    assert (checked.code, "weights of: tcmoa-tiny" in checked.out) == (0, True), checked.out
    missing = call("models", "check", nothing / "none.pth")
    assert (missing.code, "no such file" in missing.err) == (2, True)
