"""A paper's supplement: what a reader needs of a run, as a folder or a .zip file."""

from __future__ import annotations

import io
import shlex
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tcmoa_bench.images import WRITING, show, write_bytes
from tcmoa_bench.reports.summary import Run
from tcmoa_bench.run.citation import cite
from tcmoa_bench.types import BenchError

#: What of a run folder is taken as it is, and what the page needs.
_FILES = ("scores.csv", "pairs.csv", "tables.tex", "tables.csv", "manifest.json")
_PAGE = ("report.html", "report_files", "sources", "fused")


def export(
    run: Run, output: str | Path, report: bool = False, say: Callable[[str], None] = lambda text: None
) -> Path:
    """What a reviewer or a reader needs of a run: methods, values per pair, list of pairs, tables, command (`export`).

    Args:
        run: The run (`tb.load_run`).
        output: Folder to make, or a .zip file.
        report: The HTML page and its pictures as well.
        say: Takes the size, before anything is written.

    Returns:
        The folder or file.

    Raises:
        BenchError: It is there already.
    """
    output = Path(output)
    if output.exists():
        raise BenchError(f"{show(output)} exists; name a new folder or .zip file")
    texts = _texts(run)
    files = _files(run.folder, report)
    size = sum(len(data) for data in texts.values()) + sum(file.stat().st_size for file in files.values())
    say(f"{len(texts) + len(files)} files, {size / 1e6:.1f} MB before compression")
    if output.suffix.lower() == ".zip":
        _zip(output, texts, files)
    else:
        _copy(output, texts, files)
    return output


def _texts(run: Run) -> dict[str, bytes]:
    plain, tex = cite(run), cite(run, latex=True)
    command = shlex.join(map(str, run.meta.get("command", ())))
    texts = {
        "methods.txt": f"{plain.methods}\n\n{plain.caption}\n",
        "methods.tex": f"{tex.methods}\n\n% caption: {tex.caption}\n",
        "references.bib": plain.bibtex,
        "command.txt": f"{command}\n",
    }
    return {name: text.encode("utf-8", "backslashreplace") for name, text in texts.items()}


def _files(folder: Path, report: bool) -> dict[str, Path]:
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
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in [*texts.items(), *((name, file.read_bytes()) for name, file in files.items())]:
            # A date of its own would make every export another file.
            archive.writestr(zipfile.ZipInfo(f"{output.stem}/{name}"), data, zipfile.ZIP_DEFLATED)
    write_bytes(output, buffer.getvalue())


def _copy(output: Path, texts: Mapping[str, bytes], files: Mapping[str, Path]) -> None:
    for name, data in texts.items():
        write_bytes(output / name, data)
    for name, file in files.items():
        write_bytes(output / name, file.read_bytes())
