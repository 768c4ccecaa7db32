"""Compiled loops over the surviving weights of one network: forward, backward, optimizer.

In: arrays. Out: arrays changed in place. Knows no ensemble, no module and no mask.

A batch is worked on in tiles of ``TILE`` examples, the last dimension of the values: a weight works
on numbers side by side, and the compiler knows on how many.

The functions release the interpreter's lock, and each runs on one thread.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pruning_phases.ensemble.compiled import TILE, compiled
from pruning_phases.ensemble.dropout_kernels import derive, drop, keys_of_layers
from pruning_phases.ensemble.tile_kernels import add_products, add_weighted

EXAMPLES_AT_ONCE = 16  # examples whose inputs are gathered together

ADAM, SGD = 0, 1


class Graph(NamedTuple):
    """Surviving weights of one network as a compressed sparse matrix, and its transpose.

    Units are numbered from the inputs to the outputs: first the inputs that a weight looks at, then
    the units of each layer. Unit ``num_inputs + u`` has row u.
    """

    begins: NDArray[np.int64]  # weights into it: begins[u] to begins[u + 1]
    sources: NDArray[np.int32]  # the unit below each weight
    turned_begins: NDArray[np.int64]  # weights out of it, in the order of the transpose
    targets: NDArray[np.int32]  # the unit above each of these
    order: NDArray[np.int64]  # the number of each of these among the weights
    num_inputs: int
    num_outputs: int
    is_read: NDArray[np.bool_]  # a weight looks at it, or it is an output
    layer_of: NDArray[np.int64]
    first_of: NDArray[np.int64]  # row of the first unit of each layer
    width_of: NDArray[np.int64]  # units of each layer


@compiled
def gather(dense, positions, values):
    """Copy the numbers at ``positions`` of a dense array."""
    for k in range(len(positions)):
        values[k] = dense[positions[k]]


@compiled
def scatter(dense, positions, values):
    """Copy numbers back to ``positions`` of a dense array."""
    for k in range(len(positions)):
        dense[positions[k]] = values[k]


@compiled
def gather_inputs(images, levels, rows, columns, values):
    """values[i, b] = images[rows[b], columns[i]], or the level of that number if there are any."""
    for begin in range(0, TILE, EXAMPLES_AT_ONCE):
        for i in range(len(columns)):
            column = columns[i]
            for b in range(begin, begin + EXAMPLES_AT_ONCE):
                if levels is None:
                    values[i, b] = images[rows[b], column]
                else:
                    values[i, b] = levels[images[rows[b], column]]


@compiled
def forward(values, graph, weights, biases, layer_keys, threshold, scale, first):
    """Values of all units but the inputs, for examples from ``first`` on.

    layer_keys: [layers, 2], dropout's streams; threshold: bits below it are dropped, 0 for no
    dropout.
    """
    begins, num_hidden = graph.begins, len(biases) - graph.num_outputs
    for u in range(len(biases)):
        if not graph.is_read[u]:
            continue
        out = values[graph.num_inputs + u]
        for b in range(TILE):
            out[b] = biases[u]
        add_weighted(values, graph.sources, weights, begins[u], begins[u + 1], out)
        if u < num_hidden:
            for b in range(TILE):
                out[b] = np.float32(0.0) if out[b] < 0 else out[b]  # NaN stays
            if threshold > 0:
                layer = graph.layer_of[u]
                low, high = layer_keys[layer, 0], layer_keys[layer, 1]
                unit, width = u - graph.first_of[layer], graph.width_of[layer]
                drop(out, first, unit, low, high, width, threshold, scale)


@compiled
def cross_entropy(logits, labels, count, share, gradient):
    """Sum of the cross-entropies of ``count`` examples, logits [classes, TILE], times ``share``.

    gradient: [classes, TILE], 0 for examples beyond ``count``.
    """
    classes = len(logits)
    total = np.float32(0.0)
    gradient[:] = 0
    for b in range(count):
        largest = logits[0, b]
        for c in range(1, classes):
            largest = max(largest, logits[c, b])
        sum_of_exponentials = np.float32(0.0)
        for c in range(classes):
            gradient[c, b] = np.exp(logits[c, b] - largest)
            sum_of_exponentials += gradient[c, b]
        factor = share / sum_of_exponentials
        for c in range(classes):
            gradient[c, b] *= factor
        gradient[labels[b], b] -= share
        total += np.log(sum_of_exponentials) + largest - logits[labels[b], b]
    return total * share


@compiled
def backward(values, gradients, graph, turned_weights, scale, weight_gradients, bias_gradients):
    """Add to the gradients of weights and biases, from ``gradients`` of the outputs.

    turned_weights: in the order of the transposed matrix.
    """
    begins, turned_begins = graph.begins, graph.turned_begins
    num_hidden = len(bias_gradients) - graph.num_outputs
    for u in range(len(bias_gradients) - 1, -1, -1):
        if not graph.is_read[u]:
            continue
        gradient = gradients[graph.num_inputs + u]
        if u < num_hidden:
            for b in range(TILE):
                gradient[b] = 0
            begin, end = turned_begins[u], turned_begins[u + 1]
            add_weighted(gradients, graph.targets, turned_weights, begin, end, gradient)
            out = values[graph.num_inputs + u]
            for b in range(TILE):
                gradient[b] = gradient[b] * scale if out[b] > 0 else np.float32(0.0)
        total = np.float32(0.0)
        for b in range(TILE):
            total += gradient[b]
        bias_gradients[u] += total
        add_products(values, graph.sources, gradient, begins[u], begins[u + 1], weight_gradients)


@compiled
def adam(weights, gradients, averages, squares, update, options):
    """One update of Adam as torch defines it, for update number ``update``."""
    lr, beta1, beta2, weight_decay, epsilon = options
    step_size = np.float32(lr / (1.0 - beta1**update))
    correction = np.float32(1.0 / np.sqrt(1.0 - beta2**update))
    b1, b2, decay = np.float32(beta1), np.float32(beta2), np.float32(weight_decay)
    rest1, rest2 = np.float32(1.0 - beta1), np.float32(1.0 - beta2)
    small = np.float32(epsilon)
    for k in range(len(weights)):
        gradient = gradients[k] + decay * weights[k]
        averages[k] = b1 * averages[k] + rest1 * gradient
        squares[k] = b2 * squares[k] + rest2 * gradient * gradient
        weights[k] -= step_size * averages[k] / (np.sqrt(squares[k]) * correction + small)


@compiled
def sgd(weights, gradients, momenta, options):
    """One update of SGD as torch defines it; options: lr, momentum, weight decay."""
    lr, momentum = np.float32(options[0]), np.float32(options[1])
    decay = np.float32(options[2])
    for k in range(len(weights)):
        momenta[k] = momentum * momenta[k] + (gradients[k] + decay * weights[k])
        weights[k] -= lr * momenta[k]


@compiled
def train(
    images, levels, labels, rows, columns, graph, weights, biases, states, rule, options,
    first_update, dropout, draws, threshold, scale, values, gradients, weight_gradients,
    bias_gradients, losses,
):  # fmt: skip
    """Update one network once for every row of ``rows`` [updates, batch]; losses [updates].

    images: numbers of the inputs, or with ``levels`` [256] bytes that stand for these numbers.
    states: two arrays for the weights, two for the biases: Adam's averages, or momentum and an
    unused one. dropout: low and high word of the step's key, the numbers of the layers; draws:
    number of the first update's mask.
    """
    num_outputs, order = graph.num_outputs, graph.order
    batch = rows.shape[1]
    share = np.float32(1.0) / np.float32(batch)
    turned_weights = np.empty(len(order), np.float32)
    tile_rows, tile_labels = np.empty(TILE, np.int64), np.empty(TILE, np.int64)
    for i in range(len(rows)):
        mask = derive(dropout[0], dropout[1], draws + i)
        keys = keys_of_layers(mask[0], mask[1], dropout[2])
        gather(weights, order, turned_weights)
        weight_gradients[:] = 0
        bias_gradients[:] = 0
        losses[i] = 0
        for begin in range(0, batch, TILE):
            count = min(TILE, batch - begin)
            for b in range(TILE):  # the last example fills what is left
                tile_rows[b] = rows[i, begin + min(b, count - 1)]
                tile_labels[b] = labels[tile_rows[b]]
            gather_inputs(images, levels, tile_rows, columns, values)
            forward(values, graph, weights, biases, keys, threshold, scale, begin)
            losses[i] += cross_entropy(
                values[-num_outputs:], tile_labels, count, share, gradients[-num_outputs:]
            )
            backward(
                values, gradients, graph, turned_weights, scale, weight_gradients, bias_gradients
            )
        if rule == ADAM:
            adam(weights, weight_gradients, states[0], states[1], first_update + i, options)
            adam(biases, bias_gradients, states[2], states[3], first_update + i, options)
        else:
            sgd(weights, weight_gradients, states[0], options)
            sgd(biases, bias_gradients, states[2], options)


@compiled
def logits(
    images, columns, graph, weights, biases, dropout, threshold, scale, values, result
):  # fmt: skip
    """Outputs [examples, classes] of one network. dropout: low and high word of the mask's key, the
    numbers of the layers; values: [units, TILE]."""
    keys = keys_of_layers(dropout[0], dropout[1], dropout[2])
    num_outputs = graph.num_outputs
    rows = np.empty(TILE, np.int64)
    for begin in range(0, len(images), TILE):
        count = min(TILE, len(images) - begin)
        for b in range(TILE):  # the last example fills what is left
            rows[b] = begin + min(b, count - 1)
        gather_inputs(images, None, rows, columns, values)
        forward(values, graph, weights, biases, keys, threshold, scale, begin)
        result[begin : begin + count] = values[-num_outputs:, :count].T
