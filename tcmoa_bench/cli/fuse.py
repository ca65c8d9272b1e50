"""`tcmoa-bench fuse`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from tcmoa_bench.cli.options import (
    TASKS,
    Command,
    device_option,
    labelled,
    options_from,
    timeout_option,
    weights_option,
)


@click.command(
    cls=Command,
    epilog="\b\nExamples:\n"
    "  tcmoa-bench fuse visible.png infrared.png -o fused.png --fuser lp --task vif\n"
    "  tcmoa-bench fuse under.jpg over.jpg -o fused.png --fuser tcmoa --task mef --alpha 2 --beta -0.1\n"
    "  tcmoa-bench fuse 1.jpg 2.jpg 3.jpg -o fused.png --fuser mertens\n"
    "  tcmoa-bench fuse near.png far.png -o fused.png --fuser my_network:fuse --task mff",
)
@click.argument("pictures", nargs=-1, required=True, metavar="A B [C...]", type=click.Path(path_type=Path))
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), help="Fused image: .png, .bmp or .tif."
)
@click.option("--fuser", required=True, help="Name (see `ls fusers`), name:option=value, or module:callable.")
@click.option("--task", type=TASKS, help="What the sources are.")
@device_option
@weights_option
@timeout_option
@click.option(
    "--option", multiple=True, metavar="KEY=VALUE", callback=labelled, help="The fuser's own options."
)
@click.option("--alpha", type=float, help="TC-MoA: scale of the prompts (region level).")
@click.option(
    "--beta", type=float, help="TC-MoA: shift of the prompts (image level), towards the first stream."
)
@click.option("--router", help="TC-MoA: another task's router, or a mix such as vif=0.7,mff=0.3.")
@click.option("--prompts", type=click.Path(path_type=Path), help="TC-MoA: folder for the prompt maps.")
def fuse(
    pictures: tuple[Path, ...],
    output: Path,
    fuser: str,
    task: str | None,
    device: str,
    weights: Path | None,
    timeout: float,
    option: tuple[tuple[str, str], ...],
    alpha: float | None,
    beta: float | None,
    router: str | None,
    prompts: Path | None,
) -> None:
    """Fuse A (visible, under-exposed or near) with B (infrared, over-exposed or far), or a stack of more than two.

    A method that takes two at a time fuses a stack pair by pair, in the order given. How a stack was fused is written to
    OUTPUT.json.
    """
    from tcmoa_bench.images import show, write_bytes, write_image
    from tcmoa_bench.run.fusers import AT_ONCE, how_joined, parse_spec
    from tcmoa_bench.run.pictures import fuse_with, stack_facts
    from tcmoa_bench.types import BenchError

    if len(pictures) < 2:
        raise click.UsageError("give at least two pictures")
    steering = {"alpha": alpha, "beta": beta, "router": router, "prompts": prompts}
    extra = {**dict(option), **{key: str(value) for key, value in steering.items() if value is not None}}
    spec = parse_spec(fuser, options_from(device, weights, tuple(extra.items()), timeout))
    method = spec.create()
    record = method.record
    fused = fuse_with(method, pictures, task)
    try:
        write_image(output, fused)
    except ValueError as error:
        raise BenchError(str(error)) from error
    click.echo(
        f"{show(output)}: {fused.shape[1]}x{fused.shape[0]}, {record.name}, colour policy {record.colour}"
    )
    if len(pictures) > 2:
        facts = stack_facts(method, pictures, task, spec.options.extra)
        beside = output.with_name(f"{output.name}.json")
        write_bytes(beside, (json.dumps(facts, indent=2) + "\n").encode())
        how = AT_ONCE if how_joined(method) == AT_ONCE else "pair by pair, in this order"
        click.echo(
            f"{len(pictures)} sources {how}: {', '.join(map(show, pictures))} (recorded in {show(beside)})"
        )
