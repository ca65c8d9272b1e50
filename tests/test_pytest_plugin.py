"""The fixture that a fuser's own tests use, as they would use it."""

TEST = """
    def test_mine(fusion_baseline):
        fusion_baseline("mine:fuse", "mine.json", suite="mff", metrics=("EN@textbook", "SD@textbook"), limit=1)
"""


def test_a_fuser_held_to_its_baseline(pytester, monkeypatch):
    monkeypatch.delenv("TCMOA_BENCH_DATA", raising=False)
    monkeypatch.syspath_prepend(str(pytester.path))
    pytester.makepyfile(TEST)
    pytester.makepyfile(mine="def fuse(a, b):\n    return a\n")
    pytester.runpytest_subprocess("--update-fusion-baseline").assert_outcomes(passed=1)
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
    pytester.makepyfile(mine="def fuse(a, b):\n    return a // 2\n")
    moved = pytester.runpytest_subprocess()
    moved.assert_outcomes(failed=1)
    moved.stdout.fnmatch_lines(["*DRIFT*", "*SD@textbook*"])


def test_the_baseline_is_looked_for_before_anything_runs(pytester, monkeypatch):
    """M26."""
    monkeypatch.syspath_prepend(str(pytester.path))
    pytester.makepyfile(TEST)
    pytester.makepyfile(mine="def fuse(a, b):\n    open('ran', 'w').close()\n    return a\n")
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["no baseline file mine.json: run pytest with --update-fusion-baseline*"])
    assert not (pytester.path / "ran").exists()


def test_a_comment_in_the_fuser_a_tolerance_and_a_baseline_of_several(pytester, monkeypatch):
    """M25 for the fixture; values that moved within the tolerances of a file are no drift."""
    monkeypatch.delenv("TCMOA_BENCH_DATA", raising=False)
    monkeypatch.syspath_prepend(str(pytester.path))
    both = TEST.replace('"mine:fuse"', '("mine:fuse", "average")')
    pytester.makepyfile(both)
    pytester.makepyfile(mine="def fuse(a, b):\n    return a\n")
    pytester.runpytest_subprocess("--update-fusion-baseline").assert_outcomes(passed=1)
    pytester.makepyfile(TEST)
    pytester.makepyfile(mine="# a comment\ndef fuse(a, b):\n    return a\n")
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
    pytester.makepyfile(mine="def fuse(a, b):\n    a[0, 0] ^= 1\n    return a\n")
    pytester.runpytest_subprocess().assert_outcomes(failed=1)
    (pytester.path / "wide.toml").write_text('"*" = { rtol = 0.5 }')
    wide = TEST.replace("limit=1", 'limit=1, tolerances="wide.toml", allow={"model": "m", "image": "i"}')
    pytester.makepyfile(wide)
    pytester.runpytest_subprocess().assert_outcomes(passed=1)
