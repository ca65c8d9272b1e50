"""What `show` says: every convention's meaning of a name, and their values side by side."""

from __future__ import annotations

import numpy as np
import pytest

from tcmoa_bench.metrics import CONVENTIONS, score
from tcmoa_bench.metrics.describe import describe, meanings, side_by_side
from tcmoa_bench.types import BenchError

SIZE = (48, 60)


@pytest.fixture(scope="module")
def triple():
    random = np.random.default_rng(2)
    a, b = (random.integers(0, 256, (*SIZE, 3), dtype=np.uint8) for _ in range(2))
    return a, b, ((a.astype(int) + b) // 2).astype(np.uint8)


def test_every_convention_that_has_a_metric_is_described():
    expected = {c.name for c in CONVENTIONS.values() if "SD" in c}
    assert {fact["convention"] for fact in describe("SD")} == expected >= {"tang2022", "vifb", "textbook"}


def test_a_reference_spelling_leads_to_all_conventions():
    assert describe("Variance") == describe("sd") == describe("SD")


def test_a_spelling_with_two_meanings_gives_both_the_named_one_first():
    names = [metric.name for metric in meanings("VIF")]
    assert set(names) == {"VIF", "VIFF"}
    assert names == sorted(names)


def test_the_facts_are_the_registered_ones():
    fact = next(f for f in describe("SD") if f["convention"] == "tang2022")
    metric = CONVENTIONS["tang2022"]["SD"]
    assert fact["formula"] == metric.formula
    assert fact["source"] == metric.source
    assert fact["difference"] == metric.difference
    assert fact["signature"] == metric.signature()
    assert fact["range"] == "0 to 15.9687"


def test_one_sided_and_missing_ranges():
    facts = {fact["qualified"]: fact for name in ("CE", "AG") for fact in describe(name)}
    assert facts["AG@textbook"]["range"].startswith(("0 to", "at least 0"))
    assert facts["CE@vifb"]["range"] == ""


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_every_metric_says_what_it_is_and_where_it_comes_from(convention):
    for name in CONVENTIONS[convention]:
        (fact,) = (f for f in describe(name) if f["qualified"] == f"{name}@{convention}")
        assert fact["formula"], fact["qualified"]
        assert fact["source"], fact["qualified"]
        assert fact["ideal"] is None or CONVENTIONS[convention][name].bounds[0] <= fact["ideal"]


def test_values_side_by_side_are_the_scores_alone(triple):
    for found in side_by_side(*triple, "SF"):
        assert found == score(*triple, [found.metric])[found.metric.qualified]
        assert found.value is not None


def test_a_metric_that_cannot_take_the_images_does_not_stop_the_others(triple):
    tiny = [np.ascontiguousarray(image[:2, :2]) for image in triple]
    found = side_by_side(*tiny, "FMI_edge")
    assert len(found) >= 2
    assert all(s.value is None and "needs images of at least 3x3" in s.reason for s in found)
    assert any(s.value is not None for s in side_by_side(*tiny, "SD"))


def test_images_of_different_size_are_refused(triple):
    a, b, fused = triple
    with pytest.raises(ValueError, match="sizes differ"):
        side_by_side(a, b, fused[:-1], "SD")


def test_an_unknown_name_is_refused_with_a_hint():
    with pytest.raises(BenchError, match="did you mean qabf"):
        describe("Qabff")
