"""The fenced blocks and commands of the pages that users read."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import ROOT

#: Pages for users; notes and regenerated tables are none.
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

_FENCE = re.compile(
    r"^(?P<pad> *)```(?P<kind>\w*)(?: title=\"(?P<title>[^\"]*)\")?\n(?P<text>.*?)^(?P=pad)```$", re.M | re.S
)


@dataclass
class Block:
    """A fenced block: its language, its title (a file's name) and its text."""

    kind: str
    title: str
    text: str


@dataclass
class Step:
    """A command with the lines that the page shows below it; `...` stands for any."""

    command: str
    shown: list[str] = field(default_factory=list)

    @property
    def words(self) -> list[str]:
        """As a shell would split it, without the remark behind it."""
        return shlex.split(self.command, comments=True)

    def missing(self, printed: str) -> list[str]:
        """Shown lines that are not among the printed ones; a line may end with `...`."""
        there = {" ".join(line.split()) for line in printed.splitlines()}
        wanted = [" ".join(line.split()) for line in self.shown]
        return [
            line
            for line in wanted
            if not (
                any(p.startswith(line[:-3].rstrip()) for p in there)
                if line.endswith("...")
                else line in there
            )
        ]


def blocks(page: Path) -> Iterator[Block]:
    """Every fenced block of a page, in order."""
    for found in _FENCE.finditer(page.read_text("utf-8")):
        text = re.sub(rf"^{found['pad']}", "", found["text"], flags=re.M)
        yield Block(found["kind"], found["title"] or "", text)


def steps(block: Block) -> list[Step]:
    """The commands of a `console` block."""
    found: list[Step] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append(Step(line[2:]))
        elif line.strip() not in ("", "..."):
            found[-1].shown.append(line)
    return found


def commands(page: Path) -> Iterator[Step]:
    """Every `tcmoa-bench` command of a page's blocks, whatever their kind."""
    for block in blocks(page):
        if block.kind in ("", "bash", "console", "sh"):
            for line in block.text.replace("\\\n", " ").splitlines():
                if line.removeprefix("$ ").startswith("tcmoa-bench "):
                    yield Step(line.removeprefix("$ "))
