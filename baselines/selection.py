"""Choice between two sets of multi-scale coefficients by local activity and majority."""

from __future__ import annotations

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

Number = TypeVar("Number", np.float64, np.complex128)


def select(p: NDArray[Number], q: NDArray[Number]) -> NDArray[Number]:
    """Take P or Q at every position: the larger 3x3 maximum, confirmed by a 3x3 majority.

    P is taken where more than 4 of the 9 neighbours have the larger 3x3 maximum of |P|; ties go to Q.
    The magnitudes are mirrored at the sides and zero in the corners, as in the toolbox.

    Args:
        p: Coefficients, `H x W`, real or complex.
        q: Coefficients of the other source, same shape.

    Returns:
        Array of the same shape.

    Source: Li, Manjunath, Mitra, "Multisensor image fusion using the wavelet transform", GMIP 57(3),
        1995, as in Rockinger's toolbox.
    """
    strongest_p, strongest_q = (_window_maximum(np.abs(x)) for x in (p, q))
    wins = (strongest_p > strongest_q).astype(np.uint8)
    votes = cv2.boxFilter(wins, cv2.CV_16S, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
    return np.where(votes[1:-1, 1:-1] > 4, p, q)


def _window_maximum(magnitude: NDArray[np.float64]) -> NDArray[np.float64]:
    """3x3 maximum on the image extended by one pixel."""
    extended = np.pad(magnitude, 1, mode="reflect")
    extended[:: extended.shape[0] - 1, :: extended.shape[1] - 1] = 0
    return cv2.dilate(extended, np.ones((3, 3), np.uint8), borderType=cv2.BORDER_CONSTANT, borderValue=0)
