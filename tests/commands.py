"""The command line as a user types it, and small pictures to give it."""

from __future__ import annotations

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from tcmoa_bench.cli import main

RAMP = np.repeat(np.arange(0, 256, 4, dtype=np.uint8)[:, None], 64, axis=1)


def const(value: int, shape: tuple[int, ...] = (64, 64)) -> np.ndarray:
    return np.full(shape, value, np.uint8)


def save(path: Path, image: np.ndarray, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image).save(path, **options)
    return path


@dataclass
class Result:
    code: int
    out: str
    err: str


def call(*args: object) -> Result:
    """Run a command in this process; its exit code, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main([str(arg) for arg in args])
        except SystemExit as stop:
            code = int(stop.code or 0)
    return Result(code, out.getvalue(), err.getvalue())


PROGRAM = [sys.executable, "-c", "from tcmoa_bench.cli import main; main()"]
