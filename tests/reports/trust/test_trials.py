"""Metrics on trial: agreement with a reference, answers to damage, clusters, and the figures of Liu's Real-MFF values."""

import numpy as np
import pandas as pd
import pytest

from tcmoa_bench.reports.summary import rank_columns, summarise
from tcmoa_bench.reports.trust.inputs import Meaning, published_values, read_ratings
from tcmoa_bench.reports.trust.trials import Reference, against, clusters, responses
from tcmoa_bench.types import BenchError
from tests.reports.builder import make_run


def summary_of(values, down=()):
    """A summary from `values[metric]`: pairs x fusers."""
    names, shape = list(values), next(iter(values.values())).shape
    fusers = [f"f{i}" for i in range(shape[1])]
    metrics = pd.DataFrame(
        {
            "qualified": names, "metric": [n.partition("@")[0] for n in names], "convention": "t",
            "signature": names, "higher_is_better": [n not in down for n in names],
        }
    )  # fmt: skip
    columns = {(f, n): v[:, i] for n, v in values.items() for i, f in enumerate(fusers)}
    return rank_columns("s", fusers, metrics, shape[0], columns)


def test_agreement_is_of_goodness_within_pairs():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=(30, 6)) + 100 * rng.normal(size=(30, 1))
    summary = summary_of(
        {"same@t": 2 * truth, "error@t": -truth, "opposite@t": -truth, "none@t": np.ones((30, 6))},
        down=["error@t"],
    )
    found = {a.finding.metric: a for a in against(summary, Reference("truth", "GMSD", truth), "mff", "d")}
    assert "none" not in found
    for name, value, verdict in (
        ("same", 1.0, "ranks with the truth"),
        ("error", 1.0, "ranks with the truth"), ("opposite", -1.0, "ranks against the truth"),
    ):  # fmt: skip
        assert (found[name].finding.value, found[name].kendall) == (
            pytest.approx(value),
            pytest.approx(value),
        )
        assert found[name].finding.verdict == verdict
        assert (found[name].finding.pairs, found[name].finding.fusers) == (30, 6)


def test_one_pair_says_nothing_of_others():
    (found,) = against(
        summary_of({"m@t": np.array([[1.0, 2.0, 3.0]])}),
        Reference("truth", "GMSD", np.array([[1.0, 2.0, 3.0]])),
        "mff",
        "d",
    )
    assert (found.finding.value, found.finding.verdict) == (1.0, "tells nothing of the truth")


def test_metrics_that_say_the_same_get_one_representative():
    rng = np.random.default_rng(1)
    truth = rng.normal(size=(40, 8))
    near = {f"near{i}@t": truth + 0.1 * rng.normal(size=truth.shape) for i in (1, 2)}
    summary = summary_of(
        {"one@t": truth, **near, "other@t": rng.normal(size=truth.shape), "turned@t": -truth}
    )
    first, *rest = clusters(summary)
    assert set(first.members) == {"one@t", "near1@t", "near2@t"}
    assert first.representative == "one@t"
    assert {c.members for c in rest} == {("other@t",), ("turned@t",)}


def test_answers_to_damage(tmp_path):
    """A metric that falls, one that rewards noise, and one that sees nothing; the others' damage is not mixed in."""
    labels = ["lp", *(f"lp | noise {level}" for level in (2, 5, 10, 20)), "lp | jpeg 25", "lp | jpeg 50"]
    rng = np.random.default_rng(2)
    scene = rng.normal(0, 50, 12)
    steps = dict(zip(labels, (0, 1, 2, 3, 4, 1, 2), strict=True))
    values = {
        label: {
            "falls@t": list(scene - step), "error@t": list(scene + step), "EN@t": list(scene + step), "blind@t": list(scene),
        }
        for label, step in steps.items()
    }  # fmt: skip
    summary = summarise(make_run(tmp_path, values, down=["error@t"]))
    found = {(f.metric, f.against): f for f in responses(summary, "vif", "d")}
    assert [found[m, "noise"].value for m in ("falls", "error", "EN", "blind")] == [-1, -1, 1, 0]
    assert found["EN", "noise"].verdict == "rewards noise"
    assert found["EN", "noise"].is_adverse
    assert found["blind", "noise"].verdict == "insensitive to noise"
    assert found["falls", "jpeg"].verdict == "falls with jpeg"
    assert found["falls", "jpeg"].pairs == 12


#: Mean over 710 images of Spearman's correlation within the image with GMSD to the truth; worked out once with
#: `scipy.stats.spearmanr` image by image.
PUBLISHED = {
    "Q_W": 0.561248,
    "Q_CV": 0.493462,
    "Q_SCD": 0.397207,
    "Q_MI": -0.203318,
    "Q_NCIE": -0.192130,
    "Q_TE": -0.296777,
}


def test_the_published_values_of_real_mff(data_dir):
    file = data_dir / "published/liu2024_realmff_values.csv.gz"
    if not file.is_file():
        pytest.skip("the published Real-MFF values are not here")
    summary = published_values(file, lambda name: Meaning(name, name not in ("GT_gmsd", "Q_CV")), "mfif")
    truth = Reference("truth", "GMSD", -summary.matrix("GT_gmsd"))
    found = {a.finding.metric: a.finding for a in against(summary.only(list(PUBLISHED)), truth, "mff", "d")}
    assert {name: f.value for name, f in found.items()} == pytest.approx(PUBLISHED, abs=1e-6)
    assert {(f.pairs, f.fusers) for f in found.values()} == {(710, 30)}
    assert [found[n].verdict for n in ("Q_W", "Q_NCIE")] == [
        "ranks with the truth",
        "ranks against the truth",
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("method,image,metric\nx,1,m\n", "columns method,image,metric,value"),
        ("method,image,metric,value\nx,1,m,high\n", "could not convert"),
        ("method,image,metric,value\nx,1,m,1\nx,1,m,2\n", "m of x on 1 is there twice"),
    ],
)
def test_bad_published_values_are_named(tmp_path, text, words):
    (tmp_path / "v.csv").write_text(text)
    with pytest.raises(BenchError, match=words):
        published_values(tmp_path / "v.csv", lambda name: Meaning(name, True), "t")


def test_ratings_are_means_or_shares_of_choices(tmp_path):
    file = tmp_path / "r.csv"
    file.write_text("pair,fuser,score\np1,X,3\np1,X,5\np1,Y,1\n")
    assert read_ratings(file, {"p1"}, {"X", "Y"}) == {("p1", "X"): 4.0, ("p1", "Y"): 1.0}
    file.write_text("pair,better,worse\np1,X,Y\np1,X,Z\np1,Z,Y\n")
    assert read_ratings(file, {"p1"}, {"X", "Y", "Z"}) == {
        ("p1", "X"): 1.0,
        ("p1", "Y"): 0.0,
        ("p1", "Z"): 0.5,
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("pair,fuser,score\np9,X,3\n", "line 2: no pair 'p9'"),
        ("pair,fuser,score\np1,W,3\n", "line 2: no fuser 'W'"),
        ("pair,fuser,score\np1,X,good\n", "line 2: the score 'good' is no number"),
        ("pair,fuser,score\np1,X,nan\n", "is no number"),
        ("pair,fuser\np1,X\n", "has no ratings"),
        ("pair,fuser,score\n", "has no ratings"),
        ("image,fuser,score\np1,X,1\n", "has no column pair"),
    ],
)
def test_bad_ratings_are_named(tmp_path, text, words):
    (tmp_path / "r.csv").write_text(text)
    with pytest.raises(BenchError, match=words):
        read_ratings(tmp_path / "r.csv", {"p1"}, {"X"})
