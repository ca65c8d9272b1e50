"""`tcmoa-bench leaderboard`: a site over many runs, and submissions to it."""

from __future__ import annotations

import secrets
import sys
from pathlib import Path

import click

from tcmoa_bench.cli.options import Group, comma, data_option

_PATH = click.Path(path_type=Path)


class _WithDefault(Group):
    """A group in which arguments that name no command of it are those of `build`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click, with `build` in front where no command is named."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["build", *args]
        return super().parse_args(ctx, args)


@click.group(
    cls=_WithDefault,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench leaderboard runs -o site                                     the site of all runs below runs/\n"
    "  tcmoa-bench leaderboard add results/Ours --suite vifb --data DIR         score images, as runs/vifb-Ours\n"
    "A folder that is called like a command is given as ./add.",
)
def leaderboard() -> None:
    """A static site over many runs: places, what pairs can tell apart, coverage, provenance, history."""


@leaderboard.command(
    epilog="\b\nExamples:\n  tcmoa-bench leaderboard build runs -o site\n"
    "  tcmoa-bench leaderboard build runs/vifb runs/mff -o site"
)
@click.argument("folders", metavar="DIR...", type=_PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=_PATH, required=True, help="The site's folder.")
def build(folders: tuple[Path, ...], output: Path) -> None:
    """Write the site of all runs in or below folders (the command that `leaderboard DIR...` is short for)."""
    from tcmoa_bench.reports.html.site import build_site

    click.echo(f"site: {build_site(folders, output)}")


@leaderboard.command(
    epilog="\b\nExamples:\n"
    "  tcmoa-bench leaderboard add results/Ours --suite vifb --data DIR\n"
    "  tcmoa-bench leaderboard add supplement/ --label Ours --suite vifb --data DIR --runs runs"
)
@click.argument("submission", type=_PATH)
@click.option("--suite", required=True, help="The suite whose pairs were fused: its name, or a TOML file.")
@data_option
@click.option(
    "--label", help="The row's name.  [default: the folder's name, or the only fuser in scores.csv]"
)
@click.option(
    "--runs", type=_PATH, default=Path("runs"), show_default=True, help="Folder of the board's runs."
)
@click.option("--metrics", multiple=True, callback=comma, help="Metrics in place of the suite's.")
@click.option(
    "--sample",
    type=click.IntRange(1),
    help="Score N pairs of each dataset only, of those with values, and take the others' values as they were sent; the site "
    "says so, and with what chance one changed value is found.",
)
@click.option(
    "--seed", type=click.IntRange(0), help="Of --sample.  [default: one that nobody can know before, printed]"
)
@click.option("--jobs", type=click.IntRange(1), default=1, show_default=True, help="Worker processes.")
@click.pass_context
def add(
    ctx: click.Context,
    submission: Path,
    suite: str,
    data: Path | None,
    label: str | None,
    runs: Path,
    metrics: tuple[str, ...] | None,
    sample: int | None,
    seed: int | None,
    jobs: int,
) -> None:
    """Score a SUBMISSION, a folder of fused images, and put it among the runs of a board.

    Where scores.csv and manifest.json lie with the images, every value, the pairs, source files, pixels and signatures
    are compared with what comes out here, and a submission that differs is refused. Exit code: 0 added, 1 refused, or
    added with pairs that failed, 2 it cannot be read.
    """
    from tcmoa_bench.run.choice import Choice
    from tcmoa_bench.run.progress import Progress
    from tcmoa_bench.run.submission import add as add_submission
    from tcmoa_bench.run.suite import load_suite

    if seed is not None and sample is None:
        raise click.UsageError("--seed is of --sample; give both", ctx)
    drawn = None
    if sample is not None:
        drawn = Choice(sample=sample, seed=secrets.randbelow(2**32) if seed is None else seed)
    found = add_submission(
        submission, load_suite(suite), runs, data, label, metrics, drawn, jobs, Progress(sys.stderr)
    )
    for problem in found.problems:
        click.echo(f"differs: {problem}", err=True)
    compared = f", {found.values} of {found.claimed} claimed values compared" if found.claimed else ""
    of_sample = f" (drawn with seed {drawn.seed})" if drawn else ""
    click.echo(f"{found.label}: {found.pairs} pairs scored{of_sample}{compared}")
    if found.folder is None:
        click.echo(f"refused: {len(found.problems)} differences; nothing was added", err=True)
        ctx.exit(1)
    if drawn:
        click.echo(f"one changed value is found so with a chance of {found.chance:.2g}")
    click.echo(f"added: {found.folder}")
    click.echo(f"the site: tcmoa-bench leaderboard {runs} -o site")
    ctx.exit(found.outcome.exit_code if found.outcome else 0)
