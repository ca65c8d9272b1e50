import dataclasses
import json
from xml.etree import ElementTree

import pytest

from tcmoa_bench.reports.drift import render, snapshot
from tcmoa_bench.reports.drift.compare import Tolerance, Tolerances, compare, read_tolerances
from tcmoa_bench.types import BenchError
from tests.reports.builder import ENVIRONMENT, make_run

VALUES = {
    "P": {"EN@t": [1.0, 2.0, 3.0], "MSE@t": [0.1, 0.2, 0.3]},
    "Q": {"EN@t": [4.0, 5.0, 6.0], "MSE@t": [1.0, 1.1, 1.2]},
}


def snap(folder, values=VALUES, **facts):
    return snapshot.of_run(make_run(folder, values, down=["MSE@t"], **facts))


@pytest.fixture
def base(tmp_path):
    return snap(tmp_path / "base")


def changed(fuser, metric, index, value):
    new = {f: {m: list(column) for m, column in metrics.items()} for f, metrics in VALUES.items()}
    new[fuser][metric][index] = value
    return new


def test_nothing_moved(base, tmp_path):
    result = compare(base, snap(tmp_path / "now"))
    assert not result.drift
    assert render.headline(result) == "no drift: 6 cells, 12 values compared"


def test_a_moved_image_is_named(base, tmp_path):
    now = snap(tmp_path / "now", changed("P", "EN@t", 1, 2.01), fused={("P", "p2"): "other pixels"})
    result = compare(base, now)
    (moved,) = result.moved
    assert (moved.cell, moved.metric, moved.cause, moved.worse) == (("d", "p2", "P"), "EN@t", "image", False)
    assert result.findings[0].text == "P: 1 fused images have other pixels: d/p2"
    assert result.drift


def test_an_image_that_moved_without_moving_a_metric_is_drift_too(base, tmp_path):
    assert compare(base, snap(tmp_path / "now", fused={("P", "p2"): "other pixels"})).drift


def test_a_moved_constant_is_the_codes_doing(base, tmp_path):
    now = snap(tmp_path / "now", changed("Q", "MSE@t", 0, 1.01))
    (moved,) = compare(base, now).moved
    assert (moved.cause, moved.worse) == ("code", True)


def test_another_signature_is_not_comparable_and_says_so(base, tmp_path):
    now = snap(tmp_path / "now", signatures={"EN@t": "EN@t|v2"})
    result = compare(base, now)
    assert result.drift
    anew = "EN@t is defined anew, and its 6 values are equal: EN@t|v1 became EN@t|v2"
    assert [f.text for f in result.findings] == [anew]
    assert not compare(base, now, allowed={"signature": "reviewed"}).drift
    moved = snap(tmp_path / "moved", changed("Q", "EN@t", 0, 1.01), signatures={"EN@t": "EN@t|v2"})
    assert [f.text for f in compare(base, moved).findings] == [
        "EN@t is not comparable: EN@t|v1 became EN@t|v2"
    ]


def test_a_library_version_is_named(base, tmp_path):
    environment = {**ENVIRONMENT, "libraries": {"numpy": "2.5.0", "scipy": "1.17.0"}}
    result = compare(base, snap(tmp_path / "now", environment=environment))
    assert result.drift
    assert [f.text for f in result.findings] == ["numpy: 2.4.0 became 2.5.0"]
    assert not compare(
        base, snap(tmp_path / "now2", environment=environment), allowed={"environment": "ok"}
    ).drift


def test_values_that_are_missing_from_a_cell_are_drift(base, tmp_path):
    """The cell is there, the metric is there, the value is not: a gate must not turn green on that."""
    fewer = {**VALUES, "Q": {**VALUES["Q"], "MSE@t": [1.0]}}
    result = compare(base, snap(tmp_path / "now", fewer))
    assert [(f.cause, f.text) for f in result.findings] == [("missing", "Q: 2 values of MSE@t are missing")]
    assert (result.drift, result.cells, result.values) == (True, 6, 10)
    assert not compare(base, snap(tmp_path / "now2", fewer), allowed={"missing": "reviewed"}).drift


