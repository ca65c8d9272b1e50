"""What a spreadsheet's user is told (M13)."""

import pytest

from tcmoa_bench.errors import BenchError
from tcmoa_bench.lists import read_list
from tests.commands import call, const, save

HEAD = "a,b,fused"


def _read(path):
    return read_list(path, ("a", "b", "fused"), HEAD)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a;b;fused\nx;y;z\n", "its separator is a semicolon, a comma is expected"),
        (b"a\tb\tfused\nx\ty\tz\n", "its separator is a tab, a comma is expected"),
        (
            "a,b,fused\nx,y,z\n".encode("utf-16"),
            "is UTF-16, as spreadsheets save it; save it as CSV in UTF-8",
        ),
        (
            b"a,b,result\nx,y,z\n",
            "has no column fused; its first line must be `a,b,fused`, its text UTF-8 (it has a, b, result)",
        ),
        (
            b"",
            "has no column a and b and fused; its first line must be `a,b,fused`, its text UTF-8 (it is empty)",
        ),
    ],
)
def test_what_a_list_is_instead(tmp_path, content, words):
    (tmp_path / "jobs.csv").write_bytes(content)
    with pytest.raises(BenchError) as error:
        _read(tmp_path / "jobs.csv")
    assert words in str(error.value)


def test_a_cell_with_a_blank_is_shown_in_quotes(tmp_path):
    for name in ("1", "2"):
        save(tmp_path / "d" / f"{name}.png", const(3))
    jobs = tmp_path / "jobs.csv"
    jobs.write_text(f"{HEAD}\n d/1.png,d/1.png,d/2.png\nd/1.png,d/1.png,d/2.png\n")
    result = call("score", "--jobs", jobs, "--metrics", "EN@textbook", "--format", "csv")
    assert result.code == 1
    assert "no such file: ' d/1.png'; it exists without the blanks around its name" in result.out
    assert result.out.count("n/a") == 1
