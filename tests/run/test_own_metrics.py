"""A metric of the user's own in a run: what goes wrong in it is a null with its reason."""

from __future__ import annotations

import pytest

from tests.commands import const
from tests.run import runs

CODE = '''from tcmoa_bench.metrics import Convention

OURS = Convention("{name}", "ours", settings={{"gray": "bt601-round"}})


def formula(a, b, fused):
    """Nothing."""
    {line}


OURS.define("Odd", formula, higher_is_better=True, meaning="Nothing.")
'''


@pytest.mark.parametrize(
    ("name", "line", "reason"),
    [
        ("odd_name", "raise Undefined('why')", "NameError: name 'Undefined' is not defined"),
        ("odd_none", "return None", "TypeError: the formula returned NoneType"),
        ("odd_exit", "raise SystemExit(3)", "SystemExit: 3"),
        ("odd_text", "return 'much'", "TypeError: the formula returned str"),
        ("odd_many", "return fused.values", "TypeError: the formula returned ndarray"),
        ("odd_zero", "return 1 / 0", "not a number"),
    ],
)
def test_an_error_is_a_null_with_its_reason(pairs, tmp_path, monkeypatch, name, line, reason):
    (tmp_path / f"{name}.py").write_text(CODE.format(name=name, line=line))
    monkeypatch.chdir(tmp_path)
    suite = pairs({"p1": (const(10), const(20))}, f'["{name}:OURS", "EN@textbook"]', 'fusers = ["average"]')
    result = runs.run(suite, tmp_path / "out")
    assert result.code == 0, result.err
    scores = (tmp_path / "out" / "scores.csv").read_text().splitlines()
    odd = next(row for row in scores if ",Odd," in row)
    assert f",n/a,{reason}" in odd.replace('"', "")
    assert any(",EN," in row and ",0.0," in row for row in scores)
