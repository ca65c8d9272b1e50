"""`tcmoa-bench models`: fusers, their weights, their availability."""

from __future__ import annotations

import dataclasses
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcmoa_bench.cli.listing import columns, width
from tcmoa_bench.cli.options import TASKS, Existing, Group, labelled, options_from, weights_option

if TYPE_CHECKING:
    from tcmoa_bench.types import FuserOptions


@click.group(cls=Group)
def models() -> None:
    """Fusers, their weights, their availability."""


@models.command("ls", epilog="\b\nExample:\n  tcmoa-bench models ls --task vif --weights DIR")
@click.option("--task", type=TASKS, help="Only fusers made for this task.")
@weights_option
def ls(task: str | None, weights: Path | None) -> None:
    """All fusers with tasks, colour policy, availability and paper; then the paper's rows and what they need.

    `models show NAME` says what is missing, where it comes from, and on which terms.
    """
    from tcmoa_bench.reports.tables.paper import paper_tables
    from tcmoa_bench.run.fusers import known_record, registry, why_unavailable
    from tcmoa_bench.run.recipes import recipes

    options = options_from("cpu", weights)
    rows = [("fuser", "tasks", "colour", "state", "paper")]
    for entry in registry().values():
        if task and task not in entry.record.tasks:
            continue
        record = known_record(entry)
        if not task or task in record.tasks:
            state = "available" if why_unavailable(entry, options) is None else "missing"
            rows.append((record.name, ",".join(record.tasks), record.colour, state, record.paper or "-"))
    rows += [
        (recipe.name, ",".join(recipe.tasks), "-", "recipe", recipe.paper)
        for recipe in recipes().values()
        if not task or task in recipe.tasks
    ]
    for line in columns(rows):
        click.echo(line)
    click.echo(
        "\nmissing: `models show NAME` says what and where it is from. recipe: `models recipe NAME` says how"
    )
    for table in paper_tables("tcmoa"):
        if table.suite and task in (None, table.suite):
            states = [(label, _state(table.fusers.get(label, label), options)) for label, _ in table.rows]
            for line in ["", *textwrap.wrap(table.title, width()), *columns(states)]:
                click.echo(line)


def _state(name: str, options: FuserOptions) -> str:
    """What this package has for a row of the paper's, in words."""
    from tcmoa_bench.run.fusers import registry, why_unavailable
    from tcmoa_bench.run.recipes import recipes

    if name not in registry():
        return f"recipe: tcmoa-bench models recipe {name}" if name in recipes() else "nothing is known here"
    reason = why_unavailable(registry()[name], options)
    return f"{name}: {'available' if reason is None else 'weights missing, see models show ' + name}"


@models.command("recipe", epilog="\b\nExample:\n  tcmoa-bench models recipe Text-IF")
@click.argument("name")
def recipe(name: str) -> None:
    """How a method that is not built in becomes a row: what to get, its own commands, the lines for a suite."""
    from tcmoa_bench.run.recipes import recipes

    click.echo(recipes()[name].text())


@models.command(
    "show",
    epilog="\b\nExamples:\n  tcmoa-bench models show ifcnn_max_rgb\n  tcmoa-bench models show my_network:Mine",
)
@click.argument("name")
@weights_option
@click.option(
    "--option", multiple=True, metavar="KEY=VALUE", callback=labelled, help="The fuser's own options."
)
def show_fuser(name: str, weights: Path | None, option: tuple[tuple[str, str], ...]) -> None:
    """A fuser's record, by its name or as module:callable: paper, licence, weights with origin and SHA-256, availability."""
    from tcmoa_bench.run.fusers import as_entry, known_record, why_unavailable

    options = options_from("cpu", weights, option)
    entry = as_entry(name)
    # What is named by its code must load; an installed plug-in that does not is still listed.
    record = entry.create(options).record if ":" in name else known_record(entry, options)
    for field in dataclasses.fields(record):
        value = getattr(record, field.name)
        if value and field.name != "weights":
            text = ", ".join(map(str, value)) if isinstance(value, tuple) else value
            click.echo(f"{field.name:12} {text}")
    for file in record.weights:
        size = f"{file.size:,} bytes" if file.size else "size unknown"
        click.echo(f"{'weights':12} {file.file}, {size}, licence: {file.licence or 'none stated'}")
        click.echo(f"{'':12} from {file.origin}")
        for hashed in file.hashes or ("no hash known",):
            click.echo(f"{'':12} {hashed}")
    reason = why_unavailable(entry, options)
    click.echo(f"{'state':12} {'available' if reason is None else f'missing: {reason}'}")


