"""Compiled kernels of the layers between: normalisation, thresholds, cross-entropy and the update of vectors."""

from __future__ import annotations

import numpy as np

from longcon.training.portable.jit import kernel
from longcon.training.portable.linear_kernels import adamax
from longcon.training.portable.scalar_kernels import Values, exp_scalar, log_scalar, tree_sum_scalar


@kernel
def normalised(inputs: Values, weight: Values, bias: Values, constants: Values) -> tuple[Values, Values, Values]:
    """Returns LayerNorm's outputs, its normalised inputs and its root of each case.

    ``constants`` are the number of units and epsilon, in the dtype of the inputs.
    """
    cases, units = inputs.shape
    out, normal, roots = np.empty_like(inputs), np.empty_like(inputs), np.empty(cases, inputs.dtype)
    work = np.empty(units, inputs.dtype)
    for case in range(cases):
        mean = tree_sum_scalar(inputs[case]) / constants[0]
        for j in range(units):
            normal[case, j] = inputs[case, j] - mean
            work[j] = normal[case, j] * normal[case, j]
        root = np.sqrt(tree_sum_scalar(work) / constants[0] + constants[1])
        roots[case] = root
        for j in range(units):
            normal[case, j] = normal[case, j] / root
            out[case, j] = normal[case, j] * weight[j] + bias[j]
    return out, normal, roots


@kernel
def norm_gradients(
    gradient: Values, weight: Values, normal: Values, roots: Values, constants: Values
) -> tuple[Values, Values]:
    """Returns the gradient of LayerNorm's inputs, and each case's gradient of its weight."""
    cases, units = gradient.shape
    inputs, of_weight = np.empty_like(gradient), np.empty_like(gradient)
    scaled, work = np.empty(units, gradient.dtype), np.empty(units, gradient.dtype)
    for case in range(cases):
        for j in range(units):
            of_weight[case, j] = gradient[case, j] * normal[case, j]
            scaled[j] = gradient[case, j] * weight[j]
            work[j] = scaled[j] * normal[case, j]
        mean = tree_sum_scalar(scaled) / constants[0]
        share = tree_sum_scalar(work) / constants[0]
        for j in range(units):
            inputs[case, j] = ((scaled[j] - mean) - normal[case, j] * share) / roots[case]
    return inputs, of_weight


@kernel
def shrunk(inputs: Values, constants: Values) -> tuple[Values, Values]:
    """Returns Softshrink's outputs, and where the gradient passes; ``constants`` is the threshold."""
    out, passes = np.empty_like(inputs), np.empty_like(inputs)
    threshold, one = constants[0], constants[1]
    for case in range(inputs.shape[0]):
        for j in range(inputs.shape[1]):
            x = inputs[case, j]
            inner = abs(x) <= threshold
            moved = x - threshold if x > 0 else x + threshold
            out[case, j] = 0 if inner else moved
            passes[case, j] = 0 if inner else one
    return out, passes


@kernel
def rectified(inputs: Values) -> tuple[Values, Values]:
    """Returns ReLU's outputs, and where the gradient passes."""
    out, passes = np.empty_like(inputs), np.empty_like(inputs)
    for case in range(inputs.shape[0]):
        for j in range(inputs.shape[1]):
            low = inputs[case, j] <= 0
            out[case, j] = 0 if low else inputs[case, j]
            passes[case, j] = 0 if low else 1
    return out, passes


@kernel
def passed(gradient: Values, passes: Values) -> Values:
    """Returns the gradient where it passes, else 0."""
    out = np.empty_like(gradient)
    for case in range(gradient.shape[0]):
        for j in range(gradient.shape[1]):
            out[case, j] = gradient[case, j] if passes[case, j] != 0 else 0
    return out


@kernel
def cross_entropies(logits: Values, labels: Values, constants: Values) -> tuple[Values, Values]:
    """Returns each case's cross-entropy and the gradient of their mean; ``constants`` are 1 and the number of cases."""
    cases, classes = logits.shape
    losses, gradient = np.empty(cases, logits.dtype), np.empty_like(logits)
    shifted, powers = np.empty(classes, logits.dtype), np.empty(classes, logits.dtype)
    for case in range(cases):
        largest = logits[case, 0]
        for j in range(1, classes):
            largest = max(largest, logits[case, j])
        for j in range(classes):
            shifted[j] = logits[case, j] - largest
            powers[j] = exp_scalar(np.float64(shifted[j]))
        total = tree_sum_scalar(powers)
        losses[case] = log_scalar(np.float64(total))
        losses[case] = losses[case] - shifted[labels[case]]
        for j in range(classes):
            score = powers[j] / total
            gradient[case, j] = (score - constants[0] if j == labels[case] else score) / constants[1]
    return losses, gradient


@kernel
def update_vector(value: Values, moment: Values, norm: Values, terms: Values, constants: Values) -> float:
    """Updates a vector of parameters from each case's gradient, cases x parameters, summed from the first case on.

    Returns the squared norm of the gradient.
    """
    total = np.empty(len(value), value.dtype)
    square = 0.0
    for j in range(len(total)):
        total[j] = terms[0, j]
        for case in range(1, len(terms)):
            total[j] = total[j] + terms[case, j]
        square += np.float64(total[j]) * np.float64(total[j])
    adamax(value, moment, norm, total, constants)
    return square
