"""Code from outside: `module:name` as a user writes it, or an installed entry point."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

from tcmoa_bench.types import BenchError


def load(spec: str, example: str) -> Any:
    """What `module:name` names; modules in the current directory are found.

    Args:
        spec: Such as `my_network:fuse`; the name may have dots.
        example: What an error shows for the form.

    Raises:
        BenchError: The module cannot be imported, or has no such name.
    """
    module_name, _, attribute = spec.partition(":")
    if not module_name or not attribute:
        raise BenchError(f"{spec!r} is no plug-in; write {example}")
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    importlib.invalidate_caches()  # the module may be younger than Python's view of its folder
    try:
        target: Any = importlib.import_module(module_name)
        for part in attribute.split("."):
            target = getattr(target, part)
    except AttributeError:
        raise BenchError(f"plug-in {spec}: module {module_name} has no {attribute!r}") from None
    except SystemExit:
        raise BenchError(
            f"plug-in {spec}: {module_name} ends the program when it is imported; put its main part under "
            "`if __name__ == '__main__':`"
        ) from None
    except Exception as error:
        raise BenchError(f"plug-in {spec}: {type(error).__name__}: {error}") from error
    return target


def load_group(group: str, take: Callable[[Any, str], object]) -> tuple[str, ...]:
    """Hand every installed entry point of a group, with its `module:name`, to `take`, in order of their names.

    Returns:
        A line for each that could not be loaded or taken.
    """
    problems = []
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        try:
            take(point.load(), point.value)
        except BenchError as error:
            problems.append(f"entry point {point.name}: {error}")
        except Exception as error:
            problems.append(f"plug-in {point.name} ({point.value}): {type(error).__name__}: {error}")
    return tuple(problems)
