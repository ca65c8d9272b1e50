"""Figures: what they show, that names survive, that the same run gives the same bytes."""

from __future__ import annotations

import re
import warnings
import zlib
from itertools import pairwise
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image as PilImage

from tcmoa_bench.cli import cli
from tcmoa_bench.reports.figures import canvas, critical_difference, history, qualitative
from tcmoa_bench.reports.figures.difference import difference
from tcmoa_bench.reports.figures.kinds import KINDS, Wanted
from tcmoa_bench.reports.figures.pictures import Shown, find_pairs
from tcmoa_bench.reports.figures.qualitative import BOXES, Crop
from tcmoa_bench.reports.statistics import Ranking, ranking
from tcmoa_bench.reports.summary import Run, select
from tcmoa_bench.types import BenchError
from tests.reports.builder import make_run
from tests.reports.painted import fused_image, paint, painted_run, source_image


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return painted_run(tmp_path_factory.mktemp("run"))


def svg(run: Run, kind: str, output: Path, wanted: Wanted | None = None) -> str:
    with canvas.style():
        return canvas.save(KINDS[kind](run, wanted or Wanted()), output / "f.svg").read_text("utf-8")


def texts(svg_text: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg_text)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        ("qualitative", Wanted(crops=["10,5,12,9"])),
        ("difference", Wanted(against="b")),
        ("distribution", Wanted(metric="EN")),
        ("ranks", Wanted(metric="EN")),
        ("ranks", Wanted()),
        ("time", Wanted(metric="EN@tang2022")),
    ],
)
@pytest.mark.parametrize("ending", canvas.FORMATS)
def test_equal_runs_give_equal_files_in_every_format(
    run: Run, tmp_path: Path, kind: str, wanted: Wanted, ending: str
) -> None:
    files = []
    for name in "ab":
        with canvas.style():
            files.append(
                canvas.save(KINDS[kind](run, wanted), tmp_path / f"{name}.{ending}", dpi=60).read_bytes()
            )
    assert files[0] == files[1]
    assert files[0].startswith({"pdf": b"%PDF-", "svg": b"<?xml", "png": b"\x89PNG"}[ending])


def test_the_qualitative_figure_names_sources_and_fusers_in_order(run: Run, tmp_path: Path) -> None:
    assert texts(svg(run, "qualitative", tmp_path)) == ["Visible", "Infrared", "average", "lp", "tcmoa"]
    few = select(run, ["tcmoa", "average"])
    assert texts(svg(few, "qualitative", tmp_path)) == ["Visible", "Infrared", "tcmoa", "average"]


def test_crops_are_boxed_in_every_picture_and_enlarged(run: Run) -> None:
    for corner in (False, True):
        with canvas.style():
            figure = KINDS["qualitative"](
                run, Wanted(["scene 1", "scene 3"], ["10,5,12,9", "40,20,12,9"], corner)
            )
        boxes = [patch for axes in figure.axes for patch in axes.patches]
        assert len(boxes) == 2 * 5 * 2
        assert (boxes[0].get_x(), boxes[0].get_y(), boxes[0].get_width(), boxes[0].get_height()) == (
            9.5,
            4.5,
            12,
            9,
        )
        shown = [np.asarray(axes.images[0].get_array()) for axes in figure.axes]
        assert len(shown) == 2 * 5 * 3
        assert np.array_equal(shown[0], source_image(0, "a"))
        assert np.array_equal(shown[1], source_image(0, "a")[5:14, 10:22])
        assert np.array_equal(shown[-1], fused_image(2, 2)[20:29, 40:52])


def test_a_crop_may_be_of_one_pair(run: Run) -> None:
    crops = ["scene 1:10,5,12,9", "d/scene 3:40,20,12,9", "1,2,12,9"]
    with canvas.style():
        figure = KINDS["qualitative"](run, Wanted(["scene 1", "scene 3"], crops))
    boxes = [(patch.get_x(), patch.get_y()) for axes in figure.axes for patch in axes.patches]
    assert boxes == [(9.5, 4.5), (0.5, 1.5)] * 5 + [(39.5, 19.5), (0.5, 1.5)] * 5
    with canvas.style(), pytest.raises(BenchError, match=r"scene 2:\.\.\.: no such pair in the figure"):
        KINDS["qualitative"](run, Wanted(["scene 1"], ["scene 2:10,5,12,9"]))