@pytest.mark.parametrize(("fused", "same", "other"), [({}, "code", "environment"),
                                                      ({("P", "p1"): "new"}, "image", "environment")])  # fmt: skip
def test_another_environment_may_have_moved_a_value_or_an_image(base, tmp_path, fused, same, other):
    """Pixels and numbers that move with a library's version are its doing before they are the code's."""
    values = changed("P", "EN@t", 0, 1.5)
    environment = {**ENVIRONMENT, "libraries": {"numpy": "2.5.0", "scipy": "1.17.0"}}
    (here,) = compare(base, snap(tmp_path / "now", values, fused=fused)).moved
    (there,) = compare(base, snap(tmp_path / "there", values, fused=fused, environment=environment)).moved
    assert (here.cause, there.cause) == (same, other)


def test_a_movement_as_large_as_the_tolerance_holds():
    """`atol + rtol * |base|` is the last that is allowed; with no tolerance at all, equal values are equal."""
    assert Tolerance(rtol=0, atol=0).holds(3.5, 3.5)
    assert Tolerance(rtol=0, atol=0.5).holds(1.0, 1.5)
    assert not Tolerance(rtol=0, atol=0.5).holds(1.0, 1.5 + 2**-52)
    assert Tolerance(rtol=0.25, atol=0).holds(-4.0, -3.0)
    assert Tolerance(rtol=0.25, atol=0.5).holds(4.0, 2.5)
    assert not Tolerance(rtol=0.25, atol=0.5).holds(4.0, 2.4375)
    assert Tolerance().holds(0.0, 1e-12)
    assert not Tolerance().holds(0.0, 1.1e-12)
    assert Tolerance().holds(1e6, 1e6 + 0.99e-3)
    assert not Tolerance().holds(1e6, 1e6 + 1.01e-3)


def test_the_largest_relative_movement_comes_first(base, tmp_path):
    """Half of 1.0 is more than a tenth of 4.0, whatever the direction; a value that is gone is more than any."""
    now = {
        "P": {"EN@t": [0.5, 2.0, 3.0], "MSE@t": [0.1, 0.2, 0.3]},
        "Q": {"EN@t": [4.4, 5.0, None], "MSE@t": [1.0, 1.1, 1.2]},
    }
    moved = compare(base, snap(tmp_path / "now", now)).moved
    assert [(m.base, m.now) for m in moved] == [(6.0, None), (1.0, 0.5), (4.0, 4.4)]


def test_a_checkpoint_is_named(base, tmp_path):
    now = snap(
        tmp_path / "now",
        changed("P", "EN@t", 0, 1.5),
        fused={("P", "p1"): "new"},
        records={"P": {"fingerprint": "abc"}},
    )
    result = compare(base, now)
    assert result.moved[0].cause == "model"
    assert "P is another one (fingerprint: None became abc)" in [f.text for f in result.findings]


def test_changed_sources_are_named(base, tmp_path):
    result = compare(base, snap(tmp_path / "now", changed("P", "EN@t", 0, 1.5), sources={"p1": "other"}))
    assert result.moved[0].cause == "data"
    assert result.findings[0].text == "source files changed in 1 pairs: d/p1"


def test_no_cell_in_common_is_an_error(base, tmp_path):
    """F31a: a renamed fuser must not turn the gate green."""
    with pytest.raises(BenchError, match=r"no cell in common: base has P, Q .* now has R"):
        compare(base, snap(tmp_path / "now", {"R": VALUES["P"]}))


def test_a_missing_cell_is_drift_and_a_new_fuser_is_not(base, tmp_path):
    lost = compare(base, snap(tmp_path / "lost", failed={("Q", "p2"): "no image"}))
    assert lost.drift
    assert [f.text for f in lost.findings] == ["Q on d/p2 is in base and not in lost"]
    more = compare(base, snap(tmp_path / "more", {**VALUES, "R": VALUES["P"]}))
    assert not more.drift
    assert more.new == ("R",)
    assert "R" in render.to_md(more)


