"""Curvelet fusion (CVT): 5 scales, 16 to 64 angles, real coefficients by local maximum and majority.

Papers: Nencini, Garzelli, Baronti, Alparone, "Remote sensing image fusion using the curvelet transform",
Information Fusion 8(2), 2007; parameters of the toolbox of Liu, Liu, Wang, Information Fusion 24, 2015;
the transform is that of `curvelet_wedges`.
"""

from __future__ import annotations

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from tcmoa_bench.baselines.kernels.colour import Pairs, jointly
from tcmoa_bench.baselines.kernels.curvelet_wedges import Wedge, curvelets
from tcmoa_bench.baselines.kernels.fuser import on_images
from tcmoa_bench.baselines.kernels.numeric import Float64Array
from tcmoa_bench.baselines.kernels.selection import band, select_band
from tcmoa_bench.baselines.kernels.threads import each

#: Frequencies of a plane, one row after the other.
Spectrum = NDArray[np.complex128]


def cvt(planes: list[Float64Array], pairs: Pairs) -> list[Float64Array]:
    """Fuse pairs of planes on 0..255, unrounded; the first of a pair wins ties."""
    shape = planes[0].shape
    transform = curvelets(shape)
    spectra = each(lambda plane: scipy.fft.fft2(plane, norm="ortho").ravel(), planes)
    # Two sums of every second wedge: what is added in which order depends on no number of threads.
    halves = (transform.wedges[::2], transform.wedges[1::2])
    fused = each(lambda wedges: _fuse_wedges(spectra, pairs, wedges), halves)

    def synthesise(pair: tuple[int, int], first: Spectrum, second: Spectrum) -> Float64Array:
        whole = first[: spectra[0].size]
        whole += second[: spectra[0].size]
        first_low, second_low = (spectra[number][transform.coarsest] for number in pair)
        whole[transform.coarsest] += (first_low + second_low) / 2 * transform.low
        return scipy.fft.ifft2(whole.reshape(shape), norm="ortho", overwrite_x=True).real

    return each(lambda parts: synthesise(*parts), zip(pairs, *fused, strict=True))


def _fuse_wedges(spectra: list[Spectrum], pairs: Pairs, wedges: list[Wedge]) -> list[Spectrum]:
    """What some wedges make up of the fused spectra of pairs of planes, the first of which wins ties."""
    beyond = max(wedge.source.size for wedge in wedges)
    fused = [np.zeros(spectra[0].size + beyond, complex) for _ in pairs]
    for wedge in wedges:
        bands = [band(_coefficients(spectrum, wedge)) for spectrum in spectra]
        back = wedge.weight.conj()
        for total, (p, q) in zip(fused, pairs, strict=True):
            wrapped = _wrapped(select_band(bands[q], bands[p]))
            wrapped *= back
            wrapped += total.take(wedge.source, mode="clip")
            total[wedge.source] = wrapped
    return fused


def _coefficients(spectrum: Spectrum, wedge: Wedge) -> Float64Array:
    """Curvelet coefficients of a wedge, `H x W x 2`: real and imaginary parts are those of two curvelets."""
    wrapped = (spectrum.take(wedge.source, mode="clip") * wedge.weight).reshape(wedge.shape)
    return scipy.fft.ifft2(wrapped, norm="ortho", overwrite_x=True).view(float).reshape(*wedge.shape, 2)


def _wrapped(coefficients: Float64Array) -> Spectrum:
    """Back from a wedge's coefficients, which are overwritten, to its frequencies."""
    return scipy.fft.fft2(coefficients.view(complex)[..., 0], norm="ortho", overwrite_x=True).ravel()


build = on_images(jointly(cvt))
