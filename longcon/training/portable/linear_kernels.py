"""A Linear layer's compiled kernels: products, and one pass over weights and moments for everything a step does.

Nearly all parameters stand in the first layer, and a step's time is the time to move them through memory. So they move
once: a chunk of a row of weights takes its gradient, penalty and Adamax step and, still in the first cache, gives its
products with the next minibatch. Weights lie in tiles, chunks x units x chunk length, and cases as chunks x cases x
chunk length, so that memory is read in order and a chunk of all the cases stays in cache for every unit.
"""

from __future__ import annotations

import numpy as np

from longcon.training.portable.jit import kernel
from longcon.training.portable.scalar_kernels import Values, fold, power_of_two


@kernel
def tiled(rows: Values, length: int) -> Values:
    """Returns rows x terms as chunks x rows x ``length``, the last chunk padded with +0."""
    count, terms = rows.shape
    tiles = np.zeros(((terms + length - 1) // length, count, length), rows.dtype)
    for row in range(count):
        for term in range(terms):
            tiles[term // length, row, term % length] = rows[row, term]
    return tiles


@kernel
def _chunk_product(a: Values, b: Values, lanes: Values) -> object:
    """Returns the folded products of two chunks; the first three folds are made in registers, from eight parts."""
    n = len(lanes)
    a0, a1, a2, a3 = a[:n], a[n : 2 * n], a[2 * n : 3 * n], a[3 * n : 4 * n]
    a4, a5, a6, a7 = a[4 * n : 5 * n], a[5 * n : 6 * n], a[6 * n : 7 * n], a[7 * n : 8 * n]
    b0, b1, b2, b3 = b[:n], b[n : 2 * n], b[2 * n : 3 * n], b[3 * n : 4 * n]
    b4, b5, b6, b7 = b[4 * n : 5 * n], b[5 * n : 6 * n], b[6 * n : 7 * n], b[7 * n : 8 * n]
    for j in range(n):
        even = (a0[j] * b0[j] + a4[j] * b4[j]) + (a2[j] * b2[j] + a6[j] * b6[j])
        odd = (a1[j] * b1[j] + a5[j] * b5[j]) + (a3[j] * b3[j] + a7[j] * b7[j])
        lanes[j] = even + odd
    return fold(lanes)


@kernel
def products(weights: Values, cases: Values, start: int, stop: int) -> Values:
    """Returns the products of cases ``start`` to ``stop`` with the weights, chunk by chunk: cases x units x chunks."""
    chunks, units, length = weights.shape
    out = np.empty((stop - start, units, chunks), weights.dtype)
    lanes = np.empty(length // 8, weights.dtype)
    for chunk in range(chunks):
        for unit in range(units):
            for case in range(stop - start):
                out[case, unit, chunk] = _chunk_product(weights[chunk, unit], cases[chunk, start + case], lanes)
    return out


@kernel
def outputs(chunk_values: Values, bias: Values) -> Values:
    """Returns the sum of each unit's chunk values, and the bias: cases x units."""
    cases, units, chunks = chunk_values.shape
    out = np.empty((cases, units), bias.dtype)
    padded = np.empty(power_of_two(chunks), bias.dtype)
    for case in range(cases):
        for unit in range(units):
            for chunk in range(len(padded)):
                padded[chunk] = chunk_values[case, unit, chunk] if chunk < chunks else bias.dtype.type(0)
            out[case, unit] = fold(padded) + bias[unit]
    return out


@kernel
def adamax(value: Values, moment: Values, norm: Values, gradient: Values, constants: Values) -> None:
    """Takes a vector of parameters one step of Adamax on, in place; ``gradient`` is used up.

    ``constants`` are those of `adamax.Constants`, in its order and in the parameters' dtype.
    """
    first, second, epsilon, decay, rate = constants[0], constants[1], constants[2], constants[3], constants[4]
    if decay != 0:
        for j in range(len(value)):
            gradient[j] = gradient[j] + value[j] * decay
    for j in range(len(value)):
        moment[j] = moment[j] + (gradient[j] - moment[j]) * first
        decayed, present = norm[j] * second, abs(gradient[j]) + epsilon
        norm[j] = decayed if decayed > present else present
        value[j] = value[j] - (moment[j] / norm[j]) * rate


@kernel
def pass_over_weights(
    weights: Values,
    moments: Values,
    norms: Values,
    cases: Values,
    start: int,
    gradient: Values,
    following: int,
    following_stop: int,
    constants: Values,
) -> Values:
    """Updates a Linear layer's weight and returns its products with the next minibatch, as `products` does.

    Args:
        weights: chunks x units x length; ``moments`` and ``norms`` likewise.
        cases: chunks x cases x length.
        start: first case of the minibatch.
        gradient: of the outputs, minibatch x units.
        following: first case of the next minibatch.
        following_stop: one past its last case.
        constants: as `adamax` takes them.
    """
    chunks, units, length = weights.shape
    out = np.empty((following_stop - following, units, chunks), weights.dtype)
    lanes, total = np.empty(length // 8, weights.dtype), np.empty(length, weights.dtype)
    for chunk in range(chunks):
        for unit in range(units):
            values, factor = cases[chunk, start], gradient[0, unit]
            for j in range(length):
                total[j] = factor * values[j]
            for case in range(1, len(gradient)):
                values, factor = cases[chunk, start + case], gradient[case, unit]
                for j in range(length):
                    total[j] = total[j] + factor * values[j]
            weight = weights[chunk, unit]
            adamax(weight, moments[chunk, unit], norms[chunk, unit], total, constants)
            for case in range(following_stop - following):
                out[case, unit, chunk] = _chunk_product(weight, cases[chunk, following + case], lanes)
    return out


@kernel
def input_gradient(weights: Values, gradient: Values, inputs: int) -> Values:
    """Returns W^T g, minibatch x ``inputs``: the tree sum over the units, for all inputs of a chunk at a time."""
    chunks, units, length = weights.shape
    group = min(1024, max(8, power_of_two(units)))
    groups = (units + group - 1) // group
    out = np.empty((len(gradient), inputs), weights.dtype)
    terms = np.empty((group, length), weights.dtype)
    totals = np.empty((power_of_two(groups), length), weights.dtype)
    for case in range(len(gradient)):
        for chunk in range(chunks):
            totals[:] = 0
            for number in range(groups):
                for row in range(group):
                    unit = number * group + row
                    if unit < units:
                        factor, weight = gradient[case, unit], weights[chunk, unit]
                        for j in range(length):
                            terms[row, j] = factor * weight[j]
                    else:
                        terms[row, :] = 0
                _fold_rows(terms)
                totals[number, :] = terms[0]
            _fold_rows(totals)
            for j in range(min(length, inputs - chunk * length)):
                out[case, chunk * length + j] = totals[0, j]
    return out


@kernel
def _fold_rows(values: Values) -> None:
    half = len(values) // 2
    while half > 0:
        for row in range(half):
            first, second = values[row], values[half + row]
            for j in range(values.shape[1]):
                first[j] = first[j] + second[j]
        half //= 2
