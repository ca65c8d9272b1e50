import json

import numpy as np
import pytest

from tcmoa_bench.reports.drift import speed
from tcmoa_bench.types import BenchError


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
        "few": "",
        "fast": "faster",
    }
    assert result.slower
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