def test_boxes_have_their_crops_colour(run: Run, tmp_path: Path) -> None:
    text = svg(run, "qualitative", tmp_path, Wanted(crops=["10,5,12,9", "40,20,12,9"]))
    assert text.count(f"stroke: {BOXES[0].lower()}") >= 10
    assert text.count(f"stroke: {BOXES[1].lower()}") >= 10


@pytest.mark.parametrize("text", ["1,2,3", "scene 1:1,2,3", "1,2,0,4", "-1,2,3,4", "a,b,c,d", "1.5,2,3,4"])
def test_a_crop_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BenchError, match="x,y,width,height"):
        Crop.parse(text)


def test_a_crop_beyond_the_picture_names_pair_and_size(run: Run) -> None:
    with pytest.raises(
        BenchError, match=r"--crop 50,5,12,9 leaves pair scene 1, which is 60 wide and 40 high"
    ):
        KINDS["qualitative"](run, Wanted(crops=["50,5,12,9"]))


def test_pairs_are_found_by_name_or_with_their_dataset(run: Run) -> None:
    assert list(find_pairs(run, ["scene 2", "d/scene 4"])["pair"]) == ["scene 2", "scene 4"]
    with pytest.raises(BenchError, match="did you mean"):
        find_pairs(run, ["scene 22"])


def test_a_missing_fused_image_is_named(tmp_path: Path) -> None:
    values = {"x": {"EN@t": [1.0, None]}, "y": {"EN@t": [1.0, 2.0]}}
    run = paint(make_run(tmp_path, values, failed={("x", "p2"): "out of memory"}))
    with pytest.raises(BenchError, match=r"x has no fused image of pair p2 \(failed: out of memory\)"):
        KINDS["qualitative"](run, Wanted(["p2"]))


def test_differences_are_of_gray_levels_or_channel_by_channel() -> None:
    gray = np.array([[10, 200]], np.uint8)
    assert difference(gray, np.array([[13, 190]], np.uint8)).tolist() == [[3, 10]]
    first = np.array([[[10, 20, 30]]], np.uint8)
    assert difference(first, np.array([[[20, 10, 30]]], np.uint8)).tolist() == [[20 / 3]]
    white = np.full((1, 1, 3), 255, np.uint8)
    assert difference(white, np.array([[250]], np.uint8)).tolist() == [[5]]


def test_spans_join_what_the_test_does_not_tell_apart() -> None:
    ranks = {"a": 1.0, "b": 1.8, "c": 2.5, "d": 4.0}
    assert critical_difference.groups(Ranking(ranks, 9, 0.01, 1.6, None)) == [(1.0, 2.5), (2.5, 4.0)]
    assert critical_difference.groups(Ranking(ranks, 9, 0.01, 0.5, None)) == []
    assert critical_difference.groups(Ranking(ranks, 9, 0.01, 5.0, None)) == [(1.0, 4.0)]


def test_ranks_say_when_there_are_too_few(tmp_path: Path) -> None:
    run = make_run(tmp_path, {"x": {"EN@t": [1.0, 2.0]}, "y": {"EN@t": [2.0, 1.0]}})
    with pytest.raises(BenchError, match="three fusers"):
        KINDS["ranks"](run, Wanted())


def test_run_times_leave_out_images_made_elsewhere(tmp_path: Path) -> None:
    values = {name: {"EN@t": [1.0, 2.0]} for name in ("x", "given", "y")}
    run = paint(make_run(tmp_path, values, records={"given": {"colour": "given"}}))
    assert {"x", "y"} <= set(found := texts(svg(run, "time", tmp_path, Wanted(metric="EN"))))
    assert "given" not in found


def test_names_are_no_formulas(tmp_path: Path) -> None:
    names = ["GFF_v2", "A&B", "50%", "x^2", "$y$", "{z}", "~t", "c:\\m", "#1", "<b>ü"]
    run = make_run(tmp_path, {name: {"EN@t": [float(i), i + 1.0, 3.0 - i]} for i, name in enumerate(names)})
    for kind in ("distribution", "ranks"):
        text = svg(run, kind, tmp_path, Wanted(metric="EN"))
        for name in names:
            assert name.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") in text


def test_inline_svg_takes_the_pages_colour_and_keeps_its_ids_to_itself() -> None:
    first, second = (
        ranking(np.array([[1.0, 2, 3], [2, 1, 3]]), "abc"),
        ranking(np.array([[1.0, 2, 3], [1, 3, 2]]), "abc"),
    )
    with canvas.style(canvas.INK):
        texts_ = [
            canvas.to_svg(critical_difference.draw(r, "", canvas.INK), 'say "<a>"') for r in (first, second)
        ]
    for text in texts_:
        assert text.startswith('<svg role="img" aria-label="say &quot;&lt;a>&quot;"')
        assert canvas.INK not in text
        assert "currentColor" in text
        assert "<style" not in text
    ids = [set(re.findall(r' id="([^"]+)"', text)) for text in texts_]
    assert not ids[0] & ids[1]
    for text, own in zip(texts_, ids, strict=True):
        assert set(re.findall(r'(?:href="|url\()#([^")]+)', text)) <= own


