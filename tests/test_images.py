"""Cases F01 to F06: what a file must be, and what it must not be taken for."""

import io
import json
import os
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageFile

from tcmoa_bench.images import (
    declared_size,
    decode_image,
    encode_png,
    pixel_hash,
    png_key,
    read_image,
    safe_name,
    to_uint8,
    write_image,
)
from tcmoa_bench.run.manifest import file_hash
from tcmoa_bench.types import PairError, read_pair
from tests.commands import RAMP, call, const, save


def score(tmp_path, fused, metrics="EN@tang2023,SD@tang2023", a=RAMP, b=RAMP):
    a, b = save(tmp_path / "a.png", a), save(tmp_path / "b.png", b)
    return call("score", a, b, fused, "--metrics", metrics, "--format", "json")


def values(result):
    assert result.code == 0, result.err
    return {row["metric"]: row["value"] for row in json.loads(result.out)}


@pytest.mark.parametrize("form", ["png", "tif"])
def test_16_bit_is_refused(tmp_path, form):
    Image.fromarray((np.arange(64, dtype=np.uint16) * 1024)[:, None].repeat(64, 1)).save(
        tmp_path / f"f.{form}"
    )
    result = score(tmp_path, tmp_path / f"f.{form}")
    assert result.code == 2
    assert f"f.{form}" in result.err
    assert "16-bit" in result.err
    assert "8-bit" in result.err


def test_16_bit_rgb_png_is_refused(tmp_path):
    """Pillow narrows 16-bit RGB to 8 bits while it decodes: the file's own header must be asked."""
    import cv2

    cv2.imwrite(str(tmp_path / "f.png"), np.full((64, 64, 3), 40000, np.uint16))
    result = score(tmp_path, tmp_path / "f.png")
    assert (result.code, "16-bit" in result.err) == (2, True)


def test_16_bit_pgm_is_called_16_bit(tmp_path):
    (tmp_path / "f.pgm").write_bytes(b"P5\n8 8\n65535\n" + bytes(128))
    with pytest.raises(ValueError, match="16-bit"):
        read_image(tmp_path / "f.pgm")


@pytest.mark.parametrize("header", [b"P6\n4 4\n1023\n", b"P6\n4 4\n65535\n", b"P5\n4 4\n1023\n"])
def test_wide_pnm_is_refused(header):
    """Pillow scales wide colour PNM to 8 bits while it decodes."""
    with pytest.raises(ValueError, match=r"f\.ppm is a 16-bit picture; 8-bit"):
        decode_image(header + b"\x02\x34" * 48, "f.ppm")
    with pytest.raises(ValueError, match=r"f\.pfm is a float picture"):
        decode_image(b"Pf\n4 4\n-1.0\n" + b"\0\0\x80\x3f" * 16, "f.pfm")


def test_signed_and_further_bands_of_a_tiff_are_refused(tmp_path):
    """Pillow reads signed levels as unsigned, and leaves out bands that are neither colour nor alpha."""
    import tifffile

    tifffile.imwrite(tmp_path / "signed.tif", np.full((8, 8), -3, np.int8))
    with pytest.raises(ValueError, match=r"signed\.tif is a signed 8-bit picture"):
        read_image(tmp_path / "signed.tif")
    for bands, photometric in ((4, "rgb"), (2, "minisblack")):
        image = np.full((8, 8, bands), 200, np.uint8)
        options = {"photometric": photometric, "planarconfig": "contig", "extrasamples": ["unspecified"]}
        tifffile.imwrite(tmp_path / "bands.tif", image, **options)
        # Pillow before 13 does not decode two such bands at all.
        other = "|bands.tif is .*not a picture that can be decoded" if bands == 2 else ""
        with pytest.raises(ValueError, match=rf"bands\.tif has {bands} bands, 1 of them neither{other}"):
            read_image(tmp_path / "bands.tif")


@pytest.mark.parametrize("form", ["JPEG2000", "ICO", "TGA", "EPS"])
def test_formats_whose_depth_and_pages_are_not_asked_for_are_refused(form):
    buffer = io.BytesIO()
    Image.fromarray(np.dstack([RAMP] * 3)).save(buffer, form)
    with pytest.raises(
        ValueError, match=r"f\.png is not a picture that can be decoded \(8-bit gray or RGB as PNG"
    ):
        decode_image(buffer.getvalue(), "f.png")


