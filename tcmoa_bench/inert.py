"""Reads a torch checkpoint whose pickle names classes that are no plain data, and runs none of them.

Every global that the pickle names becomes a stand-in which does nothing and remembers its state, but for the few that make
tensors and plain containers. So a file of a whole pickled network still gives its tensors, and a hostile one gives
nothing.
"""

from __future__ import annotations

import collections
import pickle
import struct
import tarfile
import types
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from tcmoa_bench.images import show
from tcmoa_bench.types import BenchError

if TYPE_CHECKING:
    from torch import Tensor

#: What makes tensors and plain containers, by module.
_ALLOWED: Mapping[str, frozenset[str]] = {
    "torch._utils": frozenset({"_rebuild_tensor", "_rebuild_tensor_v2", "_rebuild_parameter"}),
    "torch": frozenset({"Size", "device"}),
    "builtins": frozenset({"set", "frozenset", "complex", "bytearray"}),
    "__builtin__": frozenset({"set", "frozenset", "complex", "bytearray"}),
}


class StandIn:
    """An object of a class that is not loaded.

    Attributes:
        name: Module and name of the class.
        state: What the file says of the object.
    """

    name = ""
    dump_patches = False  # torch asks each class of a network that was pickled before 1.6

    def __new__(cls, *args: object, **kwargs: object) -> StandIn:
        """Whatever the arguments."""
        made = object.__new__(cls)
        made.state = {}
        return made

    def __init__(self, *args: object, **kwargs: object) -> None:
        self.state: Mapping[Any, Any]

    def __setstate__(self, state: object) -> None:
        """Remember the attributes; of a pair, the first part (the other is of `__slots__`)."""
        first = state[0] if isinstance(state, tuple) and state else state
        self.state = first if isinstance(first, dict) else {}

    def __setitem__(self, key: object, value: object) -> None:
        """An item of what was a mapping."""

    def append(self, item: object) -> None:
        """An item of what was a list."""

    def extend(self, items: object) -> None:
        """Items of what was a list."""

    def add(self, item: object) -> None:
        """An item of what was a set."""

    def __repr__(self) -> str:
        return f"an object of {self.name}"


class _Unpickler(pickle.Unpickler):
    """A reader that knows no classes but the allowed ones."""

    def find_class(self, module: str, name: str) -> Any:
        """The allowed thing of that name, or a stand-in's class."""
        import torch

        if module == "torch" and isinstance(found := getattr(torch, name, None), torch.dtype):
            return found
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if module in ("copy_reg", "copyreg") and name == "_reconstructor":
            return _reconstructor
        if name in _ALLOWED.get(module, ()):
            return super().find_class(module, name)
        return type("StandIn", (StandIn,), {"name": f"{module}.{name}"})


def _reconstructor(kind: object, base: object, state: object) -> Any:
    """What old pickles make their objects by."""
    return kind() if isinstance(kind, type) and issubclass(kind, StandIn) else StandIn()


def refuse_other_formats(path: Path) -> None:
    """BenchError for what torch wrote and what is no pickle of tensors: a tar of 2016, a TorchScript program."""
    if tarfile.is_tarfile(path):
        raise BenchError(
            f"weights {show(path)} are in torch's format of 2016 (a tar archive), which is not read; load and save them "
            "again where they are trusted"
        )
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, NotImplementedError, ValueError, struct.error):
        return  # no archive, or a damaged one: who reads it says what is wrong
    if any(name.endswith("/constants.pkl") for name in names):
        raise BenchError(
            f"weights {show(path)} are a TorchScript program, not weights; save its state dict where it is trusted: "
            "torch.save(torch.jit.load('x.pt').state_dict(), 'x.pth')"
        )


def read_inert(path: Path) -> Any:
    """The content of a checkpoint of torch's own formats (since 0.1.10), with stand-ins for all that is no plain data.

    Raises:
        BenchError: Another format (see `refuse_other_formats`), or damage.
    """
    import torch

    refuse_other_formats(path)
    module = types.ModuleType("inert")
    module.Unpickler = _Unpickler  # type: ignore[attr-defined]
    module.load = _load  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return torch.load(path, map_location="cpu", weights_only=False, pickle_module=module)
        except Exception as error:  # as in `checkpoints`
            reason = f"{type(error).__name__}: {error}".splitlines()[0].split(". ")[0]
            raise BenchError(f"weights {show(path)} are truncated or no weights file ({reason})") from None


def _load(file: IO[bytes], **options: Any) -> Any:
    return _Unpickler(file, **options).load()


def of_network(content: StandIn) -> dict[str, Tensor]:
    """The state dict of a pickled network, from what its modules remember; empty for anything else."""
    return dict(_tensors(content, ""))


def _tensors(module: StandIn, prefix: str) -> Iterator[tuple[str, Tensor]]:
    import torch

    state = module.state
    passing = state.get("_non_persistent_buffers_set", ())
    for kind in ("_parameters", "_buffers"):
        kept = state.get(kind, {})
        for name, value in kept.items() if isinstance(kept, Mapping) else ():
            if isinstance(value, torch.Tensor) and name not in passing:
                yield f"{prefix}{name}", value
    inner = state.get("_modules", {})
    for name, part in inner.items() if isinstance(inner, Mapping) else ():
        if isinstance(part, StandIn):
            yield from _tensors(part, f"{prefix}{name}.")
