"""The manifest."""

import json

from tests.run.runs import THREE, run


def test_the_manifest_explains_the_run(pairs, tmp_path):
    suite = pairs(THREE)
    run(suite, tmp_path / "run", "--fusers", "average,lp")
    manifest = json.loads((tmp_path / "run/manifest.json").read_text())
    assert manifest["suite"]["name"] == "mine"
    assert manifest["signatures"]["EN@tang2023"].startswith("EN@tang2023|v1|")
    assert manifest["fusers"]["average"]["colour"] == "rgb"
    assert manifest["environment"]["libraries"]["numpy"]
    assert len(manifest["dataset_fingerprint"]) == 16
    assert manifest["command"]


def test_a_start_that_computes_nothing_changes_nothing(pairs, tmp_path, monkeypatch):
    suite = pairs(THREE)
    run(suite, tmp_path / "run", "--fusers", "average")
    before = (tmp_path / "run" / "manifest.json").read_bytes()
    origins = json.loads(before)["origins"]
    assert [facts["fuser"]["version"] for facts in origins.values()] == [1]
    assert {"host", "device", "libraries", "cpu"} <= origins["1"].keys()
    monkeypatch.setattr("tcmoa_bench.run.manifest.now", lambda: "later")
    run(suite, tmp_path / "run", "--fusers", "average", "--device", "cpu:0")
    assert (tmp_path / "run" / "manifest.json").read_bytes() == before
    run(suite, tmp_path / "run", "--fusers", "average,maximum")
    assert json.loads((tmp_path / "run" / "manifest.json").read_text())["finished"] == "later"
