"""Settings of a metric: keyword-only arguments of the functions that compute it, checked where they enter."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable, Mapping
from functools import cache, wraps
from typing import Any, Literal, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: How a colour image becomes one plane: MATLAB's rgb2gray of uint8 (rounded) or of doubles (not rounded), OpenCV's
#: BGR2GRAY of float32, or Pillow's.
Gray = Literal["bt601-round", "bt601", "opencv", "pillow"]
#: What is made of the channels: the mean of their values, the first one's value, or one wide image's value.
Colour = Literal["mean-rgb", "first", "side-by-side"]
#: The scale that levels are fed in. `uint8` has the values of `0..255`.
Scale = Literal["uint8", "0..255", "0..1"]
#: The number format of a formula's arrays.
Arithmetic = Literal["float32", "float64"]
#: How an image goes on beyond its border (`primitives.BORDERS`).
Border = Literal["zero", "replicate"]

#: What every signature begins with, where it says it; further settings keep the order they are given in.
FIRST = {"gray": 0, "colour": 1, "in": 2}


@cache
def choices(function: Callable[..., object]) -> Mapping[str, tuple[object, ...] | None]:
    """A function's settings: the allowed values of each keyword-only argument, None where any number is allowed."""
    hints = typing.get_type_hints(inspect.unwrap(function))
    return {
        name: _allowed(hints.get(name))
        for name, parameter in inspect.signature(function).parameters.items()
        if parameter.kind is parameter.KEYWORD_ONLY
    }


def _allowed(hint: Any) -> tuple[object, ...] | None:
    if hint is bool:
        return (False, True)
    return typing.get_args(hint) if typing.get_origin(hint) is Literal else None


def required(function: Callable[..., object]) -> set[str]:
    """The settings without a default."""
    parameters = inspect.signature(function).parameters.values()
    return {p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty}


def check(function: Callable[..., object], settings: Mapping[str, object]) -> None:
    """Refuse a value outside a closed choice.

    Raises:
        ValueError: With the allowed values.
    """
    for name, allowed in choices(function).items():
        if allowed is not None and name in settings:
            one_of(name.rstrip("_"), settings[name], allowed)


def one_of(name: str, value: object, allowed: tuple[object, ...]) -> None:
    """Refuse a value that is not allowed.

    Raises:
        ValueError: With the allowed values.
    """
    if value not in allowed:
        words = ", ".join(shown(word) for word in allowed)
        raise ValueError(f"{name} is {value!r}; one of {words} is expected")


def checked(function: Callable[P, T]) -> Callable[P, T]:
    """Decorator: `check` the settings of every call."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        check(function, kwargs)
        return function(*args, **kwargs)

    return call


def facts(settings: Mapping[str, object]) -> dict[str, str]:
    """Settings as a signature shows them, by name without the underscore that keeps off Python's keywords."""
    named = {name.rstrip("_"): shown(value) for name, value in settings.items()}
    return dict(sorted(named.items(), key=lambda fact: FIRST.get(fact[0], len(FIRST))))


def shown(value: object) -> str:
    """A value as a signature shows it: `yes`, `no`, a short number, or the text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
