"""Where networks run. Torch is imported when a device is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tcmoa_bench.errors import Unavailable

if TYPE_CHECKING:
    from torch import device


def open_device(name: str, whose: str = "") -> device:
    """The torch device of a name such as `cpu` or `cuda:1`, tried with one number.

    Raises:
        Unavailable: There is no such device, or it cannot be used; `whose` begins the text.
    """
    import torch

    try:
        opened = torch.device(name)
        torch.empty(1, device=opened)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        whose = f"{whose}: " if whose else ""
        raise Unavailable(f"{whose}device {name!r} cannot be used ({reason}); try --device cpu") from None
    return opened


def out_of_memory(error: Exception) -> bool:
    """Whether an error of torch says that a device or the machine has no memory left."""
    import torch

    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return "can't allocate memory" in str(error) or "not enough memory" in str(error)
