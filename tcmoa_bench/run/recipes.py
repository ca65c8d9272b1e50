"""Methods that are not built in: what to get and how their own code becomes a row; and what would compute a row."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources

from tcmoa_bench.registry import Registry
from tcmoa_bench.run.fusers import registry
from tcmoa_bench.types import FuserRecord

#: MEFB's and VIFB's code fails there, so their columns hold a null.
_GRAY = " (its result is gray: columns of @mefb and @vifb stay empty beside colour sources)"


@dataclass(frozen=True)
class Recipe:
    """How a method that this package does not have becomes a row of a table.

    Attributes:
        name: The row's label.
        paper: Short citation.
        tasks: Tasks it is made for.
        repository: Its authors' code.
        commit: The commit that this text was read from; empty where none was.
        get: Files that the code needs, where they lie, their checksums as far as stated.
        steps: What to do with the code.
        lines: Lines of a suite that make it a row.
        colour: What its script does with colour, as far as known.
        note: What else a user should know.
    """

    name: str
    paper: str
    tasks: tuple[str, ...]
    repository: str
    commit: str
    get: tuple[str, ...]
    steps: tuple[str, ...]
    lines: tuple[str, ...]
    colour: str
    note: str = ""

    def text(self) -> str:
        """The recipe for a terminal."""
        parts = [
            f"{self.name}: {self.paper} ({', '.join(self.tasks)})",
            f"code     git clone {self.repository}"
            + (f"  # read at {self.commit[:12]}" if self.commit else ""),
            *(f"get      {item}" for item in self.get),
            *(f"step {n}   {step}" for n, step in enumerate(self.steps, 1)),
            "suite    lines for a suite file (docs/adding-a-suite.md):",
            *(f"    {line}" for line in self.lines),
            f"colour   {self.colour}",
            *([f"note     {self.note}"] if self.note else []),
            "Not tried here: read from the authors' repository.",
        ]
        return "\n".join(parts)


@functools.cache
def recipes() -> Registry[Recipe]:
    """All recipes by name."""
    content = tomllib.loads((resources.files(__package__) / "recipes.toml").read_text("utf-8"))
    known: Registry[Recipe] = Registry("recipe")
    for name, facts in content.items():
        lists = {key: tuple(facts[key]) for key in ("tasks", "get", "steps", "lines")}
        known.add(name, Recipe(name, **{**facts, **lists}))
    return known


def how_to_compute(name: str, suite: str) -> str:
    """What turns a quoted row into a computed one: file, checksum and command, or the recipe.

    Args:
        name: A fuser or a recipe.
        suite: The suite that has the row's pairs.

    Returns:
        A sentence; empty for a name that is neither.
    """
    if name in registry():
        record = registry()[name].record
        command = f"tcmoa-bench run --suite {suite} --data DIR --weights DIR --fusers {name}"
        return f"{_files(record)}{command}{_GRAY if record.colour == 'gray' else ''}"
    return f"tcmoa-bench models recipe {name}" if name in recipes() else ""


def _files(record: FuserRecord) -> str:
    named = (f"{file.file} ({' or '.join(file.hashes) or 'no hash known'})" for file in record.weights)
    return f"{', '.join(named)}; " if record.weights else ""
