"""`tcmoa-bench ls` and `show`."""

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
