"""Compiled loops over the surviving weights of one network: forward, backward, optimizer.

In: arrays. Out: arrays changed in place. Knows no ensemble, no module and no mask.

A batch is worked on in tiles of ``TILE`` examples, the last dimension of the values: a weight works
on numbers side by side, and the compiler knows on how many.

The functions release the interpreter's lock, and each runs on one thread.
"""

import numpy as np

from pruning_phases.compiled import compiled
from pruning_phases.ensemble.dropout_kernels import drop, keys_of_layers
from pruning_phases.ensemble.tile_kernels import TILE, add_products, add_spread, add_weighted, total
from pruning_phases.stream_kernels import derive

EXAMPLES_AT_ONCE = 16  # examples whose inputs are gathered together

ADAM, SGD = 0, 1


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
def gather_inputs(images, mean, scale, rows, needed, columns, inputs):
    """Set the inputs ``needed`` of a tile, [inputs, TILE], to these columns of images,
    standardized."""
    for begin in range(0, TILE, EXAMPLES_AT_ONCE):
        for i in range(len(needed)):
            into, column = inputs[needed[i]], columns[i]
            for b in range(begin, begin + EXAMPLES_AT_ONCE):
                into[b] = (np.float32(images[rows[b], column]) - mean) * scale


@compiled
def standardize(tile, mean, scale, needed, inputs):
    """Set the inputs ``needed`` [inputs, TILE] to those of a tile, standardized."""
    for i in range(len(needed)):
        row = needed[i]
        for b in range(TILE):
            inputs[row, b] = (np.float32(tile[row, b]) - mean) * scale


