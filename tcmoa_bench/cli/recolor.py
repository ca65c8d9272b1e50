"""`tcmoa-bench recolor`."""

from __future__ import annotations

from pathlib import Path

import click

from tcmoa_bench.cli.options import Command

_PATH = click.Path(path_type=Path)


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench recolor fused.png visible.png -o colour.png\n"
    "  tcmoa-bench recolor fused.png under.jpg over.jpg -o colour.png --levels studio",
)
@click.argument("gray", type=_PATH)
@click.argument("sources", type=_PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=_PATH, required=True, help="Image to write: .png, .bmp or .tif.")
@click.option(
    "--levels",
    type=click.Choice(["full", "studio"]),
    default="full",
    show_default=True,
    help="Which BT.601 luma GRAY holds: 0..255 (JPEG, OpenCV), or 16..235 (MATLAB's rgb2ycbcr).",
)
def recolor(gray: Path, sources: tuple[Path, ...], output: Path, levels: str) -> None:
    """Give a GRAY fused image the chroma of its SOURCES.

    Of one coloured source the chroma is taken as it is; of several, weighted by its distance from gray.
    """
    from tcmoa_bench.images import read_image, show, write_image
    from tcmoa_bench.recolour import is_coloured, recolour
    from tcmoa_bench.types import BenchError

    try:
        pictures = [read_image(source) for source in sources]
        coloured = [source for source, picture in zip(sources, pictures, strict=True) if is_coloured(picture)]
        write_image(output, recolour(read_image(gray), pictures, levels))
    except (OSError, ValueError) as error:
        raise BenchError(str(error)) from error
    names = ", ".join(show(source) for source in coloured)
    click.echo(f"{show(output)}: chroma of {names}, BT.601 {levels} range")
