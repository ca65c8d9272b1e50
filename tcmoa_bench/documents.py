"""JSON and TOML that somebody else wrote: parsed or refused by name, and plain data put into records by its types."""

from __future__ import annotations

import dataclasses
import json
import math
import tomllib
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from tcmoa_bench.errors import BenchError

T = TypeVar("T")


def parse(data: bytes, where: str, form: Literal["JSON", "TOML"]) -> Any:
    """What a document holds, as plain data.

    Raises:
        BenchError: It is not UTF-8, not of its form, or nested more deeply than any such file is; the text has `where`.
    """
    try:
        text = data.decode("utf-8-sig")
        return json.loads(text) if form == "JSON" else tomllib.loads(text)
    except RecursionError:
        raise BenchError(f"{where} is no valid {form}: it is nested too deeply") from None
    except ValueError as error:  # bytes that are no text and numbers of thousands of digits among them
        raise BenchError(f"{where} is no valid {form}: {error}") from None


def fill(kind: type[T], values: object, where: str) -> T:
    """A record (dataclass) of plain data; lists become tuples.

    Raises:
        ValueError: A field that the record does not have, or a value that is not of its field's type.
    """
    if not isinstance(values, Mapping):
        raise ValueError(f"{where} is a table of values, not {_short(values)}")
    hints = typing.get_type_hints(kind)
    known = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if foreign := sorted(str(key) for key in values if key not in known):
        raise ValueError(
            f"unknown fields in {where}: {', '.join(foreign)}; known: {', '.join(sorted(known))}"
        )
    plain = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    for key, value in plain.items():
        if not _fits(value, hints[key]):
            raise ValueError(f"{key} in {where} is {_name(hints[key])}, not {_short(values[key])}")
    return kind(**plain)


def _fits(value: object, hint: Any) -> bool:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return any(_fits(value, one) for one in inner)
    if origin is tuple:
        if not isinstance(value, tuple):
            return False
        kinds = inner[:1] * len(value) if inner[-1] is Ellipsis else inner
        return len(value) == len(kinds) and all(map(_fits, value, kinds))
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)


def _name(hint: Any) -> str:
    words = {int: "a whole number", float: "a finite number", bool: "true or false", str: "text"}
    if typing.get_origin(hint) is not tuple:
        return words.get(hint, str(getattr(hint, "__name__", hint)))
    kinds = typing.get_args(hint)
    count = "" if kinds[-1] is Ellipsis else f"{len(kinds)} times "
    return f"a list of {count}{_name(kinds[0])}"


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
