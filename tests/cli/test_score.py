"""`tcmoa-bench score`."""

import json

import pytest

from tests.commands import RAMP, call, const, save

FORMS = ("L", "RGB", "RGBA")


def rows(result):
    assert result.code in (0, 1), result.err
    return json.loads(result.out, parse_constant=lambda name: pytest.fail(f"bare {name}"))


def test_a_score_carries_its_definition(ramp):
    (row,) = rows(
        call("score", ramp, ramp, ramp, "--metrics", "Variance", "--convention", "vifb", "--format", "json")
    )
    assert (row["metric"], row["convention"], row["reference_name"]) == ("SD", "vifb", "Variance")
    assert row["value"] == pytest.approx(73.89181280764467)
    assert row["signature"].startswith("SD@vifb|v1|")
    assert row["higher_is_better"] is True
    assert {"a", "b", "fused"} <= row.keys()


def test_one_picture_in_every_form_gives_one_answer(tmp_path):
    """F23: 27 combinations, to the bit."""
    from PIL import Image

    for form in FORMS:
        Image.fromarray(RAMP).convert(form).save(tmp_path / f"{form}.png")
    jobs = tmp_path / "jobs.csv"
    jobs.write_text(
        "a,b,fused\n" + "".join(f"{a}.png,{b}.png,{f}.png\n" for a in FORMS for b in FORMS for f in FORMS)
    )
    found = rows(call("score", "--jobs", jobs, "--metrics", "tang2022,tang2023,textbook", "--format", "json"))
    by_metric = {}
    for row in found:
        by_metric.setdefault(f"{row['metric']}@{row['convention']}", set()).add((row["value"], row["reason"]))
    assert {name: len(values) for name, values in by_metric.items() if len(values) > 1} == {}
    assert by_metric["EN@tang2023"] == {(6.0, None)}
    assert by_metric["SF@tang2023"] == {(4.0, None)}


@pytest.mark.parametrize(
    "convention", ["textbook", "tang2022", "tang2023", "vifb", "mefb", "liu", "mfif", "fmi"]
)
def test_black_on_black(tmp_path, convention, recwarn):
    """F18: a number, or null with a reason; no minus before a zero, no warning."""
    black = save(tmp_path / "black.png", const(0))
    found = {
        row["metric"]: row
        for row in rows(call("score", black, black, black, "--convention", convention, "--format", "json"))
    }
    for row in found.values():
        assert row["value"] is not None or row["reason"]
    for name in ("EN", "SD", "SF"):
        if name in found:
            assert str(found[name]["value"]) == "0.0"
    assert [str(w.message) for w in recwarn.list if issubclass(w.category, RuntimeWarning)] == []


def test_eight_bit_arithmetic_does_not_wrap(tmp_path):
    """F21."""
    bright, dark = save(tmp_path / "bright.png", const(250)), save(tmp_path / "dark.png", const(10))
    found = rows(
        call(
            "score",
            bright,
            bright,
            dark,
            "--metrics",
            "PSNR,MSE",
            "--convention",
            "textbook",
            "--format",
            "json",
        )
    )
    assert found[0]["value"] == pytest.approx(0.526579, abs=5e-7)
    assert found[1]["value"] == 57600.0


def test_sizes_that_differ_are_named_with_their_files(tmp_path):
    a, b = save(tmp_path / "a.png", const(1, (48, 64))), save(tmp_path / "b.png", const(1, (48, 63)))
    result = call("score", a, b, a)
    assert result.code == 2
    for words in ("a.png is 48x64", "b.png is 48x63", "height x width"):
        assert words in result.err
    small = save(tmp_path / "f.png", const(1, (24, 32)))
    result = call("score", a, a, small)
    assert (result.code, "f.png is 24x32" in result.err) == (2, True)


def test_one_bad_line_costs_one_line(tmp_path):
    """F34."""
    for value in (100, 101, 116):
        save(tmp_path / f"{value}.png", const(value))
    (tmp_path / "empty.png").write_bytes(b"")
    jobs = tmp_path / "jobs.csv"
    jobs.write_text(
        "a,b,fused\n" + "".join(f"100.png,100.png,{f}.png\n" for f in ("101", "missing", "empty", "116"))
    )
    result = call(
        "score", "--jobs", jobs, "--metrics", "PSNR", "--convention", "textbook", "--format", "json"
    )
    found = rows(result)
    assert result.code == 1
    assert [row["value"] and round(row["value"], 6) for row in found] == [48.130804, None, None, 24.048404]
    assert "missing.png" in found[1]["reason"]
    assert "empty.png" in found[2]["reason"]
    backwards = tmp_path / "backwards.csv"
    lines = jobs.read_text().splitlines()
    backwards.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    again = rows(
        call(
            "score", "--jobs", backwards, "--metrics", "PSNR", "--convention", "textbook", "--format", "json"
        )
    )
    assert [row["value"] for row in again] == [row["value"] for row in reversed(found)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no column a and b and fused"),
        ("a,b,fused\n", "no rows"),
        ("a,b\n1,2\n", "has no column fused"),
        ("a;b;fused\n1;2;3\n", "has no column"),
        ("a,b,fused,a\n1,2,3,4\n", "names a column twice"),
        ('a,b,fused\n"1,2,3\n1,2,3\n', "double quote left open"),
        ("a,b,fused\n1,2," + "3" * 200_000, "no CSV after line 1"),
        ("a,b,fused,metrics\nx,x,x,SX@vifb\n", "line 2"),
    ],
)
def test_bad_job_lists(tmp_path, text, words):
    jobs = tmp_path / "jobs.csv"
    jobs.write_text(text)
    result = call("score", "--jobs", jobs)
    assert (result.code, words in result.err) == (2, True), result.err


