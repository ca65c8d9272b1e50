"""The walk of docs/for-authors.md, executed as it is written, on real pairs."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import numpy as np
import pytest

from tcmoa_bench.datasets import load
from tcmoa_bench.gray import gray_uint8
from tcmoa_bench.images import read_image
from tests.commands import call, save

PAGE = Path(__file__).resolve().parent.parent / "docs" / "for-authors.md"


def prepare(folder: Path, data: Path) -> None:
    """Twenty pairs of LLVIP and TNO in two folders, and a folder of somebody's fused images."""
    chosen = [*load("llvip", data)[:11], *load("tno", data)[:9]]
    for pair in chosen:
        for role, file in (("visible", pair.a), ("infrared", pair.b)):
            (folder / "my" / role).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, folder / "my" / role / f"{pair.name}{file.suffix}")
        a, b = (
            gray_uint8(image) if image.ndim == 3 else image for image in map(read_image, (pair.a, pair.b))
        )
        save(folder / "results" / f"{pair.name}-fused.png", np.maximum(a, b // 2 + a // 2))


def steps(page: str) -> list[tuple[str, list[str]]]:
    """Commands of the page's `console` blocks with the lines that are shown to follow."""
    found: list[tuple[str, list[str]]] = []
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            elif line.strip() not in ("", "..."):
                found[-1][1].append(line.strip())
    return found


def test_the_page_has_commands_and_outputs() -> None:
    walk = steps(PAGE.read_text("utf-8"))
    assert len(walk) >= 8
    assert sum(bool(lines) for _, lines in walk) >= 6
    assert all(command.startswith("tcmoa-bench ") for command, _ in walk)


@pytest.mark.slow
def test_the_walk_comes_out_as_the_page_shows_it(data_dir, tmp_path, monkeypatch) -> None:
    prepare(tmp_path, data_dir)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TCMOA_BENCH_DATA", raising=False)
    for command, shown in steps(PAGE.read_text("utf-8")):
        result = call(*shlex.split(command)[1:])
        assert result.code == 0, (command, result.err)
        printed = {" ".join(line.split()) for line in (result.out + result.err).splitlines()}
        for line in shown:
            whole = " ".join(line.removesuffix("...").split())
            fits = any(p.startswith(whole) for p in printed) if line.endswith("...") else whole in printed
            assert fits, (command, line, result.out)
    for file in ("results.tex", "methods.tex", "references.bib", "figure.pdf", "supplement.zip"):
        assert (tmp_path / file).stat().st_size > 100