@models.command(
    "convert",
    epilog="\b\nExamples:\n"
    "  tcmoa-bench models convert checkpoint.pth network.safetensors\n"
    "  tcmoa-bench models convert gan.pth generator.safetensors --part generator",
)
@click.argument("old", type=Existing(dir_okay=False))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--part", help="Which of several sets of tensors, by its key in OLD.")
def convert(old: Path, new: Path, part: str | None) -> None:
    """Write the tensors of an OLD checkpoint as NEW, a safetensors file, and say what is dropped.

    OLD is read in a process of its own by an allow-list of plain data; nothing in it is run. The state dict is found below
    `model`, `state_dict`, `params`, ...; `module.` and `_orig_mod.` are taken off its names.
    """
    import json
    import subprocess
    import sys

    from tcmoa_bench.checkpoints import file_sha256
    from tcmoa_bench.images import show
    from tcmoa_bench.types import BenchError

    if new.suffix != ".safetensors" or new.resolve() == old.resolve():
        raise BenchError(f"{show(new)}: give a further file that ends in .safetensors")
    words = [sys.executable, "-m", "tcmoa_bench.convert", str(old), str(new), *([part] if part else [])]
    done = subprocess.run(words, capture_output=True, check=False)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        died = f"{show(old)}: reading it ended the process ({done.returncode}); it is damaged, or too large"
        raise BenchError(said.rpartition("\n")[2] if done.returncode > 0 and said else died)
    made = json.loads(done.stdout)
    off = f", {made['wrappers']!r} taken off their names" if made["wrappers"] else ""
    click.echo(
        f"kept {made['part'] or 'everything'}: {made['tensors']} tensors, {made['numbers']:,} numbers{off}"
    )
    for line in made["dropped"]:
        click.echo(f"dropped {line}")
    click.echo(f"{show(new)}\nsha256 {file_sha256(new)}")


@models.command("check", epilog="\b\nExample:\n  tcmoa-bench models check TC-MoA-Base.pth")
@click.argument("file", type=click.Path(path_type=Path))
def check(file: Path) -> None:
    """Open a weights file by tensors only: hash, tensors, which fusers take it. Nothing in it is run.

    What `fuse` would refuse (missing, further or misshapen tensors, numbers that are not finite) is refused here.
    """
    from tcmoa_bench.checkpoints import file_sha256, load_tensors
    from tcmoa_bench.run.fusers import owners, registry, takers
    from tcmoa_bench.tcmoa.records import recognise
    from tcmoa_bench.types import BenchError, FuserOptions

    if not file.is_file():
        raise BenchError(f"no such file: {file}")
    click.echo(f"{file}\nsha256 {file_sha256(file)}")
    if known := owners(file):
        click.echo(f"weights of: {', '.join(known)}")
        return
    try:
        tensors = load_tensors(file)
        click.echo(f"{len(tensors)} tensors, {sum(t.numel() for t in tensors.values()):,} numbers")
    except (
        BenchError
    ):  # several sets, or a TensorFlow data file: the networks' own readers know, or say what is wrong
        tensors = {}
    if size := recognise(tensors):
        registry()["tcmoa-tiny"].create(FuserOptions(extra={"checkpoint": str(file)}))
        click.echo(f"weights of: {size}; give it with --option checkpoint=FILE")
        return
    click.echo(
        f"fits, but is not the authors' file: {', '.join(takers(file))}; give it with --option weights=FILE"
    )
