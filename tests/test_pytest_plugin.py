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
