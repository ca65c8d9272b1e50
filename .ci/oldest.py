"""Print pip constraints: each run-time requirement of pyproject.toml, the users' extras too, at its lower bound.

Called by `make test-oldest`.
"""

import re
import sys
import tomllib
from pathlib import Path

#: Extras that users install; tools of development stay at their newest.
EXTRAS = ("cluster", "tasks", "training")


def oldest(project: dict) -> list[str]:
    """`name==bound` for each requirement; a requirement without a lower bound is an error."""
    lines = [
        *project["dependencies"],
        *(line for name in EXTRAS for line in project["optional-dependencies"][name]),
    ]
    found = []
    for line in lines:
        match = re.fullmatch(r"([\w.-]+)>=([\w.]+)(,<[\w.]+)?", line)
        if match is None:
            sys.exit(f"pyproject.toml: {line!r} is not of the form name>=bound or name>=bound,<limit")
        found.append(f"{match[1]}=={match[2]}")
    return found


if __name__ == "__main__":
    settings = tomllib.loads((Path(__file__).parent.parent / "pyproject.toml").read_text("utf-8"))
    print("\n".join(oldest(settings["project"])))
