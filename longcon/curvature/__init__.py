"""Curvature of the loss on one minibatch: its Hessian, the gradient-annihilation residual, the smallest eigenvalue."""

from longcon.curvature.full_space import FullHessian
from longcon.curvature.hessian import Hessian
from longcon.curvature.operator import ReducedHessian
from longcon.curvature.residual import Curvature, curvature

__all__ = ["Curvature", "FullHessian", "Hessian", "ReducedHessian", "curvature"]