def test_float_tiff_is_refused(tmp_path):
    Image.fromarray(np.zeros((64, 64), np.float32)).save(tmp_path / "f.tif")
    result = score(tmp_path, tmp_path / "f.tif")
    assert (result.code, "float" in result.err) == (2, True)


_TURNS = {
    2: "FLIP_LEFT_RIGHT",
    3: "ROTATE_180",
    4: "FLIP_TOP_BOTTOM",
    5: "TRANSPOSE",
    6: "ROTATE_90",
    7: "TRANSVERSE",
    8: "ROTATE_270",
}


@pytest.mark.parametrize("orientation", _TURNS)
@pytest.mark.parametrize("form", ["png", "tif", "webp"])
def test_orientation_is_applied(tmp_path, orientation, form):
    image = np.repeat((np.arange(60, dtype=np.uint8) * 4)[None], 40, axis=0)
    image[0, 0] = 255
    exif = Image.Exif()
    exif[274] = orientation
    stored = Image.fromarray(image).transpose(getattr(Image.Transpose, _TURNS[orientation]))
    options = {"lossless": True} if form == "webp" else {}
    stored.convert("RGB").save(tmp_path / f"f.{form}", exif=exif, **options)
    assert np.array_equal(read_image(tmp_path / f"f.{form}")[..., 0], image)


@pytest.mark.parametrize("reduce", [1, 2, 4, 8])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_jpeg_is_decoded_at_a_part_of_its_sides(tmp_path, reduce, orientation):
    rows, columns = np.mgrid[:301, :419]
    image = (np.stack([rows / 301, columns / 419, (rows + columns) / 720], 2) * 255).astype(np.uint8)
    exif = Image.Exif()
    exif[274] = orientation
    Image.fromarray(image).save(tmp_path / "f.jpg", exif=exif, quality=95)
    whole, part = read_image(tmp_path / "f.jpg"), read_image(tmp_path / "f.jpg", reduce)
    height, width = declared_size(tmp_path / "f.jpg")
    assert whole.shape == (height, width, 3) == ((301, 419, 3) if orientation == 1 else (419, 301, 3))
    assert part.shape == (-(-height // reduce), -(-width // reduce), 3)
    shrunk = Image.fromarray(whole).resize(part.shape[1::-1], Image.Resampling.BOX)
    assert np.abs(part.astype(int) - np.asarray(shrunk)).mean() < 2


def test_other_formats_come_whole_and_a_damaged_header_declares_nothing(tmp_path):
    assert read_image(save(tmp_path / "f.png", RAMP), 4).shape == RAMP.shape
    (tmp_path / "g.jpg").write_bytes(b"")
    assert declared_size(tmp_path / "g.jpg") is None


def test_orientation_of_a_jpeg_in_a_score(tmp_path, shared_dir):
    a = np.repeat((np.arange(60, dtype=np.uint8) * 4)[None], 40, axis=0)
    result = score(tmp_path, shared_dir / "field/inputs/orient6.png", "PSNR@textbook", a, a + 16)
    assert values(result)["PSNR"] == pytest.approx(27.058704, abs=5e-7)


def test_a_palette_is_its_colours(tmp_path):
    indices = np.zeros((32, 32), np.uint8)
    indices[:, 16:] = 1
    palette = Image.fromarray(indices, "P")
    palette.putpalette([0, 0, 0, 177, 175, 175])
    palette.save(tmp_path / "p.png")
    palette.convert("RGB").save(tmp_path / "g.png")
    black = const(0, (32, 32))
    for name in ("p", "g"):
        assert values(score(tmp_path, tmp_path / f"{name}.png", "SD@tang2023", black, black))["SD"] == 88.0


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_opaque_alpha_is_harmless(tmp_path, mode):
    Image.fromarray(RAMP).convert(mode).save(tmp_path / "f.png")
    found = values(score(tmp_path, tmp_path / "f.png"))
    assert found["EN"] == 6.0
    assert found["SD"] == pytest.approx(73.891813, abs=5e-7)


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparency_is_refused(tmp_path, mode):
    image = np.array(Image.fromarray(RAMP).convert(mode))
    image[3, 4, -1] = 0
    Image.fromarray(image, mode).save(tmp_path / "f.png")
    result = score(tmp_path, tmp_path / "f.png")
    assert (result.code, "transparent pixels" in result.err) == (2, True)


def test_a_transparent_palette_colour_counts_only_where_it_is_used(tmp_path):
    image = Image.fromarray(np.zeros((8, 8), np.uint8), "P")
    image.putpalette([5, 5, 5, 9, 9, 9])
    image.save(tmp_path / "unused.png", transparency=1)
    image.save(tmp_path / "used.png", transparency=0)
    assert (read_image(tmp_path / "unused.png") == 5).all()
    with pytest.raises(ValueError, match="transparent pixels"):
        read_image(tmp_path / "used.png")


def test_an_index_outside_the_palette_is_no_colour():
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    pixels = zlib.compress((b"\0" + b"\x03" * 8) * 8)
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, 8, 3, 0, 0, 0))
    data = head + chunk(b"PLTE", bytes(6)) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    with pytest.raises(ValueError, match=r"f\.png is damaged: it uses colour 3 of a palette of 2"):
        decode_image(data, "f.png")


