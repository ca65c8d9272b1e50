"""What libjpeg and libtiff would pass in silence, or say to nobody in particular."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tcmoa_bench.decoders import jpeg_damage
from tcmoa_bench.images import decode_image, read_image
from tests.commands import PROGRAM, RAMP, save

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (128, 128, 3), dtype=np.uint8))


def jpeg(**options):
    buffer = io.BytesIO()
    NOISE.save(buffer, "JPEG", **options)
    return buffer.getvalue()


KINDS = [{}, {"progressive": True}, {"restart_marker_rows": 1}, {"subsampling": 0, "quality": 20}]


@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.98])
def test_a_jpeg_without_the_end_of_its_scan_is_refused_though_it_has_an_end_mark(options, share):
    data = jpeg(**options)
    assert decode_image(data, "f.jpg").shape == (128, 128, 3)
    with pytest.raises(ValueError, match=r"f\.jpg is truncated or damaged"):
        decode_image(data[: int(len(data) * share)] + b"\xff\xd9", "f.jpg")


def test_a_jpeg_that_lacks_a_restart_interval_is_refused():
    data = jpeg(restart_marker_rows=1)
    first, second = data.index(b"\xff\xd2"), data.index(b"\xff\xd3")
    with pytest.raises(ValueError, match=r"f\.jpg is truncated or damaged"):
        decode_image(data[:first] + data[second:], "f.jpg")


def test_bytes_too_many_behind_a_scan_are_no_damage():
    data = jpeg()
    assert np.array_equal(
        decode_image(data[:-2] + bytes(7) + data[-2:] + b"more", "f"), decode_image(data, "f")
    )


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("options", KINDS)
def test_whole_jpegs_of_every_kind_have_no_damage(mode, options):
    buffer = io.BytesIO()
    NOISE.convert(mode).save(buffer, "JPEG", **options)
    assert jpeg_damage(buffer.getvalue()) == ""


def test_a_jpeg_of_a_thousand_scans_is_refused_at_once():
    data = jpeg(progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    with pytest.raises(ValueError, match=r"f\.jpg is truncated or damaged \(it has \d+ scans, more than 100"):
        decode_image(data[:-2] + scan * 1000 + b"\xff\xd9", "f.jpg")


def test_libtiffs_own_lines_do_not_reach_the_terminal(tmp_path):
    """F-lines such as `ZIPDecode: Decoding error at scanline 0` name no file."""
    for form in ("tiff_adobe_deflate", "tiff_lzw", "jpeg"):
        NOISE.save(tmp_path / f"{form}.tif", compression=form)
        data = bytearray((tmp_path / f"{form}.tif").read_bytes())
        middle = len(data) // 3
        data[middle : middle + 64] = b"\xff" * 64
        (tmp_path / f"{form}.tif").write_bytes(data)
    script = (
        "import sys\nfrom tcmoa_bench.images import read_image\n"
        "for f in sys.argv[1:]:\n"
        "    try: read_image(f)\n"
        "    except ValueError as error: print(error)\n"
    )
    files = sorted(map(str, tmp_path.glob("*.tif")))
    done = subprocess.run([sys.executable, "-c", script, *files], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "deflate.tif is truncated or damaged" in done.stdout


@pytest.mark.skipif(sys.platform != "linux", reason="limits of address space")
def test_a_picture_too_large_for_the_memory_costs_its_row_alone(tmp_path):
    """81 million pixels in 10 kB, below the limit of pixels, in a process that may not have them."""
    Image.new("1", (9000, 9000)).save(tmp_path / "large.png")
    save(tmp_path / "f.png", RAMP)
    (tmp_path / "jobs.csv").write_text(
        "a,b,fused\nf.png,f.png,f.png\nlarge.png,large.png,large.png\nf.png,f.png,large.png\nf.png,f.png,f.png\n"
    )
    script = (
        "import tcmoa_bench.run.scoring, tcmoa_bench.metrics, resource, cv2\n"
        "tcmoa_bench.metrics.resolve(['EN@textbook'])\n"
        "used = int(open('/proc/self/statm').read().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 150_000_000,) * 2)\n" + PROGRAM[-1]
    )
    done = subprocess.run(
        [*PROGRAM[:-1], script, "score", "--jobs", "jobs.csv", "--metrics", "EN@textbook", "--format", "json"],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    rows = json.loads(done.stdout)
    assert [row["value"] for row in rows] == [6.0, None, None, 6.0]
    assert "memory" in rows[1]["reason"]


def test_a_damaged_source_is_decoded_once_for_all_fusers(pairs, tmp_path, monkeypatch):
    from tests.run.runs import planted, run

    suite = pairs({"p1": (RAMP, RAMP), "p2": (RAMP, RAMP)})
    data = bytearray((tmp_path / "A/p1.png").read_bytes())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "A/p1.png").write_bytes(data)
    planted(
        tmp_path,
        monkeypatch,
        "    from tcmoa_bench import images\n"
        "    inner = images._decode\n"
        "    def noted(data, name, *rest):\n"
        f"        open({str(tmp_path / 'decoded')!r}, 'a').write(f'{{name}}\\n')\n"
        "        return inner(data, name, *rest)\n"
        "    images._decode = noted\n",
    )
    result = run(suite, tmp_path / "run", "--fusers", "average,lp,max,min")
    assert result.code == 1
    assert "4 failed" in result.out
    decoded = (tmp_path / "decoded").read_text().splitlines()
    assert sum(name.endswith("A/p1.png") for name in decoded) == 1


def test_a_damaged_source_is_decoded_once_for_a_list(tmp_path, monkeypatch):
    from tcmoa_bench.metrics import resolve
    from tcmoa_bench.run import scoring

    save(tmp_path / "f.png", RAMP)
    (tmp_path / "cut.png").write_bytes((tmp_path / "f.png").read_bytes()[:-30])
    (tmp_path / "jobs.csv").write_text("a,b,fused\n" + "cut.png,f.png,f.png\n" * 4)
    read = []
    monkeypatch.setattr(scoring, "read_pair", lambda a, b: read.append(a) or (read_image(a), read_image(b)))
    triples = scoring.read_jobs(tmp_path / "jobs.csv", resolve(["EN@textbook"]), None)
    rows = list(scoring.score_triples(triples, strict=False))
    assert len(rows) == 4
    assert all(row.failed and "truncated" in row.score.reason for row in rows)
    assert len(read) == 1
