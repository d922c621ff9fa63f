"""The gradient-annihilation residual and the bound of the smallest eigenvalue (paper, Section IV-G).

Round-off e moves the parameters, and with them the gradient, by H e; where the gradient lies in the span of the
singular vectors that the Hessian magnifies most, it can be annihilated (equations 2 to 5). The paper's measure is
|U^T g| with the 64 largest singular values' vectors U. H is symmetric, so these are eigenvectors in descending order of
|eigenvalue|.

The L2 penalty adds lambda I to the Hessian and lambda P to the gradient. On the dimensions that the exact reduction
leaves out, the Hessian is lambda I and nothing else: an eigenvalue of a multiplicity of millions, of which no single
eigenvector is determined. So U takes the vectors of one singular value, to 1e-10 of the largest, all together or not at
all: it holds the first j <= 64 where j is the largest number at which the j-th singular value stands above the next.
Where fewer than 64 stand above lambda, U holds these; without a penalty, those that are not zero. Only where all
vectors of lambda find room too, as in a network of no more than 64 parameters, do they and the smaller ones count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from longcon.curvature.full_space import FullHessian
from longcon.curvature.hessian import Hessian, Loss
from longcon.curvature.operator import ReducedHessian
from longcon.curvature.spectrum import Spectrum, dense_spectrum, krylov_spectrum
from longcon.errors import LongconError

# Singular values closer than this, relative to the largest, count as one: far above round-off, far below what differs.
TIE = 1e-10
# Up to so many coordinates a decomposition by LAPACK is as fast as a Krylov space, and exact.
LAPACK_SIZE = 500
# Relative change of the residual at which the Krylov space stops growing; docs/curvature.md has the errors that remain.
SETTLED = 1e-4


@dataclass(frozen=True)
class Curvature:
    """What the Hessian and the gradient of one minibatch say at one state, the L2 penalty included.

    Attributes:
        residual: |U^T g|, in units of the gradient (loss per unit of a parameter), at most ``gradient_norm``.
        gradient_norm: |g|, the same units.
        smallest: v^T H v of a unit vector v, an upper bound of the smallest eigenvalue, in loss per squared unit of a
            parameter.
        smallest_error: |H v - smallest v|; an eigenvalue lies within this of ``smallest``. Same units.
        largest: largest |eigenvalue|, same units; from a Krylov space, a lower bound of it.
        vectors: number of columns of U.
        coordinates: dimension of the space in which the Hessian was decomposed.
    """

    residual: float
    gradient_norm: float
    smallest: float
    smallest_error: float
    largest: float
    vectors: int
    coordinates: int


def curvature(
    model: nn.Module,
    inputs: Tensor,
    labels: Tensor,
    weight_decay: float,
    *,
    vectors: int = 64,
    loss: Loss = nn.functional.cross_entropy,
) -> Curvature:
    """Returns the residual and the extreme eigenvalues on one minibatch (Breuer, Furtado, Orr, Section IV-G).

    A Sequential whose first module is Linear goes through the exact reduction; any other model through curvlinops, in
    the full space. All of it is float64: float32 parameters are taken as the numbers that they are. The model is not
    modified. Up to 500 coordinates the decomposition is LAPACK's; beyond, a block Krylov space grows until the residual
    changed by less than 1e-4 of itself over its last 64 dimensions.

    Args:
        model: float32 or float64; its modules map equal inputs to equal outputs.
        inputs: k x features, the minibatch.
        labels: what ``loss`` compares with; k class indices for the cross-entropy.
        weight_decay: lambda of the penalty lambda/2 |P|^2 on all parameters, as torch's optimisers apply it.
        vectors: at most how many columns U has; the paper's 64.
        loss: the loss of outputs and labels, a scalar.

    Raises:
        LongconError: the loss has no finite derivatives here, or curvlinops is needed and not installed.
    """
    hessian = _hessian(model, inputs, labels, loss)
    gradient = hessian.gradient + weight_decay * hessian.position
    if not gradient.isfinite().all():
        raise LongconError(
            "The loss's gradient on this minibatch is not finite: lower the learning rate, or look for overflow in the "
            "measurements."
        )
    outside = hessian.parameters - hessian.size
    # What the penalty's gradient has outside of the coordinates; the loss's has nothing there.
    rest = 0.0
    if weight_decay != 0 and outside:
        rest = max(0.0, weight_decay**2 * (hessian.squared_norm() - float(hessian.position.square().sum())))

    def figure(spectrum: Spectrum) -> tuple[float, int]:
        return _residual(spectrum, weight_decay, outside, rest, vectors)

    if hessian.size <= LAPACK_SIZE:
        spectrum = dense_spectrum(hessian.dense(), gradient)
    else:
        spectrum = krylov_spectrum(hessian.block_product, gradient, vectors, lambda at: figure(at)[0], SETTLED)
    residual, columns = figure(spectrum)
    magnitudes = (spectrum.values + weight_decay).abs()
    smallest, error = _smallest(hessian, spectrum, outside)
    return Curvature(
        residual=residual,
        gradient_norm=math.sqrt(float(gradient.square().sum()) + rest),
        smallest=smallest + weight_decay,
        smallest_error=error,
        largest=max(float(magnitudes.max()), abs(weight_decay) if outside else 0.0),
        vectors=columns,
        coordinates=hessian.size,
    )


def _hessian(model: nn.Module, inputs: Tensor, labels: Tensor, loss: Loss) -> Hessian:
    """Returns the loss's Hessian in as few coordinates as the model allows."""
    named = list(model.named_parameters(remove_duplicate=False))
    shared = len(named) > len({id(parameter) for _, parameter in named})
    begins = isinstance(model, nn.Sequential) and len(model) > 0 and type(model[0]) is nn.Linear
    if isinstance(model, nn.Sequential) and begins and inputs.ndim == 2 and not shared:
        return ReducedHessian(model, inputs, labels, loss)
    return FullHessian(model, inputs, labels, loss)


def _residual(spectrum: Spectrum, weight_decay: float, outside: int, rest: float, vectors: int) -> tuple[float, int]:
    """Returns |U^T g| and the number of columns of U.

    Args:
        spectrum: of the loss's Hessian.
        weight_decay: lambda.
        outside: number of dimensions without a coordinate, whose singular value is lambda.
        rest: squared length of the gradient there.
        vectors: at most how many columns.
    """
    magnitudes = (spectrum.values + weight_decay).abs()
    level = magnitudes.new_full((min(outside, vectors + 1),), abs(weight_decay))
    merged = torch.cat([magnitudes, level]).sort(descending=True).values
    if len(merged) <= vectors:
        return math.sqrt(float(spectrum.components.square().sum()) + rest), len(merged)
    above = merged[:vectors] - merged[1 : vectors + 1] > TIE * merged[0]
    columns = int(above.nonzero().max()) + 1 if above.any() else 0
    if not columns:
        return 0.0, 0
    least = merged[columns - 1]
    squared = float(spectrum.components[magnitudes >= least].square().sum())
    return math.sqrt(squared + (rest if outside and abs(weight_decay) >= least else 0.0)), columns


def _smallest(hessian: Hessian, spectrum: Spectrum, outside: int) -> tuple[float, float]:
    """Returns a Rayleigh quotient of the loss's Hessian near its smallest eigenvalue, and the quotient's error."""
    vector = spectrum.lowest[:, None]
    image = hessian.block_product(vector)
    quotient = float((vector * image).sum() / vector.square().sum())
    if outside and quotient > 0:
        # Zero is an eigenvalue wherever a dimension has no coordinate.
        return 0.0, 0.0
    return quotient, float((image - quotient * vector).norm())
