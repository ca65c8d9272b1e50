"""Curvelet fusion (CVT): 5 scales, 16 to 64 angles, real coefficients by local maximum and majority.

Papers: Nencini, Garzelli, Baronti, Alparone, "Remote sensing image fusion using the curvelet transform",
Information Fusion 8(2), 2007; parameters of the toolbox of Liu, Liu, Wang, Information Fusion 24, 2015;
the transform is that of `curvelet_wedges`.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from tcmoa_bench.baselines.colour import Plane
from tcmoa_bench.baselines.curvelet_wedges import Scale, curvelet_scales, outermost, periodic
from tcmoa_bench.baselines.kernel import on_planes
from tcmoa_bench.baselines.selection import select

Spectrum = NDArray[np.complex128]
_PLANE = (-2, -1)


def cvt(a: Plane, b: Plane) -> Plane:
    """Fuse two planes on 0..255, unrounded."""
    rows, columns = (periodic(n) for n in a.shape)
    origin_in_centre = scipy.fft.ifftshift(np.stack([b, a]), axes=_PLANE)
    both = scipy.fft.fft2(origin_in_centre, norm="ortho")[:, rows[:, None], columns]
    edge = outermost(a.shape)
    both *= edge
    fused = _fuse(both, curvelet_scales(a.shape)) * edge
    folded = np.zeros(a.shape, complex)
    np.add.at(folded, (rows[:, None], columns), fused)
    return scipy.fft.fftshift(scipy.fft.ifft2(folded, norm="ortho").real)


def _fuse(both: Spectrum, scales: tuple[Scale, ...]) -> Spectrum:
    """Fuse two spectra (zero frequency in the middle) from the first of the scales downwards."""
    if not scales:
        return both.mean(axis=0)
    scale, *coarser = scales
    low = both[:, *scale.inner] * scale.low
    both[:, *scale.inner] *= scale.high
    fused = _fuse_wedges(both, scale)
    fused[scale.inner] *= scale.high
    fused[scale.inner] += _fuse(low, tuple(coarser)) * scale.low
    return fused


def _fuse_wedges(both: Spectrum, scale: Scale) -> Spectrum:
    """Fuse the coefficients of half the plane's wedges; their doubled sum has the whole's real part."""
    flat = both.reshape(2, -1)
    fused = np.zeros(flat.shape[1], complex)
    for wedge in scale.wedges:
        spectra = np.zeros((2, *wedge.shape), complex)
        spectra.reshape(2, -1)[:, wedge.wrapped] = flat[:, wedge.source] * wedge.weight
        p, q = scipy.fft.fftshift(scipy.fft.ifft2(spectra, norm="ortho", overwrite_x=True), axes=_PLANE)
        chosen = select(p.real, q.real) + 1j * select(p.imag, q.imag)
        spectrum = scipy.fft.fft2(scipy.fft.ifftshift(chosen), norm="ortho").ravel()
        fused[wedge.source] += spectrum[wedge.wrapped] * (2 * wedge.weight)
    return fused.reshape(both.shape[1:])


build = on_planes(cvt)