def test_a_missing_metric_and_null_are_drift(base, tmp_path):
    only = {fuser: {"EN@t": metrics["EN@t"]} for fuser, metrics in VALUES.items()}
    assert any("metric MSE@t" in f.text for f in compare(base, snap(tmp_path / "only", only)).findings)
    null = compare(base, snap(tmp_path / "null", changed("P", "EN@t", 0, None)))
    assert null.moved[0].now is None
    assert null.drift


def test_other_suites_are_refused(base, tmp_path):
    with pytest.raises(BenchError, match=r"of suite s, .* of suite other"):
        compare(base, snap(tmp_path / "now", suite="other"))


def test_tolerances_by_pattern(base, tmp_path):
    file = tmp_path / "tolerances.toml"
    file.write_text('"MSE@*" = { rtol = 0.02 }\n')
    limits = read_tolerances(file, Tolerance())
    assert not compare(base, snap(tmp_path / "a", changed("Q", "MSE@t", 0, 1.01)), limits).drift
    assert compare(base, snap(tmp_path / "b", changed("Q", "EN@t", 0, 4.04)), limits).drift
    assert not compare(
        base, snap(tmp_path / "c", changed("Q", "EN@t", 0, 4.04)), Tolerances(Tolerance(0.02))
    ).drift
    file.write_text('"MSE@*" = { rtool = 0.02 }\n')
    with pytest.raises(BenchError, match="no tolerance file"):
        read_tolerances(file, Tolerance())


def test_a_baseline_file_says_the_same_as_its_run(base, tmp_path):
    file = tmp_path / "baseline.json"
    snapshot.save(base, file)
    loaded = snapshot.load_snapshot(file)
    assert not compare(loaded, base).drift
    assert loaded.values == base.values
    assert json.loads(file.read_text())["means"]["P"]["EN@t"] == 2.0
    first = file.read_bytes()
    snapshot.save(loaded, file)
    assert file.read_bytes() == first


@pytest.mark.parametrize("cut", [0, 10, 200, -20])
def test_a_cut_baseline_is_refused(base, tmp_path, cut):
    file = tmp_path / "baseline.json"
    snapshot.save(base, file)
    file.write_bytes(file.read_bytes()[:cut])
    with pytest.raises(BenchError, match="is no baseline file or is damaged"):
        snapshot.load_snapshot(file)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (float("inf"), "EN@t of d/p1/P is inf, no finite number"),
        (float("nan"), "is nan, no finite number"),
        ("1.0", "is '1.0', no finite number"),
        (True, "is True, no finite number"),
    ],
)
def test_a_baseline_of_no_numbers_is_refused(base, tmp_path, value, words):
    """Any value is within a tolerance relative to infinity: the gate would be open."""
    snapshot.save(base, tmp_path / "b.json")
    content = json.loads((tmp_path / "b.json").read_text())
    content["cells"][0]["values"]["EN@t"] = value
    (tmp_path / "b.json").write_text(json.dumps(content))
    with pytest.raises(BenchError, match=rf"b\.json is no baseline file or is damaged .*{words}"):
        snapshot.load_snapshot(tmp_path / "b.json")


def test_a_baseline_of_odd_cells_is_refused(base, tmp_path):
    snapshot.save(base, tmp_path / "b.json")
    content = json.loads((tmp_path / "b.json").read_text())
    for cells in ([*content["cells"], content["cells"][0]], [{**content["cells"][0], "cell": ["P"]}]):
        (tmp_path / "b.json").write_text(json.dumps({**content, "cells": cells}))
        with pytest.raises(BenchError, match=r"b\.json is no baseline file or is damaged"):
            snapshot.load_snapshot(tmp_path / "b.json")