def test_cmyk_is_refused(tmp_path):
    Image.new("CMYK", (8, 8)).save(tmp_path / "f.tif")
    with pytest.raises(ValueError, match="4 bands"):
        read_image(tmp_path / "f.tif")


def test_other_colour_spaces_are_refused_by_name(tmp_path):
    Image.new("LAB", (8, 8)).save(tmp_path / "f.tif")
    with pytest.raises(ValueError, match="colour space LAB"):
        read_image(tmp_path / "f.tif")


@pytest.mark.parametrize(
    ("form", "share"),
    [("JPEG", 0.6), ("PNG", 0.6), ("TIFF", 0.6), ("BMP", 0.6), ("WEBP", 0.6), ("GIF", 0.6), ("PPM", 0.6),
     ("TIFF-LZW", 0.6), ("TIFF-LZW", 0.99), ("WEBP", 0.1), ("GIF", 0.02), ("PNG", 0.02), ("JPEG", 0.01)],
)  # fmt: skip
def test_a_cut_file_has_no_score(tmp_path, form, share):
    buffer = io.BytesIO()
    form, _, packed = form.partition("-")
    options = {"compression": "tiff_lzw"} if packed else {}
    image = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    Image.fromarray(image).save(buffer, form, **options)
    data = buffer.getvalue()
    (tmp_path / "cut.img").write_bytes(data[: int(len(data) * share)])
    result = score(tmp_path, tmp_path / "cut.img")
    assert result.code == 2
    assert result.err.startswith(f"error: {tmp_path / 'cut.img'}"), "and no line of Pillow's before it"
    assert "truncated" in result.err


def test_a_png_without_its_end_is_cut():
    """Pillow has all pixels by then, but not the checksum that proves them."""
    data = encode_png(RAMP)
    for lost in (1, 12, 16):
        with pytest.raises(ValueError, match=r"f\.png is truncated"):
            decode_image(data[:-lost], "f.png")


@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP", "TIFF", "WEBP", "GIF", "PPM"])
@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_damaged_file_is_decoded_or_refused_by_name(form, changes):
    """Decoders raise anything on damaged headers: TypeError, struct.error, AttributeError."""
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "words"
    Image.fromarray(np.dstack([RAMP[:8, :8]] * 3)).save(buffer, form, exif=exif)
    data = bytearray(buffer.getvalue())
    for place, value in changes:
        data[place % len(data)] = value
    said = ""
    try:
        decode_image(bytes(data), "f.img")
    except ValueError as error:
        said = str(error)
    assert not said or said.startswith("f.img ")


def test_damaged_orientation_is_not_guessed():
    buffer = io.BytesIO()
    Image.fromarray(RAMP).save(buffer, "PNG", exif=b"Exif\0\0no tags at all")
    with pytest.raises(ValueError, match=r"f\.png has damaged EXIF data .*save it again without"):
        decode_image(buffer.getvalue(), "f.png")


