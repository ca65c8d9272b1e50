"""Number formats: autocast to 16 bits, and shorter factors in float32 products on GPUs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def short_products(precision: str) -> Iterator[None]:
    """Within it, float32 products and convolutions of a GPU use TF32 for `tf32`, and whole float32 otherwise."""
    parts = (torch.backends.cuda.matmul, torch.backends.cudnn)
    before = [part.allow_tf32 for part in parts]
    for part in parts:
        part.allow_tf32 = precision == "tf32"
    try:
        yield
    finally:
        for part, allowed in zip(parts, before, strict=True):
            part.allow_tf32 = allowed


def autocast(device: torch.device, precision: str) -> torch.autocast:
    """The autocast of one of `config.PRECISIONS`; does nothing for the float32 ones."""
    dtype = {"bfloat16": torch.bfloat16, "float16": torch.float16}.get(precision)
    return torch.autocast(device.type, dtype, enabled=dtype is not None)
