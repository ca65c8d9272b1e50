"""Groups that are not told apart and what so many pairs resolve, against simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from tcmoa_bench.reports import resolution as module
from tcmoa_bench.reports.resolution import LEVEL, POWER, least_effect, letters, places, resolution
from tcmoa_bench.reports.statistics import holm
from tcmoa_bench.reports.summary import summarise
from tests.reports.builder import make_run

RUNS = 10_000


def p_values(samples: np.ndarray) -> np.ndarray:
    """Signed-rank p of every two fusers; samples are runs x pairs x fusers."""
    fusers = samples.shape[2]
    gaps = [samples[..., i] - samples[..., j] for i in range(fusers) for j in range(i)]
    return np.stack([stats.wilcoxon(gap, axis=1, method="exact").pvalue for gap in gaps], axis=1)


@pytest.mark.parametrize(("pairs", "fusers"), [(11, 4), (20, 3)])
def test_equal_fusers_are_hardly_ever_separated(pairs, fusers):
    """Pictures that differ much more than the methods, and skewed noise: the test does not care."""
    rng = np.random.default_rng(1)
    samples = rng.exponential(1, (RUNS, pairs, fusers)) + 50 * rng.normal(size=(RUNS, pairs, 1))
    separated = np.mean([min(holm(list(p))) < LEVEL for p in p_values(samples)])
    assert separated <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / RUNS)


@pytest.mark.parametrize(("pairs", "couples"), [(6, 1), (11, 1), (11, 3), (20, 3), (21, 28), (50, 10)])
def test_the_printed_difference_is_found_with_the_printed_power(pairs, couples):
    effect = least_effect(pairs, LEVEL / couples)
    assert effect is not None
    gaps = np.random.default_rng(2).normal(effect, 1, (RUNS, pairs))
    found = np.mean(stats.wilcoxon(gaps, axis=1, method="exact").pvalue <= LEVEL / couples)
    assert found == pytest.approx(POWER, rel=0.1)


def test_too_few_pairs_resolve_nothing_and_the_least_p_is_said(tmp_path):
    assert least_effect(5, LEVEL) is None
    found = resolution(
        summarise(make_run(tmp_path, {f: {"EN@t": [k + 0.1, k + 0.3, k]} for k, f in enumerate("XYZ")})),
        "EN@t",
    )
    assert found is not None
    assert (found.difference, found.pairs, found.least_p) == (None, 3, 0.75)
    assert found.groups == {"Z": "a", "Y": "a", "X": "a"}


def test_groups_and_resolution_of_a_run(tmp_path):
    """Two that differ by noise only and one far off; the difference follows the spread of the paired differences."""
    rng = np.random.default_rng(5)
    scene = 30 * rng.normal(size=20)
    values = {
        f: list(scene + shift + rng.normal(0, 1, 20))
        for f, shift in (("far", 9.0), ("one", 0.0), ("two", 0.1))
    }
    summary = summarise(make_run(tmp_path, {f: {"EN@t": v} for f, v in values.items()}))
    found = resolution(summary, "EN@t")
    assert found is not None
    assert found.groups["far"] == "a"
    assert found.groups["one"] == found.groups["two"] == "b"
    columns = [np.array(v) for v in values.values()]
    spread = math.sqrt(
        np.mean([np.var(columns[i] - columns[j], ddof=1) for i, j in ((0, 1), (0, 2), (1, 2))])
    )
    assert found.difference == pytest.approx(spread * least_effect(20, LEVEL / 3))


def testletters_overlap_where_the_ends_are_apart_and_the_middle_is_not():
    assert letters(3, [(0, 2)]) == ["a", "ab", "b"]
    assert letters(3, []) == ["a", "a", "a"]
    assert letters(3, [(0, 1), (0, 2), (1, 2)]) == ["a", "b", "c"]
    rng = np.random.default_rng(0)
    for _ in range(50):
        apart = [(i, j) for i in range(7) for j in range(i + 1, 7) if rng.random() < 0.5]
        marks = letters(7, apart)
        shared = {(i, j) for i in range(7) for j in range(i + 1, 7) if set(marks[i]) & set(marks[j])}
        assert shared == {(i, j) for i in range(7) for j in range(i + 1, 7)} - set(apart)


def test_more_than_26_groups_keep_a_letter_each():
    """Forty fusers, all apart: with a letter of two characters, the 27th shared its second with every later one."""
    apart = [(i, j) for i in range(40) for j in range(i + 1, 40)]
    marks = letters(40, apart)
    assert len(set(marks)) == 40
    assert {len(mark) for mark in marks} == {1}
    found = places({f"f{i}": mark for i, mark in enumerate(marks)})
    assert [(place.first, place.last) for place in found.values()] == [(i + 1, i + 1) for i in range(40)]


@pytest.mark.parametrize("couples", [1, 6, 190])
def test_many_pairs_are_not_counted_out(couples, monkeypatch):
    """Where counting ends the normal distribution says the same; 10,000 pairs took hours."""
    counted = least_effect.__wrapped__(module.COUNTED, LEVEL / couples)
    assert least_effect(module.COUNTED + 1, LEVEL / couples) == pytest.approx(counted, rel=3e-3)
    monkeypatch.setattr(module, "COUNTED", 0)
    module._critical.cache_clear()
    monkeypatch.setattr(module, "_critical", module._critical.__wrapped__)
    assert least_effect.__wrapped__(500, LEVEL / couples) == pytest.approx(counted, rel=3e-3)
    assert least_effect.__wrapped__(10_000, LEVEL) == pytest.approx(0.0286, abs=3e-4)
