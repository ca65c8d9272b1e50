"""Threads and strips change no result."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from tcmoa_bench.baselines import FUSERS, threads
from tests.baselines.pairs import CLASSICAL, PAIR, textured


@pytest.fixture(autouse=True)
def _threads_put_back() -> Iterator[None]:
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


@pytest.mark.parametrize("name", CLASSICAL)
def test_pixels_do_not_depend_on_the_number_of_threads(name: str) -> None:
    a, b = textured(203, 190, 3), textured(203, 190, 1, seed=1)
    fuser = FUSERS[name].create()
    results = []
    for count in (1, 2, 3):
        cv2.setNumThreads(count)
        results.append(fuser.fuse(a, b, PAIR))
    assert np.array_equal(results[0], results[1])
    assert np.array_equal(results[0], results[2])


def test_strips_cover_every_row_once() -> None:
    shape = (1001, 300)
    rows = np.concatenate([np.arange(shape[0])[strip] for strip in threads.strips(shape)])
    assert np.array_equal(rows, np.arange(shape[0]))
    assert len(threads.strips(shape)) > 2


def test_a_formula_in_strips_is_the_formula() -> None:
    x, y = textured(700, 300).astype(float), textured(700, 300, seed=1).astype(float)
    expected = x / (y + 1) - x
    assert np.array_equal(threads.in_strips(lambda p, q: p / (q + 1) - p, x, y), expected)
    assert threads.in_strips(lambda p, q: p / (q + 1) - p, x, y, out=x) is x
    assert np.array_equal(x, expected)


def test_each_keeps_the_order_and_never_nests_threads() -> None:
    cv2.setNumThreads(2)

    def inner(outer: int) -> set[int]:
        return set(threads.each(lambda _: threading.get_ident(), range(4)))

    assert threads.each(lambda x: x * x, range(5)) == [0, 1, 4, 9, 16]
    assert all(len(idents) == 1 for idents in threads.each(inner, range(4)))
