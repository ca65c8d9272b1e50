"""`tcmoa-bench grid`, `prompts`, `train`."""

from tests.commands import call


def test_a_grid_that_cannot_be_written_is_said(tmp_path, ramp):
    for args, words in ((("-o", tmp_path / "g.jpg", "--alpha", "1"), "g.jpg: fused images are written losslessly"),
                        (("-o", tmp_path / "g.png", "--alpha", "nan"), "not finite")):  # fmt: skip
        bad = call("grid", ramp, ramp, "--task", "vif", "--beta", "0", *args)
        assert (bad.code, words in bad.err) == (2, True), bad.err
