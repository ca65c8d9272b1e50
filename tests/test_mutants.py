"""Damaged files of every kind: a share of `python -m benchmarks.mutants`, and what larger runs of it found."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import mutants
from tcmoa_bench.documents import fill, parse
from tcmoa_bench.errors import BenchError
from tcmoa_bench.lists import ListRow, read_list
from tcmoa_bench.run.suite import load_suite
from tcmoa_bench.tcmoa.config import TCMoAConfig
from tcmoa_bench.tcmoa.train.config import parse_recipe


def refusal(work) -> str:
    """What is said of what is refused; empty for what is taken."""
    try:
        work()
    except BenchError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("room", mutants.ROOMS, ids=lambda room: room.__name__)
def test_mutants_are_taken_or_refused(room, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, kind in room(tmp_path).items():
        code, err = kind.run()
        assert code == 0, (name, err)
        for number in range(30):
            kind.file.write_bytes(mutants.changed(name, kind, number, 1))
            code, err = kind.run()
            assert code in (0, 1, 2), (name, number, err)
            assert "Traceback" not in err
            assert code != 2 or err.strip(), (name, number)
        kind.file.write_bytes(kind.whole)


def test_mutants_differ_and_are_the_same_again():
    data = bytes(range(256))
    made = [mutants.mutant(data, (0, "x", number)) for number in range(50)]
    assert made == [mutants.mutant(data, (0, "x", number)) for number in range(50)]
    assert len(set(made)) > 45


@pytest.mark.parametrize("form", ["JSON", "TOML"])
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a = " + b"[" * 20000, "nested too deeply|no valid"),
        (b"\xff\xfea", "no valid"),
        (b"a = " + b"9" * 5000, "no valid"),
        (b"\0", "no valid"),
    ],
)
def test_documents_that_are_none_are_refused_by_name(form, data, words):
    data = data.removeprefix(b"a = ") if form == "JSON" else data
    with pytest.raises(BenchError, match=rf"^here is .*({words})"):
        parse(data, "here", form)


@given(st.text(max_size=200), st.sampled_from(["JSON", "TOML"]))
def test_any_text_is_parsed_or_refused(text, form):
    said = refusal(lambda: parse(text.encode(), "here", form))
    assert not said or said.startswith("here is no valid")


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["pairs", "vif"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(TCMoAConfig.__dataclass_fields__)), _VALUES)
def test_a_models_field_takes_what_it_is_or_refuses(field, value):
    try:
        config = TCMoAConfig.from_mapping({field: value})
    except ValueError:
        return
    assert config.depth <= 256
    assert type(getattr(config, field)) is type(getattr(TCMoAConfig(), field)) or field in (
        "mlp_ratio",
        "gain_sigma",
    )


@given(
    st.dictionaries(
        st.sampled_from(["name", "model", "data", "loss", "lr", "updates", "betas", "batch", "x"]), _VALUES
    )
)
def test_a_recipe_is_taken_or_refused(values):
    try:
        parse_recipe(values)
    except (TypeError, ValueError):  # what `load_recipe` turns into a sentence with the file's name
        return


_KEYS = ["version", "title", "datasets", "metrics", "fusers", "sample", "published", "fused", "commands", "fused_maps",
         "convention", "paper", "base"]  # fmt: skip


def _toml(value) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(k)} = {_toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return '"none"' if value is None else json.dumps(value) if not isinstance(value, float) else repr(value)


@given(st.dictionaries(st.sampled_from(_KEYS), _VALUES, max_size=3))
def test_a_suite_is_taken_or_refused(tmp_path_factory, values):
    file = tmp_path_factory.mktemp("suites") / "s.toml"
    whole = {"name": "x", "metrics": ["EN@textbook"], "datasets": [{"name": "pairs"}], **values}
    file.write_text("\n".join(f"{key} = {_toml(value)}" for key, value in whole.items()), "utf-8")
    said = refusal(lambda: load_suite(str(file)))
    assert not said or "s.toml" in said


@given(st.binary(max_size=120), st.booleans())
def test_a_list_is_taken_or_refused(tmp_path_factory, data, headed):
    file = tmp_path_factory.mktemp("lists") / "l.csv"
    file.write_bytes((b"a,b\n" if headed else b"") + data)
    rows: list[ListRow] = []
    said = refusal(lambda: rows.extend(read_list(file, ("a", "b"), "a,b")))
    assert not said or "l.csv" in said
    assert all(row.problem or (row.cells["a"] and row.cells["b"]) for row in rows)


def test_a_record_refuses_other_types_by_name():
    for values, words in (
        ({"depth": "4"}, "depth in it is a whole number, not '4'"),
        ({"depth": True}, "depth in it is a whole number, not True"),
        ({"mlp_ratio": float("nan")}, "mlp_ratio in it is a finite number, not nan"),
        ({"depht": 4}, "unknown fields in it: depht"),
        ([], "it is a table of values"),
    ):
        with pytest.raises(ValueError, match=words):
            fill(TCMoAConfig, values, "it")
