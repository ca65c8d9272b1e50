"""One registry for everything that has a name: fusers, datasets, conventions, suites."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from tcmoa_bench.types import BenchError

T = TypeVar("T")

#: How many known names an error lists, and what `tcmoa-bench ls` lists where there are more.
SHOWN = 40
LISTED = ("metric", "fuser")


def unknown(kind: str, name: str, known: Iterable[str]) -> BenchError:
    """An error for a name that is not known, with the nearest ones as a hint."""
    names = sorted(known)
    near = difflib.get_close_matches(name.lower(), [n.lower() for n in names], n=3, cutoff=0.5)
    hint = f"; did you mean {', '.join(near)}?" if near else ""
    listing = ", ".join(names[:SHOWN])
    if len(names) > SHOWN:
        listing = (
            f"{len(names)} names, see `tcmoa-bench ls {kind}s`"
            if kind in LISTED
            else f"{listing} and {len(names) - SHOWN} more"
        )
    return BenchError(
        f"unknown {kind} {name!r}{hint} Known: {listing}"
        if hint
        else f"unknown {kind} {name!r}. Known: {listing}"
    )


class Registry(Mapping[str, T], Generic[T]):
    """Names to things, with aliases, whatever the case; a clash is an error at registration.

    Args:
        kind: What is registered, in the singular, for messages.
    """

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._items: dict[str, T] = {}
        self._names: dict[str, str] = {}

    def add(self, name: str, item: T, aliases: Iterable[str] = ()) -> T:
        """Register `item` under its canonical name and aliases."""
        for spelling in (name, *aliases):
            taken = self._names.setdefault(spelling.lower(), name)
            if taken != name:
                raise ValueError(f"{self.kind} {spelling!r} is already the name of {taken!r}")
        if name in self._items:
            raise ValueError(f"{self.kind} {name!r} is registered twice")
        self._items[name] = item
        return item

    def canonical(self, name: str) -> str:
        """Canonical spelling of a name or alias; BenchError with a hint if there is none."""
        try:
            return self._names[name.lower()]
        except KeyError:
            raise unknown(self.kind, name, self._items) from None

    def __getitem__(self, name: str) -> T:
        return self._items[self.canonical(name)]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)
