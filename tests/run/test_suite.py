"""Suite files."""

import pytest

from tcmoa_bench.run.plan import make_plan
from tcmoa_bench.run.request import Request
from tcmoa_bench.run.suite import load_suite
from tcmoa_bench.store import RunStore
from tests.commands import call, const, save
from tests.run.runs import THREE, run


def test_a_suite_of_ones_own(pairs, tmp_path):
    pairs(THREE, extra='[fused]\nOLD = "results"\n[commands]\nTHEIRS = "true {a} {out}"\n')
    for pair in THREE:
        save(tmp_path / f"results/{pair}.png", const(1))
    result = run(tmp_path / "suite.toml", tmp_path / "run")
    assert result.code == 1
    with RunStore.open(tmp_path / "run") as store:
        cells = store.cells()
    assert set(cells.loc[cells["status"] == "done", "fuser"]) == {"OLD"}
    assert cells.loc[cells["fuser"] == "THEIRS", "message"].str.contains("wrote no image").all()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("metrics", "metrix"), "unknown key 'metrix'; did you mean metrics"),
        (('"EN@tang2023"', '"EM@tang2023"'), "unknown tang2023 metric 'EM'"),
        (('"EN@tang2023"', '"EN"'), "whose EN?"),
        (('"pairs"', '"piars"'), "unknown dataset 'piars'"),
        (('a = "A"', 'a = "nowhere"'), "nowhere"),
        (("name =", "version = '1'\nname ="), "`version` is a whole number"),
        (("name =", "title = 3\nname ="), "`title` is text"),
        (("name =", "fused = 'X'\nname ="), "`fused` is a table of folders"),
        (("name =", "commands = {X = 3}\nname ="), "`commands` is a table of command lines"),
        (("name =", "sample = 3\nname ="), "`sample` is a list of names"),
        (("[[datasets]]", "[[datasets]]\nlabel = ''"), "its `label` is empty"),
        (("name =", "name ="), ""),
        (("name =", "\N{BYTE ORDER MARK}name ="), ""),
        (('"mine"', '"mine'), "no valid TOML"),
    ],
)
def test_bad_suites(pairs, tmp_path, change, words):
    suite = pairs(THREE)
    suite.write_text(suite.read_text().replace(*change, 1))
    result = run(suite, tmp_path / "run", "--fusers", "average")
    assert result.code == (2 if words else 0)
    assert words in result.err


def test_a_suite_named_like_a_path_stays_in_runs(pairs, tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    suite = pairs(THREE)
    suite.write_text(suite.read_text().replace('"mine"', '"../mine"'))
    assert call("run", "--suite", suite, "--fusers", "average", "--no-report").code == 0
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["runs"]
    assert len(list((tmp_path / "here/runs").iterdir())) == 1


@pytest.mark.parametrize("name", ["vifb", "tno", "mff"])
def test_shipped_suites_find_the_images_that_come_with_their_datasets(data_dir, tmp_path, name):
    request = Request(load_suite(name), tmp_path, data=data_dir, metrics=("EN@textbook",))
    notes = make_plan(request, None).notes
    assert not [note for note in notes if "no published images" in note]
