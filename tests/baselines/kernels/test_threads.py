"""Threads and strips change no result."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import cv2
import numpy as np
import pytest

from tcmoa_bench.baselines import FUSERS
from tcmoa_bench.baselines.kernels import threads
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
    shape = (2001, 300)
    rows = np.concatenate([np.arange(shape[0])[strip] for strip in threads.strips(shape)])
    assert np.array_equal(rows, np.arange(shape[0]))
    assert len(threads.strips(shape)) > 2


def test_a_formula_in_strips_is_the_formula() -> None:
    x, y = textured(900, 300).astype(float), textured(900, 300, seed=1).astype(float)
    expected = x / (y + 1) - x
    assert np.array_equal(threads.in_strips(lambda p, q: p / (q + 1) - p, x, y), expected)
    assert threads.in_strips(lambda p, q: p / (q + 1) - p, x, y, out=x) is x
    assert np.array_equal(x, expected)


def test_each_keeps_the_order_and_passes_errors_on() -> None:
    cv2.setNumThreads(2)
    assert threads.each(lambda x: x * x, range(5)) == [0, 1, 4, 9, 16]
    assert threads.each(lambda x: x, []) == []
    for _ in range(3):  # an error gives the helper back
        with pytest.raises(ZeroDivisionError):
            threads.each(lambda x: 1 / (x - 3), range(5))
    assert threads._helping == 0


@pytest.mark.parametrize("count", [1, 2, 3])
def test_calls_inside_each_other_share_the_threads(count: int) -> None:
    cv2.setNumThreads(count)
    lock, running, most = threading.Lock(), 0, 0

    def leaf(_: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.002)
        with lock:
            running -= 1

    threads.each(lambda _: threads.each(leaf, range(6)), range(3))
    assert most == count
