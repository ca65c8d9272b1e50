"""`tcmoa-bench models`."""

from importlib import resources

import pytest

from tcmoa_bench.run.fusers import registry
from tests.commands import call


@pytest.fixture
def nothing(cache, tmp_path, monkeypatch):
    """A folder without weights, and none anywhere else."""
    monkeypatch.delenv("TCMOA_BENCH_WEIGHTS", raising=False)
    return tmp_path


def test_what_is_here_is_available_and_what_is_missing_says_why(nothing):
    listed = call("models", "ls", "--weights", nothing)
    state = {line.split()[0]: line.split()[3] for line in _fusers(listed.out)}
    assert listed.code == 0
    assert state["average"] == state["tcmoa-tiny"] == "available"
    assert state["tcmoa-base"] == state["densefuse_tf_add"] == "missing"
    assert state["Text-IF"] == "recipe"
    assert "missing: tcmoa-base needs a checkpoint" in call("models", "show", "tcmoa-base").out
    assert max(map(len, listed.out.splitlines())) <= 100


def test_only_the_fusers_of_a_task(nothing):
    names = {line.split()[0] for line in _fusers(call("models", "ls", "--task", "mef").out)}
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


def _fusers(listed: str) -> list[str]:
    """The lines of the fusers, without the paper's rows below them."""
    return listed.partition("\n\n")[0].splitlines()[1:]


MINE = """from tcmoa_bench.types import FuserRecord, Task

class Mine:
    record = FuserRecord(name="mine", tasks=(Task.VIF,), colour="luma", paper="Author, Journal, 2026", licence="MIT")
    def fuse(self, a, b, pair):
        return a
"""


@pytest.fixture
def plugin(nothing, monkeypatch):
    """A fuser that an installed distribution offers by name, and one whose code is not there."""
    (nothing / "mine_here.py").write_text(MINE)
    installed = nothing / "mine-1.0.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(
        "[tcmoa_bench.fusers]\nmine = mine_here:Mine\nbroken = nowhere_at_all:Mine\n"
    )
    monkeypatch.syspath_prepend(str(nothing))
    registry.cache_clear()
    yield nothing
    registry.cache_clear()


def test_an_installed_plugin_is_shown_with_the_facts_its_code_states(plugin):
    shown = call("models", "show", "mine")
    assert shown.code == 0
    for line in (
        "tasks        vif",
        "colour       luma",
        "paper        Author, Journal, 2026",
        "licence      MIT",
    ):
        assert f"{line}\n" in shown.out
    listed = {line.split()[0]: line for line in call("ls", "fusers").out.splitlines()}
    assert listed["mine"].split()[1:3] == ["vif", "luma"]
    assert "Author, Journal, 2026" in listed["mine"]
    state = {line.split()[0]: line.split()[3] for line in _fusers(call("models", "ls").out)}
    assert (state["mine"], state["broken"]) == ("available", "missing")
    assert "mine" not in {line.split()[0] for line in _fusers(call("models", "ls", "--task", "mef").out)}
    assert "No module named 'nowhere_at_all'" in call("models", "show", "broken").out


def test_a_plugin_is_shown_by_its_module(nothing, monkeypatch):
    (nothing / "mine_too.py").write_text(MINE)
    monkeypatch.chdir(nothing)
    shown = call("models", "show", "mine_too:Mine")
    assert (shown.code, "Author, Journal, 2026" in shown.out) == (0, True), shown.err
    assert "state        available" in shown.out
    absent = call("models", "show", "mine_too:Yours")
    assert (absent.code, "module mine_too has no 'Yours'" in absent.err) == (2, True)
