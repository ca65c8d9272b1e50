"""Options that several commands share."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tcmoa_bench.tasks import Task

if TYPE_CHECKING:
    from tcmoa_bench.types import FuserOptions

TASKS = click.Choice([str(task) for task in Task])

#: The sign between label and text.
_EQUALS = re.compile(r"(?<!\\)=")

F = TypeVar("F", bound=Callable[..., Any])


class Command(click.Command):
    """A command that refuses a second value for an option of one, where click would keep the last without a word."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click, after a look at what was given more than once."""
        if not ctx.resilient_parsing:
            given = self.make_parser(ctx).parse_args(list(args))[2]
            for option in (p for p in given if isinstance(p, click.Option)):
                if given.count(option) > 1 and not (option.multiple or option.is_flag or option.count):
                    raise click.UsageError(
                        f"{option.opts[0]} is given {given.count(option)} times; it takes one value", ctx
                    )
        return super().parse_args(ctx, args)


class Group(click.Group):
    """A group of such commands."""

    command_class = Command


class Existing(click.Path):
    """A path that is there; one that cannot be looked at is said to be that, and not to be missing."""

    def __init__(self, file_okay: bool = True, dir_okay: bool = True) -> None:
        super().__init__(exists=True, file_okay=file_okay, dir_okay=dir_okay, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """As click, with no permission told from no such file."""
        try:
            os.stat(value)
        except PermissionError:
            self.fail(f"{str(value)!r}: no permission to look into the folder that holds it", param, ctx)
        except OSError:
            pass  # click says it
        return super().convert(value, param, ctx)


def comma(ctx: click.Context, param: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...] | None:
    """`a,b,c`, repeated, to names, each once, in order; None where the option is not given."""
    if not value:
        return None
    names = tuple(dict.fromkeys(name.strip() for text in value for name in text.split(",") if name.strip()))
    if not names:
        raise click.BadParameter("give at least one name", ctx, param)
    return names


def labelled(
    ctx: click.Context, param: click.Parameter, value: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    r"""`LABEL=TEXT`, repeated, to (label, text); `\=` is an equals sign of the label's own.

    A label given twice is an error.
    """
    return _collect(ctx, param, ((item, *_parted(item)) for item in value))


def labelled_path(
    ctx: click.Context, param: click.Parameter, value: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """`LABEL=PATH`, repeated; label and path may hold `=` themselves, as long as one reading alone is there."""
    items = []
    for item in value:
        cuts = [i for i, character in enumerate(item) if character == "="]
        readings = [(item[:i], item[i + 1 :]) for i in cuts]
        there = [(label, path) for label, path in readings if label and path and Path(path).exists()]
        if len(there) > 1:
            both = " and ".join(path for _, path in there)
            raise click.BadParameter(f"{item!r} can be read in two ways: there are {both}", ctx, param)
        items.append((item, *(there[0] if there and "\\=" not in item else _parted(item))))
    return _collect(ctx, param, items)


def luma_ranges(
    ctx: click.Context, param: click.Parameter, value: tuple[str, ...]
) -> tuple[tuple[str, str], ...]:
    """`LABEL` or `LABEL=RANGE`, repeated, to (label, range of luma); `full` where none is given."""
    return labelled(ctx, param, tuple(item if _EQUALS.search(item) else f"{item}=full" for item in value))


def _parted(item: str) -> tuple[str, str]:
    start, *rest = _EQUALS.split(item, maxsplit=1)
    return start.replace("\\=", "="), "".join(rest)


def _collect(
    ctx: click.Context, param: click.Parameter, items: Iterable[tuple[str, str, str]]
) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for item, label, text in items:
        if not label or not text:
            raise click.BadParameter(f"{item!r} does not read {param.metavar}", ctx, param)
        if label in found:
            raise click.BadParameter(
                f"{label!r} is given twice; results would stand under one name", ctx, param
            )
        found[label] = text
    return tuple(found.items())


def area_options(command: F) -> F:
    """`--border` and `--mask`: the part of each pair that is measured."""
    for option in (
        click.option("--mask", type=Existing(),
                     help="Measure within the white of this picture, or of a folder's picture for each pair."),
        click.option("--border", type=click.IntRange(0), metavar="N",
                     help="Leave out N pixels along each side when measuring."),
    ):  # fmt: skip
        command = option(command)
    return command


def table_format_option(command: F) -> F:
    """`--format`: how a table is written."""
    formats = click.Choice(["text", "md", "csv", "tex", "html", "json"])
    return click.option("--format", "form", type=formats, default="text", show_default=True)(command)


def data_option(command: F) -> F:
    """`--data DIR`."""
    return click.option(
        "--data",
        type=Existing(file_okay=False),
        envvar="TCMOA_BENCH_DATA",
        show_envvar=True,
        help="Folder of datasets, each in its original layout. Without it: the embedded sample.",
    )(command)


def device_option(command: F) -> F:
    """`--device`."""
    return click.option(
        "--device", default="cpu", show_default=True, help="Device of networks: cpu, cuda, cuda:1."
    )(command)


def weights_option(command: F) -> F:
    """`--weights DIR` or FILE."""
    return click.option(
        "--weights",
        type=Existing(),
        envvar="TCMOA_BENCH_WEIGHTS",
        show_envvar=True,
        help="Folder of weights files, or the file of the one network (see `models show NAME`).",
    )(command)


def drift_options(command: F) -> F:
    """`--rtol`, `--atol`, `--tolerances` and `--allow`: what a drift check accepts."""
    for option in (
        click.option("--allow", multiple=True, metavar="CAUSE=REASON", callback=labelled,
                     help="Accept a cause: data, model, image, signature, code, environment, missing."),
        click.option("--tolerances", type=click.Path(path_type=Path), help='TOML file: "VIF@*" = { rtol = 1e-6 }.'),
        click.option("--atol", type=float, default=1e-12, show_default=True, help="Absolute tolerance of drift."),
        click.option("--rtol", type=float, default=1e-9, show_default=True, help="Relative tolerance of drift."),
    ):  # fmt: skip
        command = option(command)
    return command


def timeout_option(command: F) -> F:
    """`--timeout SECONDS`."""
    return click.option(
        "--timeout",
        type=click.FloatRange(min=0, min_open=True),
        default=600.0,
        show_default=True,
        metavar="SECONDS",
        help="End what takes longer for a pair: its reading, its fusing, or one metric.",
    )(command)


def options_from(
    device: str, weights: Path | None, extra: tuple[tuple[str, str], ...] = (), timeout: float = 600.0
) -> FuserOptions:
    """The fusers' options from the command line's."""
    from tcmoa_bench.types import FuserOptions

    return FuserOptions(device, weights, dict(extra), timeout)
