"""`tcmoa-bench cite` and `tcmoa-bench export`."""

from __future__ import annotations

import io
import shlex
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcmoa_bench.cli.tables import emit

if TYPE_CHECKING:
    from tcmoa_bench.reports.summary import Run

_PATH = click.Path(path_type=Path)

#: What of a run folder `export` takes as it is, and what the page needs.
_FILES = ("scores.csv", "pairs.csv", "tables.tex", "tables.csv", "manifest.json")
_PAGE = ("report.html", "report_files", "sources", "fused")


@click.command(
    epilog="\b\nExamples:\n"
    "  tcmoa-bench cite runs/vif\n"
    "  tcmoa-bench cite runs/vif --latex\n"
    "  tcmoa-bench cite runs/vif --part bibtex -o references.bib"
)
@click.argument("run", type=_PATH)
@click.option(
    "--part",
    type=click.Choice(["all", "methods", "caption", "bibtex"]),
    default="all",
    show_default=True,
    help="One part alone.",
)
@click.option("--latex", is_flag=True, help="Methods and caption with \\cite{...}, escaped for LaTeX.")
@click.option("-o", "--output", type=_PATH, help="File in place of standard output.")
def cite(run: Path, part: str, latex: bool, output: Path | None) -> None:
    """What a paper has to say of RUN: a paragraph of methods, a short form for a caption, and BibTeX.

    A work that the package has no full entry of becomes a @misc with what the suite knows; complete it by hand.
    """
    from tcmoa_bench.reports.summary import load_run
    from tcmoa_bench.run.citation import cite as citation

    found = citation(load_run(run), latex)
    parts = {"methods": found.methods, "caption": found.caption, "bibtex": found.bibtex}
    emit("\n\n".join(parts.values()) if part == "all" else parts[part], output)


@click.command(
    epilog="\b\nExamples:\n"
    "  tcmoa-bench export runs/vif -o supplement.zip\n"
    "  tcmoa-bench export runs/vif -o supplement/ --report"
)
@click.argument("run", type=_PATH)
@click.option("-o", "--output", type=_PATH, required=True, help="Folder to make, or a .zip file.")
@click.option("--report", is_flag=True, help="The HTML page and its pictures as well.")
def export(run: Path, output: Path, report: bool) -> None:
    """What a reviewer or a reader needs of RUN: methods, values per pair, pair list with hashes, tables, command."""
    from tcmoa_bench.images import show
    from tcmoa_bench.reports.summary import load_run
    from tcmoa_bench.types import BenchError

    if output.exists():
        raise BenchError(f"{show(output)} exists; name a new folder or .zip file")
    found = load_run(run)
    texts = _texts(found)
    files = _files(found.folder, report)
    size = sum(len(data) for data in texts.values()) + sum(file.stat().st_size for file in files.values())
    click.echo(f"{len(texts) + len(files)} files, {size / 1e6:.1f} MB before compression")
    if output.suffix.lower() == ".zip":
        _zip(output, texts, files)
    else:
        _copy(output, texts, files)
    click.echo(f"wrote {show(output)}")


def _texts(run: Run) -> dict[str, bytes]:
    from tcmoa_bench.run.citation import cite as citation

    plain, tex = citation(run), citation(run, latex=True)
    command = shlex.join(map(str, run.meta.get("command", ())))
    texts = {
        "methods.txt": f"{plain.methods}\n\n{plain.caption}\n",
        "methods.tex": f"{tex.methods}\n\n% caption: {tex.caption}\n",
        "references.bib": plain.bibtex,
        "command.txt": f"{command}\n",
    }
    return {name: text.encode("utf-8", "backslashreplace") for name, text in texts.items()}


def _files(folder: Path, report: bool) -> dict[str, Path]:
    from tcmoa_bench.images import WRITING

    found: dict[str, Path] = {}
    for name in (*_FILES, *(_PAGE if report else ())):
        place = folder / name
        inside = sorted(place.rglob("*")) if place.is_dir() else [place]
        found |= {
            file.relative_to(folder).as_posix(): file
            for file in inside
            if file.is_file() and not file.name.startswith(WRITING)
        }
    return found


def _zip(output: Path, texts: Mapping[str, bytes], files: Mapping[str, Path]) -> None:
    from tcmoa_bench.images import write_bytes

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [*texts.items(), *((name, file.read_bytes()) for name, file in files.items())]:
            # A date of its own would make every export another file.
            archive.writestr(zipfile.ZipInfo(f"{output.stem}/{name}"), data, zipfile.ZIP_DEFLATED)
    write_bytes(output, buffer.getvalue())


def _copy(output: Path, texts: Mapping[str, bytes], files: Mapping[str, Path]) -> None:
    from tcmoa_bench.images import write_bytes

    for name, data in texts.items():
        write_bytes(output / name, data)
    for name, file in files.items():
        write_bytes(output / name, file.read_bytes())