def test_a_header_of_a_huge_picture_is_refused_by_its_size():
    with pytest.raises(ValueError, match=r"f\.pgm is too large .*cut it into parts"):
        decode_image(b"P5\n100000 100000\n255\n" + bytes(64), "f.pgm")


def test_a_tolerant_switch_set_elsewhere_changes_nothing(tmp_path, monkeypatch):
    from PIL import ImageFile

    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)).save(buffer, "JPEG")
    (tmp_path / "cut.jpg").write_bytes(buffer.getvalue()[: buffer.tell() * 6 // 10])
    with pytest.raises(ValueError, match="truncated"):
        read_image(tmp_path / "cut.jpg")


@pytest.mark.parametrize("form", ["tif", "gif", "webp", "png"])
def test_several_pictures_in_one_file_are_a_question(tmp_path, form):
    pages = [Image.fromarray(image) for image in (const(0), RAMP)]
    pages[0].save(tmp_path / f"f.{form}", save_all=True, append_images=pages[1:])
    result = score(tmp_path, tmp_path / f"f.{form}")
    assert (result.code, "2 pages" in result.err) == (2, True)


@pytest.mark.parametrize(("content", "words"), [(b"", "empty"), (b"no picture at all", "not a picture")])
def test_what_is_no_picture(tmp_path, content, words):
    (tmp_path / "f.png").write_bytes(content)
    result = score(tmp_path, tmp_path / "f.png")
    assert (result.code, words in result.err) == (2, True)


def test_missing_files_and_folders(tmp_path):
    assert "no such file" in score(tmp_path, tmp_path / "nothing.png").err
    result = score(tmp_path, tmp_path)
    assert result.code == 2
    assert "Traceback" not in result.err


def test_the_ending_may_lie(tmp_path):
    Image.fromarray(RAMP).save(tmp_path / "f.jpg", "BMP")
    assert np.array_equal(read_image(tmp_path / "f.jpg"), RAMP)


def test_floats_are_rounded_and_clipped():
    """F13: never wrapped, truncated or stretched."""
    row = np.tile(np.array([-3, 0, 127.4, 127.6, 254.6, 255.4, 300]), 10)
    image = np.repeat(row[None], 64, axis=0)
    assert list(to_uint8(image)[0, :7]) == [0, 0, 127, 128, 255, 255, 255]
    image[3, 3] = np.nan
    with pytest.raises(ValueError, match="not finite"):
        to_uint8(image)
    with pytest.raises(ValueError, match="dtype int64"):
        to_uint8(np.zeros((4, 4), np.int64))
    with pytest.raises(ValueError, match=r"shape \(4, 4, 2\)"):
        to_uint8(np.zeros((4, 4, 2)))


@pytest.mark.parametrize("factor", [1 / 255, 2 / 255, 16.0, 257.0])
def test_floats_on_another_scale_are_refused(factor):
    """A network's 0..1 would be stored as black, a 16-bit result as white."""
    image = RAMP * factor - (1 if factor == 2 / 255 else 0)
    with pytest.raises(ValueError, match=r"fused image is float64 from .* multiply it to that scale"):
        to_uint8(image, brightest=252)


def test_dark_and_overshooting_floats_are_not_taken_for_another_scale():
    assert to_uint8(RAMP / 255, brightest=3).max() == 1
    assert to_uint8((RAMP > 128).astype(float), brightest=252).max() == 1
    assert to_uint8(np.zeros((4, 4)), brightest=252).max() == 0
    assert to_uint8(const(255) * 1.5, brightest=255).min() == 255


@given(
    hnp.arrays(
        np.uint8,
        st.one_of(
            st.tuples(st.integers(1, 9), st.integers(1, 9)),
            st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)),
        ),
    )
)
def test_png_keeps_every_pixel(image):
    assert pixel_hash(decode_image(encode_png(image), "x")) == pixel_hash(image)