def test_history_leaves_gaps(tmp_path: Path) -> None:
    with canvas.style():
        figure = history.draw(["one", "two", "three"], {"x": [1.0, None, 3.0], "y": [None, 2.0, 2.5]}, "EN ↑")
    lines = [line.get_ydata() for line in figure.axes[0].lines]
    assert np.isnan(lines[0]).tolist() == [False, True, False]
    assert np.isnan(lines[1]).tolist() == [True, False, False]


def test_prompt_maps_of_the_run_folder_are_drawn(tmp_path: Path) -> None:
    run = painted_run(tmp_path)
    with pytest.raises(BenchError, match="no prompt maps"):
        KINDS["prompts"](run, Wanted())
    folder = tmp_path / "prompts" / "d" / next((tmp_path / "fused" / "lp" / "d").glob("scene_1-*.png")).stem
    folder.mkdir(parents=True)
    for name in ("layer 4", "layer 12"):
        PilImage.fromarray(fused_image(0, 1)).save(folder / f"{name}.png")
    assert texts(svg(run, "prompts", tmp_path)) == ["layer 12", "layer 4"]


def test_the_command_writes_a_file_or_says_what_is_wrong(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "new" / "fig.png"
    arguments = ["figure", str(run.folder), "--pairs", "scene 2", "--crop", "1,2,20,10", "--dpi", "50"]
    result = CliRunner().invoke(cli, [*arguments, "--fusers", "lp,tcmoa", "-o", str(output)])
    assert result.output == f"figure: {output}\n"
    assert PilImage.open(output).width == 350
    for options, words in (
        (["-o", "x.gif"], "are written as .pdf, .svg or .png"),
        (["-o", str(output), "--kind", "time"], "--metric"),
        (["-o", str(output), "--fusers", "nobody"], "unknown fuser 'nobody'"),
    ):
        failed = CliRunner().invoke(cli, ["figure", str(run.folder), *options])
        assert words in str(failed.exception)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--width", "nan"], "cannot be drawn"),
        (["--width", "inf"], "not in the range"),
        (["--width", "99999"], "not in the range"),
        (["--dpi", "100000000"], "not in the range"),
    ],
)
def test_a_size_that_no_figure_can_have_is_refused(
    run: Run, tmp_path: Path, arguments: list[str], words: str
) -> None:
    result = CliRunner().invoke(cli, ["figure", str(run.folder), "-o", str(tmp_path / "f.png"), *arguments])
    assert result.exit_code != 0
    assert isinstance(result.exception, BenchError | SystemExit)
    assert words in f"{result.output}{result.exception}"


def test_times_of_a_file_take_the_place_of_the_runs_own(tmp_path: Path) -> None:
    run = make_run(tmp_path / "run", {"x": {"EN@t": [1.0, 2.0]}, "given": {"EN@t": [3.0, 4.0]}})
    file = tmp_path / "times.csv"
    file.write_text(
        "model,infer_step_time,infer_img_size\nx,20.0,640x512\ngiven,5000,640x512\nfailed,,640x512\n", "utf-8"
    )
    found = texts(svg(run, "time", tmp_path, Wanted(metric="EN", times=file)))
    assert {"x", "given", "seconds a pair (median at 640x512)"} <= set(found)
    assert "failed" not in found
    file.write_text("model,infer_step_time,infer_img_size\nx,2,640x512\nx,3,64x64\n", "utf-8")
    with pytest.raises(BenchError, match=r"times of 2 sizes \(640x512, 64x64\)"):
        svg(run, "time", tmp_path, Wanted(metric="EN", times=file))


def test_history_has_room_for_the_legend_of_many_fusers() -> None:
    means: dict[str, list[float | None]] = {f"fuser {i}": [1.0 * i, 2.0 * i] for i in range(30)}
    with canvas.style(), warnings.catch_warnings():
        warnings.simplefilter("error")  # "axes sizes collapsed to zero"
        assert "fuser 29" in canvas.to_svg(history.draw(["one", "two"], means, "EN ↑"), "EN over runs")


