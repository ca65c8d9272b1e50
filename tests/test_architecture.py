"""Who may import whom. A room's modules may import their own room and the rooms named here, and nothing else.

An import inside a function, or for type checkers alone, counts like one at the top. A module that belongs to no room
fails: give it one.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import tcmoa_bench
from tests.test_packaging import folders

GROUND = (
    *(
        "allocator",
        "blocks",
        "checkpoints",
        "convert",
        "damages",
        "decoders",
        "devices",
        "documents",
        "errors",
        "gray",
        "images",
        "inert",
    ),
    *(
        "labels",
        "lists",
        "plugins",
        "processes",
        "recolour",
        "registry",
        "store",
        "tasks",
        "types",
        "version",
    ),
)

#: Room (modules by the start of their name below `tcmoa_bench`, the longest fits) to the rooms it may import.
MAY: dict[str, set[str]] = {
    "ground": set(),
    "datasets": {"ground"},
    "metrics.engine": {"ground"},
    "metrics.formulas": {"ground", "metrics.engine"},
    "metrics.conventions": {"ground", "metrics.engine", "metrics.formulas"},
    "metrics": {"ground", "metrics.engine", "metrics.conventions"},
    "baselines.registry": {"ground"},
    "baselines.kernels": {"ground"},
    "baselines.classical": {"ground", "baselines.registry", "baselines.kernels"},
    "baselines.deep": {"ground", "baselines.registry"},
    "baselines.external": {"ground"},
    "baselines": {"ground", "baselines.registry", "baselines.classical", "baselines.deep"},
    "tcmoa": {"ground"},
    "tcmoa.train": {"ground", "tcmoa"},
    "reports.summary": {"ground"},
    "reports.tables": {"ground", "reports.summary"},
    "reports.figures": {"ground", "reports.summary", "reports.trust"},
    "reports.drift": {"ground", "reports.summary", "reports.tables"},
    "reports.trust": {"ground", "reports.summary", "reports.tables"},
    "reports.board": {"ground", "reports.summary", "reports.tables", "reports.trust"},
    "reports.html": {
        "ground", "reports.summary", "reports.tables", "reports.figures", "reports.drift", "reports.trust", "reports.board",
    },
    "reports": {"ground", "reports.summary", "reports.tables", "reports.html", "reports.drift"},
    "labelled": {"ground", "datasets", "reports.summary", "reports.tables"},
    "run": {
        "ground", "datasets", "metrics", "metrics.engine", "baselines", "baselines.external", "tcmoa",
        "reports", "reports.summary",
    },
    "door": set(),
    "cli": set(),
    "pytest_plugin": set(),
}  # fmt: skip
#: Who stands on everything, and is imported by nobody: the package's own names, the commands, the pytest plug-in.
TOPS = ("door", "cli", "pytest_plugin")
for top in TOPS:
    MAY[top] = MAY.keys() - set(TOPS)
MAY["__main__"] = {"cli"}

#: Public names of the package that are modules, and belong to their rooms.
MODULES = {"baselines", "datasets", "metrics", "run"}

#: Rooms that are not a folder of their own.
ALIASES = {
    **dict.fromkeys(GROUND, "ground"),
    # The package itself, and what stands in its own namespace only.
    **dict.fromkeys(["", *(name for name in tcmoa_bench.__all__ if name not in MODULES)], "door"),
    **dict.fromkeys(
        [
            f"metrics.{m}"
            for m in ("area", "core", "errors", "memo", "names", "primitives", "scene", "settings", "stacks")
        ],
        "metrics.engine",
    ),
    **dict.fromkeys(
        ["reports.statistics", "reports.overall", "reports.resolution", "reports.verdicts"], "reports.summary"
    ),
}


def room(module: str) -> str:
    """The room of `tcmoa_bench.a.b` or of a name in it."""
    parts = module.split(".")[1:] or [""]
    for end in range(len(parts), 0, -1):
        name = ".".join(parts[:end])
        if name in ALIASES or name in MAY:
            return ALIASES.get(name, name)
    raise AssertionError(f"{module} belongs to no room: name it in tests/test_architecture.py")


def modules() -> dict[str, Path]:
    """Import name and file of every module of the package."""
    return {
        name if file.stem == "__init__" else f"{name}.{file.stem}": file
        for name, folder in folders().items()
        for file in folder.glob("*.py")
    }


def imports(source: str) -> Iterator[tuple[int, str]]:
    """Line and full name of what a module of the package takes from the package; relative imports are refused."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from ((node.lineno, name) for name in names if name.startswith(("tcmoa_bench", ".")))


def violations(module: str, source: str) -> list[str]:
    own = room(module)
    found = []
    for line, name in imports(source):
        if name.startswith("."):
            found.append(f"{module}:{line} imports {name} by a relative name")
        elif (other := room(name)) != own and other not in MAY[own]:
            found.append(f"{module}:{line} ({own}) imports {name} ({other})")
    return found


def test_every_module_imports_only_what_its_room_may() -> None:
    found = [text for name, file in modules().items() for text in violations(name, file.read_text("utf-8"))]
    assert found == []


def test_the_rooms_stand_one_above_the_other() -> None:
    TopologicalSorter(MAY).prepare()


def test_no_two_modules_import_each_other() -> None:
    known = modules()
    graph = {
        name: {
            target if target in known else target.rpartition(".")[0]
            for _, target in imports(file.read_text("utf-8"))
        }
        & known.keys()
        for name, file in known.items()
    }
    TopologicalSorter(graph).prepare()


def test_an_upward_import_is_found_even_in_a_function() -> None:
    late = "def f():\n    from tcmoa_bench.metrics import score\n"
    assert violations("tcmoa_bench.tcmoa.fuser", late) == [
        "tcmoa_bench.tcmoa.fuser:2 (tcmoa) imports tcmoa_bench.metrics.score (metrics)"
    ]
    assert violations("tcmoa_bench.run.runner", "from tcmoa_bench.cli import main")
    assert violations("tcmoa_bench.metrics.formulas.ssim", "import tcmoa_bench.metrics.conventions.tang")
    assert violations("tcmoa_bench.types", "from tcmoa_bench.store import RunStore") == []
    assert violations("tcmoa_bench.run.runner", "from tcmoa_bench import score")
    assert violations("tcmoa_bench.images", "import tcmoa_bench")


def test_the_door_opens_nothing_by_itself() -> None:
    code = "import sys, tcmoa_bench; print(*sorted(n for n in sys.modules if n.startswith('tcmoa_bench') or n == 'numpy'))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["tcmoa_bench", "tcmoa_bench.version"]


def test_every_name_of_the_door_is_fetched_and_says_what_it_is() -> None:
    assert sorted({*tcmoa_bench._PLACES, "__version__"}) == sorted(tcmoa_bench.__all__)
    assert set(dir(tcmoa_bench)) >= set(tcmoa_bench.__all__)
    for name in tcmoa_bench.__all__:
        assert getattr(tcmoa_bench, name).__doc__