@compiled
def forward(
    inputs, values, chosen, sums, graph, weights, biases, layer_keys, threshold, scale, first
):  # fmt: skip
    """Values [units, TILE] of all needed units, from inputs [inputs, TILE].

    first: number of the first example. chosen: [units, TILE], the sum of its window that a unit is,
    where there is pooling. sums: [window, TILE], room. weights: of the edges. layer_keys:
    [layers, 2], dropout's streams; threshold: bits below it are dropped, 0 for no dropout.
    """
    num_layers = len(graph.window)
    for layer in range(num_layers):
        window, first_unit = graph.window[layer], graph.first_unit[layer]
        width = graph.first_unit[layer + 1] - first_unit
        below = values if layer > 0 else inputs
        for unit in range(width):
            u = first_unit + unit
            if not graph.needed[u]:
                continue
            out = values[u]
            bias = biases[graph.first_bias[layer] + unit // graph.units_per_bias[layer]]
            for place in range(window):
                s = graph.first_sum[layer] + unit * window + place
                into = out if window == 1 else sums[place]
                for b in range(TILE):
                    into[b] = bias
                begin, end = graph.begins[s], graph.begins[s + 1]
                add_weighted(below, graph.sources, weights, begin, end, into)
            if window > 1:
                take_largest(sums, window, out, chosen[u])
            if layer < num_layers - 1:
                for b in range(TILE):
                    out[b] = np.float32(0.0) if out[b] < 0 else out[b]  # NaN stays
                if threshold > 0:
                    low, high = layer_keys[layer, 0], layer_keys[layer, 1]
                    drop(out, first, unit, low, high, width, threshold, scale)


@compiled
def take_largest(sums, window, out, chosen):
    """Largest sum of a window, and which one it is: the first of equal ones, as in torch."""
    for b in range(TILE):
        out[b] = sums[0, b]
        chosen[b] = 0
    for place in range(1, window):
        for b in range(TILE):
            is_larger = sums[place, b] > out[b] or sums[place, b] != sums[place, b]
            out[b] = sums[place, b] if is_larger else out[b]
            chosen[b] = place if is_larger else chosen[b]


@compiled
def binary_cross_entropy(logits, labels, count, share, gradient):
    """Sum of ln(1 + exp(-f)) over examples of class 1 and of ln(1 + exp(f)) over those of class 0,
    times ``share``, from logits f [TILE]; gradient [TILE] of the first ``count``."""
    loss, product = np.float32(0.0), np.float32(1.0)
    for b in range(count):
        against = -logits[b] if labels[b] == 1 else logits[b]  # of the wrong class
        decay = np.exp(-abs(against))  # at most 1
        whole = np.float32(1.0) + decay
        loss += max(against, np.float32(0.0))
        product *= whole  # at most 2^TILE, which is within the range of float32
        probability = (np.float32(1.0) if against > 0 else decay) / whole
        gradient[b] = -share * probability if labels[b] == 1 else share * probability
    return (loss + np.log(product)) * share


@compiled
def cross_entropy(logits, labels, count, share, gradient):
    """Sum of the cross-entropies of ``count`` examples, logits [classes, TILE], times ``share``.

    A single logit is that of class 1, and that of class 0 is 0.
    gradient: [classes, TILE], 0 for examples beyond ``count``.
    """
    classes = len(logits)
    loss = np.float32(0.0)
    gradient[:] = 0
    if classes == 1:
        return binary_cross_entropy(logits[0], labels, count, share, gradient[0])
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
        loss += np.log(sum_of_exponentials) + largest - logits[labels[b], b]
    return loss * share


@compiled
def backward(
    inputs, values, gradients, chosen, sums, graph, weights, scale, weight_gradients,
    bias_gradients,
):  # fmt: skip
    """Add to the gradients of weights and biases, from ``gradients`` of the outputs.

    The arguments are those of ``forward``.
    """
    num_layers = len(graph.window)
    for u in range(graph.first_unit[num_layers - 1]):
        if graph.needed[u]:
            for b in range(TILE):
                gradients[u, b] = 0
    for layer in range(num_layers - 1, -1, -1):
        window, first_unit = graph.window[layer], graph.first_unit[layer]
        below = values if layer > 0 else inputs
        for u in range(graph.first_unit[layer + 1] - 1, first_unit - 1, -1):
            if not graph.needed[u]:
                continue
            unit, gradient = u - first_unit, gradients[u]
            if layer < num_layers - 1:
                out = values[u]
                for b in range(TILE):
                    gradient[b] = gradient[b] * scale if out[b] > 0 else np.float32(0.0)
            number = graph.first_bias[layer] + unit // graph.units_per_bias[layer]
            bias_gradients[number] += total(gradient)
            for place in range(window):
                into = gradient if window == 1 else sums[place]
                if window > 1:
                    for b in range(TILE):
                        into[b] = gradient[b] if chosen[u, b] == place else np.float32(0.0)
                s = graph.first_sum[layer] + unit * window + place
                begin, end, sources = graph.begins[s], graph.begins[s + 1], graph.sources
                add_products(below, sources, into, begin, end, graph.weights, weight_gradients)
                if layer > 0:
                    add_spread(gradients, sources, weights, begin, end, into)


@compiled
def adam(weights, gradients, averages, squares, update, rate, options):
    """One update of Adam as torch defines it, for update number ``update``."""
    beta1, beta2, weight_decay, epsilon = options
    step_size = np.float32(rate / (1.0 - beta1**update))
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
def sgd(weights, gradients, momenta, rate, options):
    """One update of SGD as torch defines it; options: momentum, weight decay."""
    lr, momentum, decay = np.float32(rate), np.float32(options[0]), np.float32(options[1])
    for k in range(len(weights)):
        momenta[k] = momentum * momenta[k] + (gradients[k] + decay * weights[k])
        weights[k] -= lr * momenta[k]


@compiled
def train(
    images, mean, image_scale, labels, rows, needed, columns, graph, weights, biases, states, rule,
    options, first_update, rates, dropout, draws, threshold, scale, inputs, values, gradients,
    losses,
):  # fmt: skip
    """Update one network once for every row of ``rows`` [updates, batch]; losses [updates].

    images: rows of numbers; inputs are (number - mean) * image_scale. needed: inputs that the graph
    looks at, columns: where each is in an image. states: two arrays for the weights, two for the
    biases: Adam's averages, or momentum and an unused one. rates: [updates], learning rates.
    dropout: low and high word of the step's key, the numbers of the layers; draws: number of the
    first update's mask. Room: inputs [inputs, TILE], values and gradients [units, TILE].
    """
    num_outputs, batch = graph.num_outputs, rows.shape[1]
    share = np.float32(1.0) / np.float32(batch)
    chosen, sums = room_of_windows(graph)
    weight_gradients, bias_gradients = np.empty_like(weights), np.empty_like(biases)
    edge_weights = np.empty(len(graph.weights), np.float32)
    tile_rows, tile_labels = np.empty(TILE, np.int64), np.empty(TILE, np.int64)
    for i in range(len(rows)):
        mask = derive(dropout[0], dropout[1], draws + i)
        keys = keys_of_layers(mask[0], mask[1], dropout[2])
        gather(weights, graph.weights, edge_weights)
        weight_gradients[:] = 0
        bias_gradients[:] = 0
        losses[i] = 0
        for begin in range(0, batch, TILE):
            count = min(TILE, batch - begin)
            for b in range(TILE):  # the last example fills what is left
                tile_rows[b] = rows[i, begin + min(b, count - 1)]
                tile_labels[b] = labels[tile_rows[b]]
            gather_inputs(images, mean, image_scale, tile_rows, needed, columns, inputs)
            forward(
                inputs, values, chosen, sums, graph, edge_weights, biases, keys, threshold, scale,
                begin,
            )  # fmt: skip
            losses[i] += cross_entropy(
                values[-num_outputs:], tile_labels, count, share, gradients[-num_outputs:]
            )
            backward(
                inputs, values, gradients, chosen, sums, graph, edge_weights, scale,
                weight_gradients, bias_gradients,
            )  # fmt: skip
        if rule == ADAM:
            number = first_update + i
            adam(weights, weight_gradients, states[0], states[1], number, rates[i], options)
            adam(biases, bias_gradients, states[2], states[3], number, rates[i], options)
        else:
            sgd(weights, weight_gradients, states[0], rates[i], options)
            sgd(biases, bias_gradients, states[2], rates[i], options)


@compiled
def room_of_windows(graph):
    """Room for the choices of all units, and for the sums of one; none without pooling."""
    window = graph.window.max()
    units = len(graph.needed) if window > 1 else 0
    return np.empty((units, TILE), np.uint8), np.empty((window, TILE), np.float32)


@compiled
def logits(
    tiles, mean, image_scale, needed, graph, weights, biases, dropout, threshold, scale, inputs,
    values, result,
):  # fmt: skip
    """Outputs [examples, classes] of one network for examples in tiles, [tiles, inputs, TILE].

    inputs are (number of a tile - mean) * image_scale. needed: inputs that the graph looks at.
    dropout: low and high word of the mask's key, the numbers of the layers. inputs: [inputs, TILE],
    values: [units, TILE], room.
    """
    keys = keys_of_layers(dropout[0], dropout[1], dropout[2])
    chosen, sums = room_of_windows(graph)
    edge_weights = np.empty(len(graph.weights), np.float32)
    gather(weights, graph.weights, edge_weights)
    for t in range(len(tiles)):
        begin = t * TILE
        standardize(tiles[t], mean, image_scale, needed, inputs)
        forward(
            inputs, values, chosen, sums, graph, edge_weights, biases, keys, threshold, scale,
            begin,
        )  # fmt: skip
        part = result[begin : begin + TILE]
        part[:] = values[-graph.num_outputs :, : len(part)].T