def test_a_png_says_what_made_it(tmp_path):
    write_image(tmp_path / "f.png", RAMP, key="abc")
    assert png_key(tmp_path / "f.png") == "abc"
    assert png_key(save(tmp_path / "g.png", RAMP)) is None
    whole = (tmp_path / "f.png").read_bytes()
    for head in (b"", whole[:30], whole[:45], b"GIF89a" + whole[6:], whole[:33] + b"\xff" * 40):
        (tmp_path / "cut.png").write_bytes(head)
        assert png_key(tmp_path / "cut.png") is None
    assert png_key(tmp_path / "none.png") is None
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".writing")] == []
    with pytest.raises(ValueError, match="losslessly"):
        write_image(tmp_path / "f.jpg", RAMP)


@given(st.text(min_size=1, max_size=200))
def test_safe_names_are_safe_and_distinct(name):
    safe = safe_name(name)
    assert safe
    assert len(safe) <= 100
    assert "/" not in safe
    assert not safe.startswith(".")
    assert safe_name(safe) == safe or len(safe) > 80
    assert safe_name(name + "/") != safe_name(name + "_")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_at_once(tmp_path, pairs):
    os.mkfifo(tmp_path / "f.png")
    with pytest.raises(ValueError, match=r"f\.png is a pipe, a socket or a device; give a regular file"):
        read_image(tmp_path / "f.png")
    with pytest.raises(ValueError, match="regular file"):
        read_image("/dev/zero")
    assert file_hash(tmp_path / "f.png") is None
    suite = pairs({"p1": (RAMP, RAMP)})
    (tmp_path / "A" / "p1.png").unlink()
    os.mkfifo(tmp_path / "A" / "p1.png")
    result = call("run", "--suite", suite, "--out", tmp_path / "run", "--no-report", "--fusers", "average")
    assert result.code in (1, 2)


def test_a_bomb_is_refused_before_its_pixels_are_made(tmp_path, monkeypatch):
    """13000 x 13000 pixels in 21 kB: 169 MB of levels, and several times that on the way."""
    Image.new("1", (13000, 13000)).save(tmp_path / "bomb.png")
    decoded = []
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: decoded.append(self))
    with pytest.raises(
        ValueError, match=r"bomb\.png is too large: 13000x13000 pixels .* TCMOA_BENCH_MAX_PIXELS"
    ):
        read_image(tmp_path / "bomb.png")
    monkeypatch.setenv("TCMOA_BENCH_MAX_PIXELS", "1000")
    save(tmp_path / "f.png", RAMP)
    with pytest.raises(ValueError, match="more than 1,000"):
        read_image(tmp_path / "f.png")
    assert decoded == []


def test_sizes_are_compared_before_pixels_are_made(tmp_path, monkeypatch):
    save(tmp_path / "a.png", const(1, (40, 50)))
    save(tmp_path / "b.png", const(1, (40, 51)))
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("decoded"))
    with pytest.raises(PairError, match=r"a\.png is 40x50, .*b\.png is 40x51; nothing is resized"):
        read_pair(tmp_path / "a.png", tmp_path / "b.png")


@pytest.mark.parametrize("preview", [(16, 16), (64, 64)])
def test_the_preview_of_a_phones_photograph_is_no_page(tmp_path, preview):
    """M16: two pictures in one file; a second one of full size is what the reader cannot choose between."""
    main, second = Image.fromarray(RAMP), Image.new("L", preview)
    main.save(tmp_path / "f.jpg", "MPO", save_all=True, append_images=[second], quality=100)
    if preview == (16, 16):
        assert abs(read_image(tmp_path / "f.jpg").astype(int) - RAMP).max() <= 2
    else:
        with pytest.raises(ValueError, match="holds 2 pages"):
            read_image(tmp_path / "f.jpg")


def test_a_thumbnail_in_a_tiff_is_no_page(tmp_path):
    import tifffile

    with tifffile.TiffWriter(tmp_path / "f.tif") as file:
        file.write(RAMP)
        file.write(np.zeros((16, 16), np.uint8), subfiletype=1)
    assert np.array_equal(read_image(tmp_path / "f.tif"), RAMP)


def test_a_fourth_band_is_named_with_both_causes(tmp_path):
    """M17: the advice must not destroy the infrared."""
    Image.fromarray(np.dstack([RAMP] * 4)).save(tmp_path / "f.png")
    with pytest.raises(
        ValueError, match=r"fourth band that is no transparency \(infrared, say\).*files of their own"
    ):
        read_image(tmp_path / "f.png")
