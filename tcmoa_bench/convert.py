"""An old checkpoint made a safetensors file: its tensors are kept, all else is named and dropped.

Run as a program (`python -m tcmoa_bench.convert OLD NEW [PART]`), so that a damaged or hostile file can at most end
that process; it prints what it did as JSON.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tcmoa_bench.checkpoints import WHOLES, NoPlainData, file_sha256, read_content, without_wrappers
from tcmoa_bench.images import show
from tcmoa_bench.inert import StandIn, of_network, read_inert, refuse_other_formats
from tcmoa_bench.types import BenchError

if TYPE_CHECKING:
    from torch import Tensor

#: Characters of a dropped value that are shown.
_SHOWN = 60


def convert(old: Path, new: Path, part: str | None = None) -> dict[str, Any]:
    """Write the tensors of a checkpoint as safetensors.

    The state dict is found one or more levels down (`model`, `state_dict`, `params`, ...), and what wrappers put before
    its names (`module.`, `_orig_mod.`) is taken off.

    Args:
        old: A checkpoint of torch's own formats (since 0.1.10) or safetensors, a pickled network among them. What is no
            plain data becomes a stand-in that does nothing (`inert`).
        new: File to write.
        part: Which of several sets of tensors, by its key.

    Returns:
        `part` (keys down to the tensors), `tensors`, `numbers`, `wrappers` (what was taken off the names) and `dropped`
        (a line for each thing that is not in the new file).

    Raises:
        BenchError: The old file is refused or damaged, holds no tensors or several sets, or the new one cannot be
            written.
    """
    from safetensors.torch import save_file

    refuse_other_formats(old)
    try:
        content = read_content(old)
    except NoPlainData:
        content = read_inert(old)
    path, found, dropped = _unwrap(content, old, part)
    bare = without_wrappers(found)
    longest, shortest = next(iter(found), ""), next(iter(bare), "")
    # Tensors that share memory are refused by the format: each gets its own.
    tensors = {name: tensor.detach().contiguous().clone() for name, tensor in bare.items()}
    try:
        save_file(tensors, new, {"format": "pt", "converted_from_sha256": file_sha256(old)})
    except Exception as error:  # the library's own errors, ValueError for sparse tensors, OSError
        raise BenchError(f"cannot write {show(new)}: {error}") from None
    return {
        "part": ".".join(path),
        "tensors": len(tensors),
        "numbers": sum(tensor.numel() for tensor in tensors.values()),
        "wrappers": longest.removesuffix(shortest),
        "dropped": dropped,
    }


def _unwrap(content: Any, file: Path, part: str | None) -> tuple[list[str], dict[str, Tensor], list[str]]:
    """Keys down to the state dict, its tensors, and a line for everything beside them."""
    import torch

    path: list[str] = []
    dropped: list[str] = []
    while True:
        if isinstance(content, StandIn):
            dropped.append(f"{'.'.join(path) or 'the file'}: {content!r}, but for its tensors")
            content = of_network(content)
        if not isinstance(content, Mapping):
            raise BenchError(f"weights {show(file)} hold no tensors by name; a state dict is expected")
        tensors = {str(k): v for k, v in content.items() if isinstance(v, torch.Tensor)}
        if tensors and (part is None or path):
            rest = {k: v for k, v in content.items() if not isinstance(v, torch.Tensor)}
            return path, tensors, dropped + [_line([*path, str(k)], v) for k, v in rest.items()]
        key = _choose(content, file, None if path else part)
        dropped += [_line([*path, str(k)], v) for k, v in content.items() if k != key]
        path.append(str(key))
        content = content[key]


def _choose(content: Mapping[Any, Any], file: Path, part: str | None) -> Any:
    """The key of the set of tensors to go on with."""
    sets = [key for key, value in content.items() if _count(value)]
    names = ", ".join(map(str, sets))
    if part is not None:
        for key in sets:
            if str(key) == part:
                return key
        raise BenchError(
            f"weights {show(file)} have no set of tensors {part!r}; there are: {names or 'none'}"
        )
    for key in WHOLES:
        if key in sets:
            return key
    if len(sets) == 1:
        return sets[0]
    raise BenchError(
        f"weights {show(file)} hold several sets of tensors ({names}); say which with --part"
        if sets
        else f"weights {show(file)} hold no tensors by name; a state dict is expected"
    )


def _count(value: Any) -> int:
    """Number of tensors anywhere in a value."""
    import torch

    if isinstance(value, torch.Tensor):
        return 1
    if isinstance(value, StandIn):
        return len(of_network(value))
    if isinstance(value, Mapping):
        return sum(map(_count, value.values()))
    return sum(map(_count, value)) if isinstance(value, list | tuple) else 0


def _line(path: list[str], value: Any) -> str:
    """What was dropped, in a line."""
    import torch

    name = ".".join(path)
    if isinstance(value, torch.Tensor):
        return f"{name}: a tensor {tuple(value.shape)}"
    if tensors := _count(value):
        return f"{name}: {tensors} tensors and what goes with them"
    facts = vars(value) if isinstance(value, argparse.Namespace) else value
    text = repr(facts).replace("\n", " ")
    return f"{name}: {text if len(text) <= _SHOWN else text[:_SHOWN] + '...'}"


def main() -> None:
    """`python -m tcmoa_bench.convert OLD NEW [PART]`; exit code 2 with the reason on standard error."""
    old, new, *part = sys.argv[1:]
    try:
        print(json.dumps(convert(Path(old), Path(new), *part)))
    except BenchError as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