def of_pdf(file: Path) -> bytes:
    """A PDF's objects, unpacked."""
    data = file.read_bytes()
    return b"".join(
        zlib.decompress(part) for part in re.findall(rb"stream\r?\n(x.*?)\r?\nendstream", data, re.DOTALL)
    )


@pytest.mark.parametrize("font", ["DejaVu Serif", "dejavu serif", "serif"])
def test_a_figure_has_the_font_and_the_size_that_were_asked_for(run: Run, tmp_path: Path, font: str) -> None:
    def draw(*more: str) -> tuple[bytes, str]:
        for ending in ("pdf", "svg"):
            done = CliRunner().invoke(
                cli, ["figure", str(run.folder), "-o", str(tmp_path / f"f.{ending}"), *more]
            )
            assert done.exit_code == 0, done.output
        return (tmp_path / "f.pdf").read_bytes() + of_pdf(tmp_path / "f.pdf"), (tmp_path / "f.svg").read_text(
            "utf-8"
        )

    pdf, drawn = draw("--font", font, "--font-size", "18")
    assert b"DejaVuSerif" in pdf
    assert b"/FontFile2" in pdf  # embedded, as TrueType
    assert re.findall(r"font: ([\d.]+)px [^;]*DejaVu Serif", drawn) or "16px" in drawn
    pdf, drawn = draw()
    assert b"DejaVuSerif" not in pdf
    assert "8px" in drawn


def test_a_font_that_is_not_there_is_refused_and_a_file_is_taken(run: Run, tmp_path: Path) -> None:
    command = ["figure", str(run.folder), "-o", str(tmp_path / "f.pdf"), "--font"]
    wrong = CliRunner().invoke(cli, [*command, "DejaVu Sanz"])
    assert wrong.exit_code != 0
    with pytest.raises(BenchError, match="unknown font 'DejaVu Sanz'; did you mean dejavu sans"):
        canvas.style(font="DejaVu Sanz")
    file = Path(mpl.get_data_path()) / "fonts/ttf/DejaVuSansMono.ttf"
    assert CliRunner().invoke(cli, [*command, str(file)]).exit_code == 0
    assert b"DejaVuSansMono" in (tmp_path / "f.pdf").read_bytes() + of_pdf(tmp_path / "f.pdf")


def test_rows_are_labelled_by_pairs_or_by_text(run: Run, tmp_path: Path) -> None:
    pairs = list(run.pairs["pair"][:2])
    assert texts(svg(run, "qualitative", tmp_path, Wanted(pairs)))[0] == "Visible"
    named = texts(svg(run, "qualitative", tmp_path, Wanted(pairs, row_labels=())))
    assert [text for text in named if text in pairs] == pairs
    for kind in ("qualitative", "difference"):
        labelled = texts(svg(run, kind, tmp_path, Wanted(pairs, row_labels=["night", "day"])))
        assert [text for text in labelled if text in ("night", "day")] == ["night", "day"]
    with pytest.raises(BenchError, match=r"1 row labels \(night\) for 2 pairs"):
        svg(run, "qualitative", tmp_path, Wanted(pairs, row_labels=["night"]))
    done = CliRunner().invoke(
        cli,
        [
            "figure",
            str(run.folder),
            "--pairs",
            ",".join(pairs),
            "--row-labels",
            "-o",
            str(tmp_path / "g.svg"),
        ],
    )
    assert done.exit_code == 0, done.output
    assert set(pairs) <= set(texts((tmp_path / "g.svg").read_text("utf-8")))


def test_many_fusers_fill_several_rows_and_long_names_fit_their_pictures() -> None:
    image = fused_image(0, 0)
    names = [f"a very long name of a fuser, number {number}" for number in range(30)]
    with canvas.style():
        figure = qualitative.draw([Shown("d", "p", [(name, image) for name in names])])
        figure.canvas.draw()
        boxes = [text.get_window_extent() for text in figure.texts]
    assert [text.get_text() for text in figure.texts] == names
    pictures = [axes.get_window_extent() for axes in figure.axes]
    assert len({round(picture.x0) for picture in pictures}) == 8
    assert min(text.get_fontsize() for text in figure.texts) >= 4
    inch = figure.dpi
    assert all(picture.width > 0.8 * inch for picture in pictures)
    with canvas.style():
        figure = qualitative.draw([Shown("d", "p", [(f"name {n} of fuser", image) for n in range(8)])])
        figure.canvas.draw()
        boxes = [text.get_window_extent() for text in figure.texts]
    assert all(left.x1 <= right.x0 for left, right in pairwise(boxes))
