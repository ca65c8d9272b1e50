"""`tcmoa-bench doctor`."""

from __future__ import annotations

import os
import shutil
from importlib.util import find_spec
from pathlib import Path

import click

from tcmoa_bench.cli.options import Command

#: File systems on which SQLite locks are not to be trusted.
NETWORK = ("nfs", "cifs", "smb", "lustre", "gpfs", "beegfs", "afs", "fuse.sshfs", "9p")


@click.command(cls=Command, epilog="\b\nExample:\n  tcmoa-bench doctor --out runs")
@click.option("--out", type=click.Path(path_type=Path), default=Path(), help="Folder where runs go.")
def doctor(out: Path) -> None:
    """Versions, hardware and folders that matter; what is wrong with them, and the remedy."""
    from tcmoa_bench.run.manifest import environment

    facts = environment()
    for key in ("tcmoa_bench", "commit", "python", "platform", "cpu", "cores"):
        click.echo(f"{key:12} {'not a checkout' if facts[key] is None else facts[key]}")
    for name, version in facts["libraries"].items():
        click.echo(f"{'':12} {name} {version}")
    click.echo(f"{'torch':12} {_torch()}")
    click.echo(f"{'threads':12} {_threads()}")
    for name, what in _OPTIONAL.items():
        if find_spec(name) is None:
            click.echo(f"{'not here':12} {name}: {what}")
    for variable in ("TCMOA_BENCH_DATA", "TCMOA_BENCH_WEIGHTS"):
        folder = os.environ.get(variable)
        state = "not set" if not folder else folder if Path(folder).is_dir() else f"{folder}: NO SUCH FOLDER"
        click.echo(f"{variable:20} {state}")
    for line in (*_datasets(), *_weights()):
        click.echo(line)
    click.echo(
        f"{'browser':12} {shutil.which('chromium') or shutil.which('google-chrome') or 'none (only browser tests need one)'}"
    )
    kind = filesystem(out)
    click.echo(f"{'run folder':12} {out.resolve()} on {kind}")
    if kind.startswith(NETWORK):
        click.echo(
            "warning: a network file system; let one machine write a run, and give --out a local disk where you can"
        )


#: What some commands need besides what scoring needs, and the remedy where it is not installed.
_OPTIONAL = {
    "torch": "networks (tcmoa, deep fusers), the piq convention and training; `pip install tcmoa-bench` brings it",
    **dict.fromkeys(
        (
            "rich",
            "filelock",
            "pyarrow",
            "jinja2",
            "matplotlib",
            "safetensors",
            "scikit_posthocs",
            "itables",
        ),
        "`run` and its pages; `pip install tcmoa-bench` brings it",
    ),
    "distributed": "`run --scheduler`; pip install 'tcmoa-bench[cluster]'",
    "pycocotools": "`labels import` of boxes; pip install 'tcmoa-bench[tasks]'",
}


def _threads() -> str:
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
    there = [f"{name}={os.environ[name]}" for name in names if os.environ.get(name)]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{cores} cores may be used; {', '.join(there) or 'no limit is set (OMP_NUM_THREADS)'}"


def _datasets() -> list[str]:
    from tcmoa_bench.datasets.catalogue import DATASETS, found_in

    if not (folder := os.environ.get("TCMOA_BENCH_DATA")) or not Path(folder).is_dir():
        return [
            f"{'datasets':12} the embedded sample alone; --data DIR or TCMOA_BENCH_DATA names a folder of datasets"
        ]
    here = sorted({dataset.name for dataset, _ in found_in(Path(folder))})
    missing = [name for name in DATASETS if name not in here and not name.startswith("sample")]
    return [
        f"{'datasets':12} {', '.join(here) or 'none'}",
        f"{'':12} not here: {', '.join(missing) or 'none'} (`tcmoa-bench data show NAME` says how to get one)",
    ]


def _weights() -> list[str]:
    from tcmoa_bench.run.fusers import registry, why_unavailable
    from tcmoa_bench.types import FuserOptions

    here, missing = [], 0
    for entry in registry().values():
        if entry.record.weights and entry.record.name not in ("tcmoa-base", "tcmoa-large"):
            if entry.record.name == "tcmoa-tiny" or why_unavailable(entry, FuserOptions()) is None:
                here.append(entry.record.name)
            else:
                missing += 1
    return [
        f"{'weights':12} {', '.join(here) or 'none'}",
        f"{'':12} of {missing} further fusers not here (`tcmoa-bench models ls`, `models show NAME`)",
    ]


def _torch() -> str:
    if find_spec("torch") is None:
        return "not installed. Metrics, tables and reports work without it."
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