def test_a_line_that_cannot_be_read_for_certain_costs_one_line(tmp_path, ramp):
    """A comma in a name that is not quoted would make another file of it."""
    save(tmp_path / "row.png", const(3, (1, 64)))
    jobs = tmp_path / "jobs.csv"
    lines = ("ramp.png,ramp.png,ramp.png,EN@vifb,odd.png", "ramp.png,ramp.png", "row.png,row.png,row.png")
    jobs.write_text("A, B, Fused, metrics\n" + "\n".join([*lines, "ramp.png,ramp.png,ramp.png,;"]) + "\n")
    result = call("score", "--jobs", jobs, "--metrics", "EN@vifb", "--format", "json")
    found = rows(result)
    assert (result.code, [row["value"] for row in found]) == (1, [None, None, None, 6.0])
    assert "jobs.csv, line 2: 5 cells for 4 columns" in found[0]["reason"]
    assert "jobs.csv, line 3: `fused` must name a file" in found[1]["reason"]
    assert "row.png, row.png: a is uint8 of shape (1, 64)" in found[2]["reason"]


def test_job_lists_may_have_a_byte_order_mark_and_metrics_of_their_own(tmp_path, ramp):
    jobs = tmp_path / "jobs.csv"
    jobs.write_bytes(
        b"\xef\xbb\xbf"
        + b"a,b,fused,metrics\nramp.png,ramp.png,ramp.png,EN@tang2022;SD@vifb\nramp.png,ramp.png,ramp.png,\n"
    )
    found = rows(call("score", "--jobs", jobs, "--metrics", "AG@vifb", "--format", "json"))
    assert [row["metric"] for row in found] == ["EN", "SD", "AG"]


def test_formats_agree(ramp, tmp_path):
    args = ("score", ramp, ramp, ramp, "--metrics", "EN@textbook,PSNR@textbook")
    (en, psnr) = rows(call(*args, "--format", "json"))
    lines = call(*args, "--format", "csv").out.splitlines()
    assert "6.0" in lines[1].split(",")
    assert "n/a" in lines[2]
    table = call(*args).out
    assert "6.000000" in table
    assert "n/a" in table
    assert en["value"] == 6.0
    assert psnr["value"] is None
    out = tmp_path / "out.json"
    assert call(*args, "--format", "json", "-o", out).code == 0
    assert json.loads(out.read_text()) == [en, psnr]


def test_lists_may_be_repeated(ramp):
    """click lets the last one win in silence."""
    result = call(
        "score", ramp, ramp, ramp, "--metrics", "EN@vifb", "--metrics", "SD@vifb,EN@vifb", "--format", "json"
    )
    assert [row["metric"] for row in rows(result)] == ["EN", "SD"]
    shown = call("show", "SD", "--convention", "vifb", "--convention", "mefb").out
    assert "SD@vifb" in shown
    assert "SD@mefb" in shown


@pytest.mark.parametrize(
    ("names", "convention", "expected"),
    [
        ("FMI", "mefb", ["FMI@mefb"]),  # `fmi` is also a convention of five metrics
        (
            "FMI",
            "liu",
            ["FMI_pixel@fmi", "FMI_gradient@fmi", "FMI_edge@fmi", "FMI_dct@fmi", "FMI_wavelet@fmi"],
        ),
        ("SD@vifb,SD", "textbook", ["SD@vifb", "SD@textbook"]),
        ("EN@mefb", "textbook", ["EN@mefb"]),
    ],
)
def test_a_bare_name_is_first_a_metric_of_the_convention_named(ramp, names, convention, expected):
    result = call(
        "score", ramp, ramp, ramp, "--metrics", names, "--convention", convention, "--format", "json"
    )
    assert [f"{row['metric']}@{row['convention']}" for row in rows(result)] == expected
