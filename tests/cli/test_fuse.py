"""`tcmoa-bench fuse`."""

import numpy as np
import pytest

from tests.commands import call, const, save


@pytest.mark.parametrize("device", ["gpu", "cuda:77"])
def test_a_device_that_is_not_there_is_said(tmp_path, ramp, device):
    bad = call(
        "fuse",
        ramp,
        ramp,
        "-o",
        tmp_path / "f.png",
        "--fuser",
        "tcmoa-tiny",
        "--task",
        "vif",
        "--device",
        device,
    )
    assert (bad.code, "cannot be used" in bad.err) == (2, True), bad.err


def test_fuse_names_a_fuser_that_fails(tmp_path, ramp, monkeypatch):
    (tmp_path / "fails.py").write_text(
        "def fuse(a, b): raise RuntimeError('boom')\ndef cut(a, b): return a[:9]\n"
    )
    monkeypatch.chdir(tmp_path)
    for name, words in (("fuse", "fuse: RuntimeError: boom"), ("cut", "9x64 from 64x64")):
        bad = call("fuse", ramp, ramp, "-o", "f.png", "--fuser", f"fails:{name}", "--task", "vif")
        assert (bad.code, words in bad.err) == (2, True), bad.err


def test_fuse_writes_what_a_run_would(tmp_path):
    from tcmoa_bench.images import read_image

    a = save(tmp_path / "a.png", const(100, (37, 53, 3)))
    b = save(tmp_path / "b.png", const(200, (37, 53)))
    done = call("fuse", a, b, "-o", tmp_path / "f.png", "--fuser", "average", "--task", "vif")
    assert done.code == 0, done.err
    fused = read_image(tmp_path / "f.png")
    assert fused.shape == (37, 53, 3)
    assert np.abs(fused.astype(int) - 150).max() <= 1
    for args, words in (
        (("--fuser", "averege"), "did you mean average"),
        (("--fuser", "average"), "--task"),
        (("--fuser", "gff", "--task", "vif"), "91"),
        (("--fuser", "average", "--task", "vif", "-o", tmp_path / "f.jpg"), "lossless"),
    ):
        out = () if "-o" in args else ("-o", tmp_path / "g.png")
        bad = call("fuse", a, b, *out, *args)
        assert (bad.code, words in bad.err) == (2, True), bad.err
