"""`tcmoa-bench time`."""

from __future__ import annotations

import re
from pathlib import Path

import click

from tcmoa_bench.cli.options import (
    TASKS,
    Command,
    comma,
    device_option,
    labelled,
    table_format_option,
    weights_option,
)
from tcmoa_bench.cli.tables import emit


def _sizes(ctx: click.Context, param: click.Parameter, value: str) -> list[tuple[int, int]]:
    """`640x512,1280x1024` (width x height) to (height, width)."""
    sizes = []
    for text in value.split(","):
        match = re.fullmatch(r"\s*(\d+)\s*[xX×]\s*(\d+)\s*", text)
        if not match or not all(map(int, match.groups())):
            raise click.BadParameter(
                f"{text!r} is no size; WIDTHxHEIGHT is expected, such as 640x512", ctx, param
            )
        sizes.append((int(match[2]), int(match[1])))
    return sizes


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench time --fusers average,lp,gff,tcmoa-tiny\n"
    "  tcmoa-bench time --fusers seafusion,u2fusion_author --weights DIR --size 640x512,1280x1024 --device cuda\n"
    "  tcmoa-bench time --fusers lp,tcmoa-tiny --format tex -o efficiency.tex --csv times/\n"
    "docs/run-time.md has the protocol.",
)
@click.option("--fusers", multiple=True, callback=comma, required=True,
              help="Fusers, as for `run`; `all`: every one that can be had here.")  # fmt: skip
@click.option(
    "--size", default="640x512", show_default=True, callback=_sizes, metavar="WxH[,WxH...]", help="Sizes."
)
@click.option("--task", type=TASKS, help="What is fused.  [default: each fuser's first task]")
@device_option
@weights_option
@click.option(
    "--option", multiple=True, metavar="KEY=VALUE", callback=labelled, help="Option for every fuser."
)
@click.option(
    "--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads of every library."
)
@click.option(
    "--warmup",
    type=click.IntRange(1),
    default=3,
    show_default=True,
    help="Calls before the first measured one.",
)
@click.option("--repeats", type=click.IntRange(3), default=20, show_default=True, help="Measured calls.")
@click.option("--seconds", type=click.FloatRange(min=0), default=20.0, show_default=True,
              help="Begin no further call after so many seconds; at least three are measured.")  # fmt: skip
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=600.0, show_default=True, metavar="SECONDS",
              help="Give a fuser up that takes longer for all its calls.")  # fmt: skip
@table_format_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File in place of standard output.")
@click.option("--csv", "folder", type=click.Path(path_type=Path, file_okay=False),
              help="Folder for a CSV that is named by the hardware; `figure --kind time --times` reads it.")  # fmt: skip
@click.pass_context
def timing(
    ctx: click.Context,
    fusers: tuple[str, ...],
    size: list[tuple[int, int]],
    task: str | None,
    device: str,
    weights: Path | None,
    option: tuple[tuple[str, str], ...],
    threads: int,
    warmup: int,
    repeats: int,
    seconds: float,
    timeout: float,
    form: str,
    output: Path | None,
    folder: Path | None,
) -> None:
    """Run time by one protocol, parameters, FLOPs and peak memory of fusers.

    Each fuser runs in a process of its own. Exit code 1 where one could not be measured.
    """
    from tcmoa_bench.devices import open_device
    from tcmoa_bench.images import show, write_bytes
    from tcmoa_bench.reports.tables.efficiency import efficiency_table
    from tcmoa_bench.reports.tables.table import render
    from tcmoa_bench.run.fusers import parse_spec, registry, why_unavailable
    from tcmoa_bench.run.timing import Protocol, file_name, time_all, to_csv
    from tcmoa_bench.types import FuserOptions

    options = FuserOptions(device, weights, dict(option))
    open_device(device)
    if "all" in fusers:
        there = [
            entry.record.name
            for entry in registry().values()
            if (task is None or task in entry.record.tasks) and why_unavailable(entry, options) is None
        ]
        fusers = tuple(dict.fromkeys([*there, *(name for name in fusers if name != "all")]))
    for name in fusers:
        parse_spec(name, options)  # a misspelt name is told before the first minute
    protocol = Protocol(warmup, repeats, seconds, threads, device, timeout)
    file = None
    if folder is not None:
        file = folder / file_name(protocol, dict(option).get("precision", "float32"))
    timings = []
    text = ""
    for found in time_all(fusers, size, protocol, task or "", str(weights or ""), dict(option)):
        timings.append(found)
        took = found.problem or f"{1000 * (found.seconds or 0):.1f} ms"
        click.echo(f"{found.fuser} {found.width}x{found.height}: {took}", err=True)
        text = to_csv(timings, protocol)
        if file is not None:  # after each fuser: an hour's work must survive the last one
            write_bytes(file, text.encode("utf-8", "backslashreplace"))
    if file is not None:
        click.echo(f"wrote {show(file)}", err=True)
    emit(text if form == "csv" else render([efficiency_table(text)], form), output)
    ctx.exit(1 if any(t.problem for t in timings) else 0)
