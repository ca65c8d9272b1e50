"""Values computed once and kept as long as there is room."""

from __future__ import annotations

import inspect
import itertools
import weakref
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from typing import ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
T = TypeVar("T")


class Ledger:
    """What a family of memos keeps within a limit; a dropped value is computed again when it is next asked for.

    The limit decides speed and memory, never a result.

    Args:
        limit: Bytes of arrays to keep.
        first_stays: When full, keep what came first and drop newcomers (right for values that every fused image
            of a pair asks for in the same order: dropping the oldest would drop each just before its next use);
            else drop what was not used for longest.
    """

    def __init__(self, limit: int, first_stays: bool = False) -> None:
        self.limit = limit
        self._first_stays = first_stays
        self._used = 0
        self._entries: OrderedDict[tuple[int, Hashable], tuple[weakref.ref[Memo], int]] = OrderedDict()

    def enter(self, memo: Memo, key: Hashable, value: object) -> None:
        """Note a new value and make room: by dropping it, or the oldest until all fit."""
        size = _bytes(value)
        if not size:
            return
        if self._first_stays and self._used + size > self.limit:
            memo.forget(key)
            return
        self._entries[memo.serial, key] = weakref.ref(memo), size
        self._used += size
        while self._used > self.limit and len(self._entries) > 1:
            (_, oldest), (owner, freed) = self._entries.popitem(last=False)
            self._used -= freed
            living = owner()
            if living is not None:
                living.forget(oldest)

    def touch(self, memo: Memo, key: Hashable) -> None:
        """Note a use."""
        if (memo.serial, key) in self._entries:
            self._entries.move_to_end((memo.serial, key))


def _bytes(value: object) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    return sum(_bytes(part) for part in value) if isinstance(value, (tuple, list)) else 0


_serials = itertools.count()


class Memo:
    """What values computed by `once` functions are kept with.

    Args:
        ledger: Keeps the sizes of its arrays within a limit; none: everything is kept.
    """

    def __init__(self, ledger: Ledger | None = None) -> None:
        self._memo: dict[Hashable, object] = {}
        self.ledger = ledger
        self.serial = next(_serials)

    def keep(self, key: Hashable, compute: Callable[[], T]) -> T:
        """The value under `key`, computed at the first call."""
        if key in self._memo:
            if self.ledger is not None:
                self.ledger.touch(self, key)
            return self._memo[key]  # type: ignore[return-value]
        value = self._memo[key] = compute()
        if self.ledger is not None:
            self.ledger.enter(self, key, value)
        return value

    def forget(self, key: Hashable) -> None:
        """Drop a value."""
        self._memo.pop(key, None)


def once(function: Callable[P, T]) -> Callable[P, T]:
    """Decorator: a function of memos (planes, pictures, a scene) is computed once for the same arguments.

    The value is kept with the last memo among the arguments, so name the fused image last: what joins it with a
    source goes when it goes, and what joins the sources stays for the next fused image. A key knows a memo by its
    number and keeps no image alive. The value must depend on nothing but the arguments, which must be hashable.
    """
    signature = inspect.signature(function)

    @wraps(function)
    def computed(*args: P.args, **kwargs: P.kwargs) -> T:
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        values = bound.arguments.values()
        holder = [value for value in values if isinstance(value, Memo)][-1]
        key = (function, *(f"#{value.serial}" if isinstance(value, Memo) else value for value in values))
        return holder.keep(key, lambda: function(*args, **kwargs))

    return computed
