"""Choice between two sets of multi-scale coefficients by local activity and majority."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

#: Pixels around one that decide whether it is selected: those of a 3x3 maximum and of a 3x3 majority.
CONTEXT = 2

Number = TypeVar("Number", np.float64, np.complex128)


@dataclass(frozen=True)
class Band(Generic[Number]):
    """Coefficients of one source, `H x W`, and the largest magnitude around each."""

    values: NDArray[Number]
    strongest: NDArray[np.float64]


def band(values: NDArray[Number]) -> Band[Number]:
    """A band ready for `select_band`; a source that is fused more than once is prepared once.

    The magnitudes are mirrored at the sides and zero in the corners, as in the toolbox.
    """
    return Band(values, _window_maximum(np.abs(values)))


def select(p: NDArray[Number], q: NDArray[Number]) -> NDArray[Number]:
    """`select_band` of coefficients as they are."""
    return select_band(band(p), band(q))


def select_band(p: Band[Number], q: Band[Number]) -> NDArray[Number]:
    """Take P or Q at every position: the larger 3x3 maximum, confirmed by a 3x3 majority.

    P is taken where more than 4 of the 9 neighbours have the larger 3x3 maximum of |P|; ties go to Q.

    Args:
        p: Coefficients, `H x W`, real or complex.
        q: Coefficients of the other source, same shape.

    Returns:
        Array of the same shape.

    Source: Li, Manjunath, Mitra, "Multisensor image fusion using the wavelet transform", GMIP 57(3),
        1995, as in Rockinger's toolbox.
    """
    wins = (p.strongest > q.strongest).view(np.uint8)
    votes = cv2.boxFilter(wins, cv2.CV_16S, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.where(votes[1:-1, 1:-1] > 4, p.values, q.values)


def _window_maximum(magnitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """3x3 maximum on the image extended by one pixel."""
    extended = cv2.copyMakeBorder(magnitude, 1, 1, 1, 1, cv2.BORDER_REFLECT_101)
    extended[:: extended.shape[0] - 1, :: extended.shape[1] - 1] = 0
    return cv2.dilate(extended, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
