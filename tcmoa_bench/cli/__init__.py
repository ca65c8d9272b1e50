"""The command line: parses, calls, prints. Commands are imported when they are used, so `--help` answers at once.

Exit codes: 0 all done; 1 some cells failed or something drifted; 2 the command could not do its job;
130 interrupted, by Ctrl-C or by SIGTERM; 141 the reader of the output went away.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import signal
import sys
import warnings
from collections.abc import Sequence
from typing import NoReturn

import click

from tcmoa_bench.cli.streams import make_tolerant, open_missing, silence
from tcmoa_bench.version import __version__

#: By this variable a shell asks for completions (docs/installation.md).
COMPLETE = "_TCMOA_BENCH_COMPLETE"

#: Command name -> where it is, and its line in `--help`.
COMMANDS = {
    "run": ("tcmoa_bench.cli.run:run", "Run a suite: fuse, score, tables, HTML report."),
    "score": ("tcmoa_bench.cli.score:score", "Score one fused image, or a list of them."),
    "which": ("tcmoa_bench.cli.which:which", "Which definition made a printed number."),
    "fuse": ("tcmoa_bench.cli.fuse:fuse", "Fuse two images with one fuser."),
    "recolor": ("tcmoa_bench.cli.recolor:recolor", "Give a gray fused image its sources' colours back."),
    "time": ("tcmoa_bench.cli.timing:timing", "Run time, parameters, FLOPs and memory of fusers."),
    "tables": ("tcmoa_bench.cli.tables:tables", "Tables of finished runs, beside published ones."),
    "stats": ("tcmoa_bench.cli.tables:stats", "Significance, ranks and agreement behind a run's tables."),
    "cite": ("tcmoa_bench.cli.cite:cite", "A run's methods paragraph, caption and BibTeX."),
    "export": ("tcmoa_bench.cli.cite:export", "A run as a supplement: values, pair list, tables, command."),
    "trust": (
        "tcmoa_bench.cli.trust:trust",
        "What a metric's number means: truth, people, damage, agreement.",
    ),
    "stress": ("tcmoa_bench.cli.stress:stress", "What fusers make of damaged sources, step by step."),
    "compare": ("tcmoa_bench.cli.drift:compare", "What moved between two runs, and why."),
    "baseline": ("tcmoa_bench.cli.drift:baseline", "Save, update or show a baseline file for CI."),
    "report": (
        "tcmoa_bench.cli.report:report",
        "Write the HTML report of a run, or an index of runs.",
    ),
    "leaderboard": (
        "tcmoa_bench.cli.leaderboard:leaderboard",
        "A static site over many runs, and submissions to it.",
    ),
    "figure": (
        "tcmoa_bench.cli.report:figure",
        "Qualitative figures with crops, as PDF, SVG or PNG.",
    ),
    "labels": (
        "tcmoa_bench.cli.labels:labels",
        "Labelled images for a detector, and its predictions as columns.",
    ),
    "data": ("tcmoa_bench.cli.data:data", "Check datasets, show where they come from."),
    "models": ("tcmoa_bench.cli.models:models", "Fusers, their weights, their availability."),
    "grid": ("tcmoa_bench.cli.train:grid", "TC-MoA under a grid of prompt controls (the paper's Figure 6)."),
    "prompts": ("tcmoa_bench.cli.train:prompts", "TC-MoA's prompt maps and their statistics (Figure 1)."),
    "train": ("tcmoa_bench.cli.train:train", "Train TC-MoA from a TOML recipe."),
    "pretrain": ("tcmoa_bench.cli.train:pretrain", "Pre-train a small backbone as a masked autoencoder."),
    "ls": ("tcmoa_bench.cli.ls:ls", "List metrics, conventions, fusers, datasets or suites."),
    "show": (
        "tcmoa_bench.cli.ls:show_metric",
        "Everything about a metric: formula, source, direction, differences.",
    ),
    "doctor": ("tcmoa_bench.cli.doctor:doctor", "Versions, hardware and folders that matter."),
}


class LazyGroup(click.Group):
    """A group that knows its commands' names and imports them one by one."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of a user's work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import a command."""
        if name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[name][0].partition(":")
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list from `COMMANDS`, without importing anything."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click, with the nearest names for one that is not known."""
        import difflib

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], COMMANDS, n=3)
            hint = f" Did you mean {' or '.join(near)}?" if near else " See --help."
            raise click.UsageError(f"No such command {args[0]!r}.{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="\b\nExamples:\n"
    "  tcmoa-bench run --suite vif                       the embedded sample, nothing to download\n"
    "  tcmoa-bench run --suite mff --data DIR            real pairs\n"
    "  tcmoa-bench score A.png B.png F.png --convention vifb\n"
    "  tcmoa-bench tables runs/mff --paper tcmoa --format tex",
)
@click.version_option(__version__, "-V", "--version", prog_name="tcmoa-bench")
def cli() -> None:
    """Benchmark and evaluation suite for image fusion: visible-infrared, multi-exposure, multi-focus."""


def _terminate(*_: object) -> NoReturn:
    """SIGTERM ends a command as Ctrl-C does: what is finished is stored, locks are released, workers are ended."""
    raise KeyboardInterrupt


def main(args: Sequence[str] | None = None) -> None:
    """Entry point of `tcmoa-bench`: run a command and end the process with its exit code."""
    if instruction := os.environ.get(COMPLETE):
        from click.shell_completion import shell_complete

        sys.exit(shell_complete(cli, {}, "tcmoa-bench", COMPLETE, instruction))
    # What matters of a damaged file is in the error that names it; Pillow's own lines name a file of Pillow's.
    warnings.filterwarnings("ignore", module="PIL")
    with contextlib.suppress(ValueError):  # a thread that is not the main one has no signals
        signal.signal(signal.SIGTERM, _terminate)
    open_missing()
    make_tolerant(sys.stdout, sys.stderr)
    # Read when torch is loaded: waiting threads that spin cost several times a network's own CPU time on a busy machine.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        code = _invoke(list(sys.argv[1:] if args is None else args))
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
        code = 141
    except OSError as error:  # standard output itself cannot be written, such as on a full disk
        silence()
        click.echo(f"error: the output cannot be written: {error.strerror or error}", err=True)
        code = 2
    sys.exit(code)


def _invoke(args: list[str]) -> int:
    from tcmoa_bench.errors import BenchError

    try:
        # Not `cli.main()`: click turns a closed pipe into exit code 1, which here means that cells failed.
        with cli.make_context("tcmoa-bench", args) as context:
            cli.invoke(context)
        return 0
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.exceptions.NoArgsIsHelpError as usage:
        usage.show()
        return 2
    except click.ClickException as error:
        error.show()
        return 2
    except BenchError as error:
        click.echo(f"error: {error}", err=True)
        return 2
    except ModuleNotFoundError as error:
        if error.name is None or error.name.split(".")[0] == "tcmoa_bench":
            raise
        click.echo(
            f"error: this needs {error.name.split('.')[0]}, which is not installed; `pip install tcmoa-bench` brings all "
            "that the commands need, `tcmoa-bench doctor` says what is there",
            err=True,
        )
        return 2
    except BrokenPipeError:
        raise
    except OSError as error:
        if error.filename is None:
            raise
        file = error.filename2 or error.filename
        click.echo(f"error: {file}: {error.strerror}; free, mend or choose another path", err=True)
        return 2
    except (KeyboardInterrupt, click.Abort):
        click.echo("interrupted", err=True)
        return 130
