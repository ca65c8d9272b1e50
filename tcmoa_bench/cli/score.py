"""`tcmoa-bench score`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcmoa_bench.cli.options import Command, area_options, comma

if TYPE_CHECKING:
    from tcmoa_bench.run.scoring import ScoredTriple


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench score visible.png infrared.png fused.png --convention tang2022 --format json\n"
    "  tcmoa-bench score A.png B.png F.png --metrics SD@tang2022,SD@tang2023,Qabf@textbook\n"
    "  tcmoa-bench score 1.png 2.png 3.png --fused F.png --metrics MEF-SSIM,SSIM,MI --convention textbook\n"
    "  tcmoa-bench score --jobs jobs.csv --metrics PSNR --convention textbook --format csv -o scores.csv\n"
    "jobs.csv has the columns a,b,fused and may have metrics, reference, mask and further (sources after b, with ;);\n"
    "paths are relative to it.",
)
@click.argument("pictures", nargs=-1, metavar="A B [C...] FUSED", type=click.Path(path_type=Path))
@click.option(
    "--fused",
    "by_name",
    type=click.Path(path_type=Path),
    help="Fused image; what stands alone are sources then.",
)
@click.option("--jobs", type=click.Path(path_type=Path), help="CSV of many triples, scored in one process.")
@click.option(
    "--metrics",
    multiple=True,
    callback=comma,
    help="Metrics (SD, SD@tang2022), conventions or profiles, with commas.",
)
@click.option(
    "--convention",
    help="Convention of bare names; alone: all of its metrics.  [default without --metrics: textbook]",
)
@click.option("--reference", type=click.Path(path_type=Path), help="Ground truth, for metrics that need one.")
@area_options
@click.option(
    "--format", "form", type=click.Choice(["json", "csv", "table"]), default="table", show_default=True
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File in place of standard output.")
@click.pass_context
def score(
    ctx: click.Context,
    pictures: tuple[Path, ...],
    by_name: Path | None,
    jobs: Path | None,
    metrics: tuple[str, ...] | None,
    convention: str | None,
    reference: Path | None,
    border: int | None,
    mask: Path | None,
    form: str,
    output: Path | None,
) -> None:
    """Score FUSED against its sources A (visible, under-exposed, near) and B (infrared, over-exposed, far), or a stack.

    Each value comes with the signature of the definition that made it. What has no value is null, with the reason.
    """
    from tcmoa_bench.cli.rows import LINES
    from tcmoa_bench.images import write_bytes
    from tcmoa_bench.metrics import Area, resolve
    from tcmoa_bench.run.scoring import Triple, read_jobs, score_triples

    if jobs is not None:
        complete = not pictures and by_name is None
    else:
        complete = len(pictures) == 3 if by_name is None else len(pictures) > 1
    if not complete:
        raise click.UsageError("give A B FUSED, or A B C ... --fused FUSED, or --jobs FILE.csv", ctx)
    if convention is not None:
        resolve(convention)
    names = metrics or (convention or "textbook",)
    chosen = resolve(names, convention)
    if jobs is not None:
        triples = read_jobs(jobs, chosen, convention, border or 0, mask)
    else:
        area = Area(border or 0, mask is not None)
        *sources, fused = pictures if by_name is None else (*pictures, by_name)
        a, b, *more = map(str, sources)
        metrics_there = tuple(m.for_sources(len(sources)) for m in resolve(names, convention, area))
        further = [None if file is None else str(file) for file in (reference, mask)]
        triples = [Triple(a, b, str(fused), further[0], metrics_there, mask=further[1], further=tuple(more))]
    rows: list[ScoredTriple] = []

    def dicts() -> Iterator[dict[str, object]]:
        for row in score_triples(triples, strict=jobs is None):
            rows.append(row)
            yield row.as_dict()

    if output is None:
        for line in LINES[form](dicts()):
            click.echo(line)
    else:
        write_bytes(
            output, "".join(f"{line}\n" for line in LINES[form](dicts())).encode("utf-8", "backslashreplace")
        )
    ctx.exit(1 if any(row.failed for row in rows) else 0)
