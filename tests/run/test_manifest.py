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