def test_a_baseline_whose_means_do_not_follow_from_its_cells_is_refused(base, tmp_path):
    """A cell or a mean that somebody changed by hand; the mean of numbers of both signs is no false alarm."""
    file = tmp_path / "b.json"
    snapshot.save(base, file)
    text = file.read_text()
    for old, new in (
        ('"EN@t": 2.0,\n', '"EN@t": 2.5,\n'),
        ('"values": {"EN@t": 5.0,', '"values": {"EN@t": 5.1,'),
    ):
        assert text.count(old) == 1, old
        file.write_text(text.replace(old, new, 1))
        with pytest.raises(BenchError, match=r"is damaged .*the mean"):
            snapshot.load_snapshot(file)
    awkward = [1e6 / 3, -1e6 / 3, 1e-7 / 3]
    snapshot.save(snap(tmp_path / "signs", {"P": {"EN@t": awkward}}), file)
    assert compare(snapshot.load_snapshot(file), snapshot.load_snapshot(file)).values == 3


@pytest.mark.parametrize("value", ["nan", "-1", "inf", '"x"'])
def test_a_tolerance_is_a_finite_number(tmp_path, value):
    (tmp_path / "t.toml").write_text(f'"EN@t" = {{ rtol = {value} }}\n')
    with pytest.raises(BenchError, match=r"the tolerance rtol = .* is no finite number"):
        read_tolerances(tmp_path / "t.toml", Tolerance())


def test_a_missing_or_later_baseline_is_refused(base, tmp_path):
    with pytest.raises(BenchError, match="no run folder or baseline file at"):
        snapshot.load_snapshot(tmp_path / "nothing.json")
    file = tmp_path / "baseline.json"
    snapshot.save(base, file)
    file.write_text(file.read_text().replace('"format": 1', '"format": 99'))
    with pytest.raises(BenchError, match="later tcmoa-bench"):
        snapshot.load_snapshot(file)


def test_renderings(base, tmp_path):
    result = compare(base, snap(tmp_path / "now", changed("P", "EN@t", 1, 0.5)))
    assert json.loads(render.to_json(result))["moved"][0]["change"] == -1.5
    suite = ElementTree.fromstring(render.to_junit(result).split("\n", 1)[1])
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    assert "::error title=drift (code)::P EN@t: 2 -> 1.5 (worse)" in render.to_github(result)
    assert "P on p2" in render.to_md(result)
    clean = compare(base, base)
    assert 'failures="0"' in render.to_junit(clean)


def test_a_run_of_two_places_is_told_cell_by_cell(base, tmp_path):
    """The cell that was computed with another library is blamed on it, the one that was not is blamed on the code."""
    now = snap(tmp_path / "now", changed("P", "EN@t", 0, 3.5))
    here, there = dict(base.environment), {**base.environment, "numpy": "9.9"}
    moved = ("d", "p1", "P")
    mixed = dataclasses.replace(
        now, environment=there, origins={key: here for key in now.values if key != moved}
    )
    result = compare(base, mixed)
    assert [(m.cell, m.cause) for m in result.moved] == [(moved, "environment")]
    assert [f.text for f in result.findings] == ["numpy: 2.4.0 became 9.9 in 1 of 6 cells"]
    other = dataclasses.replace(mixed, origins={key: there if key != moved else here for key in now.values})
    assert [m.cause for m in compare(base, other).moved] == ["code"]


def test_every_format_names_what_became_null(base, tmp_path):
    """M10: a single value, and a mean of which nothing is left; before, JUnit passed while the exit code was 1."""
    gone = {f: {m: list(column) for m, column in metrics.items()} for f, metrics in VALUES.items()}
    gone["P"]["EN@t"][1] = None
    gone["Q"]["MSE@t"] = [None] * 3
    result = compare(base, snap(tmp_path / "now", gone))
    for form in ("md", "json", "junit", "github"):
        text = render.RENDERERS[form](result)
        assert "null" in text, form
        assert "p2" in text, form
    failures = ElementTree.fromstring(render.to_junit(result)).findall(".//failure")
    messages = [failure.get("message") for failure in failures]
    assert "P on d/p2 EN@t: 2 -> null" in messages
    assert "Q MSE@t: 1.1 -> null" in messages
    assert "::error title=drift (code)::Q MSE@t: 1.1 -> null" in render.to_github(result)
