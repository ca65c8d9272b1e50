"""Which source files a plug-in is made of: its module and what that imports from its own package or folder."""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

#: Folders of installed packages: what lies beside a module there belongs to somebody else.
_INSTALLED = ("site-packages", "dist-packages")


def own_files(module: ModuleType) -> tuple[Path, ...]:
    """Source files of a module and of all that it imports, directly or not, from its own package or folder.

    Imports inside functions count; modules that are imported by a computed name do not.

    Args:
        module: A loaded module; a module without a source file has none.

    Returns:
        The files in order of their paths.
    """
    top = module.__name__.partition(".")[0]
    first = _source(module.__name__)
    if first is None:
        return ()
    lone = "." not in module.__name__ and not hasattr(module, "__path__")
    home = first.parent if lone and first.parent.name not in _INSTALLED else None

    def is_own(name: str, file: Path) -> bool:
        if name.partition(".")[0] == top:
            return True
        return home is not None and home in file.parents and not set(_INSTALLED) & set(file.parts)

    found = {module.__name__: first}
    waiting = [module.__name__]
    while waiting:
        name = waiting.pop()
        for imported in _imports(name, found[name]):
            file = _source(imported) if imported not in found else None
            if file is not None and is_own(imported, file):
                found[imported] = file
                waiting.append(imported)
    return tuple(sorted(set(found.values())))


def _imports(name: str, file: Path) -> Iterator[str]:
    """Names that a module's source imports, with each name's parents: any of them may be a module."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    package = name if file.stem == "__init__" else name.rpartition(".")[0]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            base = ".".join([*parts[: len(parts) - node.level + 1], node.module or ""]).strip(".")
            start = base if node.level else node.module or ""
            names = [start, *(f"{start}.{alias.name}" for alias in node.names)]
        else:
            continue
        for full in names:
            pieces = full.split(".")
            yield from (".".join(pieces[: n + 1]) for n in range(len(pieces)))


def _source(name: str) -> Path | None:
    """The source file of a module, found without importing it; None where it has none or is no module."""
    if name in sys.modules:
        file = getattr(sys.modules[name], "__file__", None)
    elif "." in name and name.rpartition(".")[0] not in sys.modules:
        return None  # to look for it would import its parents
    else:
        try:
            spec = importlib.util.find_spec(name)
        except (ImportError, ValueError, AttributeError):
            return None
        file = spec.origin if spec is not None else None
    return Path(file) if file and file.endswith(".py") and Path(file).is_file() else None
