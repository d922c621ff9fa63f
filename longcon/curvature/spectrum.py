"""The eigenvalues of a Hessian that are largest in magnitude, and a gradient's components along their vectors.

A small Hessian is decomposed by LAPACK. A larger one is projected onto a block Krylov space that starts from the
gradient and is kept orthogonal to round-off, so that the directions that the gradient has converge first (Golub and
Underwood 1977, "The block Lanczos method for computing eigenvalues"). The residual needs no more: it is the length of
the gradient's projection. A block, rather than one vector, shares the cost of a product and finds multiple eigenvalues.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from longcon.draws import Draws

BLOCK = 16
# The space first tells its figure at this many vectors for each one wanted, then after every so many.
FIRST_LOOK = 3
LOOK_EVERY = 64


@dataclass(frozen=True)
class Spectrum:
    """Eigenvalues of a Hessian without the L2 penalty, and what a gradient has along the eigenvectors.

    Attributes:
        values: float64, m, ascending; all n eigenvalues, or Ritz values.
        components: float64, m; scalar products of the gradient with the unit vectors of the values.
        lowest: float64, n; unit vector of the least value.
    """

    values: Tensor
    components: Tensor
    lowest: Tensor


def dense_spectrum(matrix: Tensor, gradient: Tensor) -> Spectrum:
    """Returns all eigenvalues of the Hessian, float64, n x n, by LAPACK."""
    values, vectors = torch.linalg.eigh(matrix)
    return Spectrum(values, vectors.T @ gradient, vectors[:, 0])


def krylov_spectrum(
    product: Callable[[Tensor], Tensor],
    gradient: Tensor,
    wanted: int,
    figure: Callable[[Spectrum], float],
    tolerance: float,
) -> Spectrum:
    """Returns Ritz values of a block Krylov space that grew until a figure no longer changed.

    Args:
        product: the Hessian times a block of vectors, n x b.
        gradient: float64, n; the vector whose components matter. The space starts from it and from drawn vectors.
        wanted: number of eigenvalues that matter; the space is first looked at with three times as many dimensions.
        figure: what is wanted of the spectrum.
        tolerance: the space stops growing when the figure changed by no more than this, relative to itself, over the
            last 64 dimensions; or when it is the whole space.
    """
    size = len(gradient)
    start = torch.from_numpy(Draws(0, "Krylov start").normal(size, BLOCK)).to(gradient)
    start[:, 0] = gradient
    basis, projected = gradient.new_empty(size, 0), gradient.new_empty(0, 0)
    block = _orthonormal(start[:, :size], basis)
    look, before = FIRST_LOOK * wanted, None
    while True:
        image = product(block)
        held = basis.shape[1]
        basis = torch.cat([basis, block], dim=1)
        coupling = basis.T @ image
        projected = torch.cat([torch.cat([projected, coupling[:held]], dim=1), coupling.T])
        if (dimensions := basis.shape[1]) >= min(look, size):
            values, rotation = torch.linalg.eigh((projected + projected.T) / 2)
            spectrum = Spectrum(values, rotation.T @ (basis.T @ gradient), basis @ rotation[:, 0])
            now = figure(spectrum)
            if dimensions == size or (before is not None and abs(now - before) <= tolerance * now):
                return spectrum
            look, before = dimensions + LOOK_EVERY, now
        block = _orthonormal((image - basis @ coupling)[:, : size - dimensions], basis)


def _orthonormal(block: Tensor, basis: Tensor) -> Tensor:
    """Returns orthonormal columns, orthogonal to the basis, from those of the block, which nearly are.

    Where the block has no direction left, its QR fills in any; so what the basis has of these is taken out after it.
    """
    block = torch.linalg.qr(block)[0]
    columns: Tensor = torch.linalg.qr(block - basis @ (basis.T @ block))[0]
    return columns
