import itertools
import json

import numpy as np
import pytest

from tcmoa_bench.reports.drift import speed
from tcmoa_bench.types import BenchError
from tests.commands import call


def write(path, samples, cpu="one"):
    content = {
        "machine_info": {"cpu": {"brand_raw": cpu}},
        "commit_info": {"id": "0123456789abcdef"},
        "benchmarks": [{"fullname": name, "stats": {"data": list(data)}} for name, data in samples.items()],
    }
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def noise():
    return np.random.default_rng(1).normal(1.0, 0.05, 30)


def test_a_change_needs_size_and_significance(tmp_path, noise):
    base = write(
        tmp_path / "a.json", {"slow": noise, "same": noise, "little": noise, "few": noise[:3], "fast": noise}
    )
    now = write(
        tmp_path / "b.json",
        {
            "slow": noise * 1.5,
            "same": noise[::-1],
            "little": noise * 1.05,
            "few": noise[:3] * 1.5,
            "fast": noise * 0.5,
        },
    )
    result = speed.compare_speed(speed.load_speed(base), speed.load_speed(now))
    assert {c.name: c.verdict for c in result.changes} == {
        "slow": "slower",
        "same": "",
        "little": "",
        "few": "cannot be told with 3 and 3 samples",
        "fast": "faster",
    }
    assert result.exit_code == 1
    assert "5 benchmarks compared" in result.text()


def test_nothing_in_common_or_no_samples_is_an_error(tmp_path, noise):
    base = speed.load_speed(write(tmp_path / "a.json", {"x": noise}))
    with pytest.raises(BenchError, match="no benchmark in common"):
        speed.compare_speed(base, speed.load_speed(write(tmp_path / "b.json", {"y": noise})))
    (tmp_path / "c.json").write_text(
        json.dumps({"machine_info": {}, "benchmarks": [{"fullname": "x", "stats": {}}]})
    )
    with pytest.raises(BenchError, match="has no samples"):
        speed.load_speed(tmp_path / "c.json")
    assert not speed.is_speed_file(tmp_path)


def test_another_machine_is_said(tmp_path, noise):
    files = [write(tmp_path / f"{cpu}.json", {"x": noise}, cpu) for cpu in ("one", "two")]
    text = speed.compare_speed(*map(speed.load_speed, files)).text()
    assert "Different machines" in text


FIVE = [1.00, 1.01, 1.02, 1.03, 1.04]
THIRTY = [1 + i / 1000 for i in range(30)]


def test_ten_times_slower_is_not_nothing(tmp_path):
    """M01: five and five samples cannot reach the level whatever they are; the gate says so and does not pass."""
    base = write(tmp_path / "b5.json", {"a": FIVE, "b": FIVE})
    now = write(tmp_path / "n5.json", {"a": [10 * x for x in FIVE], "b": FIVE})
    result = call("compare", base, now)
    assert result.code == 2
    assert "cannot be told with 5 and 5 samples" in result.out
    assert "at least 7 each are needed" in result.out


def test_seven_samples_each_are_enough_even_with_ties(tmp_path):
    base = write(tmp_path / "b.json", {"a": [1.0] * 7})
    now = write(tmp_path / "n.json", {"a": [1.5] * 7})
    result = call("compare", base, now)
    assert (result.code, "slower" in result.out) == (1, True)
    assert call("compare", now, base).code == 0


def test_the_least_reachable_p_is_that_of_the_test():
    """By hand: the share of all ways to deal n + m ranks of which at least as extreme ones separate the two."""
    for before, after in ((2, 2), (3, 4), (5, 5)):
        ways = list(itertools.combinations(range(before + after), before))
        assert speed.reachable(before, after) == pytest.approx(2 / len(ways))


def test_a_benchmark_that_vanished_fails_and_a_new_one_is_named(tmp_path):
    """M02."""
    both = write(tmp_path / "b.json", {"a": THIRTY, "b": THIRTY})
    one = write(tmp_path / "one.json", {"a": THIRTY})
    gone = call("compare", both, one)
    assert (gone.code, "Missing: b is in the base" in gone.out) == (1, True)
    new = call("compare", one, both)
    assert (new.code, "New, not compared: b." in new.out) == (0, True)


@pytest.mark.parametrize("value", [0.0, float("nan"), float("inf"), -1.0])
def test_a_sample_that_is_no_time_is_refused_by_name(tmp_path, value):
    """M03."""
    good = write(tmp_path / "good.json", {"a": THIRTY})
    bad = write(tmp_path / "bad.json", {"a": [*THIRTY[:2], value]})
    for files in ((bad, good), (good, bad)):
        result = call("compare", *files)
        assert (result.code, result.out) == (2, "")
        assert all(word in result.err for word in ("bad.json", "sample 3 of a"))


def test_two_benchmarks_of_one_name_are_refused(tmp_path):
    good = write(tmp_path / "good.json", {"a": THIRTY})
    content = json.loads(good.read_text())
    content["benchmarks"] *= 2
    (tmp_path / "bad.json").write_text(json.dumps(content))
    result = call("compare", good, tmp_path / "bad.json")
    assert (result.code, "two benchmarks are called a" in result.err) == (2, True)


@pytest.mark.parametrize("option", [("--format", "junit"), ("--rtol", "0.1"), ("--allow", "code=reviewed")])
def test_an_option_that_does_not_apply_is_refused(tmp_path, option):
    """M04: never Markdown in drift.xml."""
    base = write(tmp_path / "b.json", {"a": THIRTY})
    result = call("compare", base, base, *option, "-o", tmp_path / "drift.xml")
    assert (result.code, (tmp_path / "drift.xml").exists()) == (2, False)
    assert option[0] in result.err
    assert call("compare", base, base, "--format", "md").code == 0


def test_the_file_that_is_missing_is_the_one_that_is_named(tmp_path):
    base = write(tmp_path / "b.json", {"a": THIRTY})
    missing = call("compare", base, tmp_path / "gone.json")
    assert (missing.code, "gone.json does not exist" in missing.err, "damaged" in missing.err) == (
        2,
        True,
        False,
    )
