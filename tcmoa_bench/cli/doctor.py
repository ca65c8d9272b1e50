"""`tcmoa-bench doctor`."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click

#: File systems on which SQLite locks are not to be trusted.
NETWORK = ("nfs", "cifs", "smb", "lustre", "gpfs", "beegfs", "afs", "fuse.sshfs", "9p")


@click.command(epilog="\b\nExample:\n  tcmoa-bench doctor --out runs")
@click.option("--out", type=click.Path(path_type=Path), default=Path(), help="Folder where runs go.")
def doctor(out: Path) -> None:
    """Versions, hardware and folders that matter; what is wrong with them, and the remedy."""
    from tcmoa_bench.run.manifest import environment

    facts = environment()
    for key in ("tcmoa_bench", "commit", "python", "platform", "cpu", "cores"):
        click.echo(f"{key:12} {facts[key]}")
    for name, version in facts["libraries"].items():
        click.echo(f"{'':12} {name} {version}")
    click.echo(f"{'torch':12} {_torch()}")
    for variable in ("TCMOA_BENCH_DATA", "TCMOA_BENCH_WEIGHTS"):
        folder = os.environ.get(variable)
        state = "not set" if not folder else folder if Path(folder).is_dir() else f"{folder}: NO SUCH FOLDER"
        click.echo(f"{variable:20} {state}")
    click.echo(
        f"{'browser':12} {shutil.which('chromium') or shutil.which('google-chrome') or 'none (only browser tests need one)'}"
    )
    kind = filesystem(out)
    click.echo(f"{'run folder':12} {out.resolve()} on {kind}")
    if kind.startswith(NETWORK):
        click.echo(
            "warning: a network file system; let one machine write a run, and give --out a local disk where you can"
        )


def _torch() -> str:
    try:
        import torch
        import torchvision  # noqa: F401
    except Exception as error:  # a broken install raises anything
        return (
            f"BROKEN ({type(error).__name__}: {error}); torch and torchvision must be one release pair. "
            "Metrics, tables and reports work without it."
        )
    device = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "no CUDA device"
    return f"{torch.__version__}, {device}"


def filesystem(folder: Path) -> str:
    """Type of the file system that holds a folder (`ext4`, `nfs4`), `unknown` where it cannot be told."""
    try:
        mounts = [line.split()[1:3] for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return "unknown"
    place = str(folder.resolve())
    fitting = [
        (point, kind) for point, kind in mounts if place == point or place.startswith(point.rstrip("/") + "/")
    ]
    return max(fitting, key=lambda m: len(m[0]))[1] if fitting else "unknown"
