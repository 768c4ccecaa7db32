"""Compiled loops over the surviving weights of one network: forward, backward, optimizer.

In: arrays. Out: arrays changed in place. Knows no ensemble, no module and no mask.

Units are numbered from the inputs to the outputs: first the inputs that a weight looks at, then the
units of each layer. Row u of a compressed sparse matrix lists the surviving weights into unit
``num_inputs + u``: those from ``begins[u]`` to ``begins[u + 1]``, from the units ``sources``. The
batch is the last dimension of the values, so that every weight works on numbers side by side.

The functions release the interpreter's lock, and each runs on one thread.
"""

import numba
import numpy as np

# NaN and infinity keep their meaning: they tell of a training that diverged.
compiled = numba.njit(nogil=True, cache=True, fastmath={"reassoc", "contract", "nsz"})

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
def gather_inputs(images, rows, columns, values):
    """values[i, b] = images[rows[b], columns[i]]."""
    for begin in range(0, len(rows), EXAMPLES_AT_ONCE):
        end = min(begin + EXAMPLES_AT_ONCE, len(rows))
        for i in range(len(columns)):
            column = columns[i]
            for b in range(begin, end):
                values[i, b] = images[rows[b], column]


@compiled
def mix(x):
    """``streams._mix`` on uint32."""
    x = np.uint32(x ^ (x >> np.uint32(16)))
    x = np.uint32(x * np.uint32(0x21F0AAAD))
    x = np.uint32(x ^ (x >> np.uint32(15)))
    x = np.uint32(x * np.uint32(0x735A2D97))
    return np.uint32(x ^ (x >> np.uint32(15)))


@compiled
def random_bits(low, high, counter):
    """``streams.random_bits`` of one key and one counter, on uint32."""
    return mix(np.uint32(mix(np.uint32(counter ^ low)) + high))


@compiled
def drop(values, first, unit, low, high, width, threshold, scale):
    """``PhaseDropout`` of one unit of a layer, for examples from number ``first`` on."""
    for b in range(len(values)):
        counter = np.uint32((first + b) * width + unit)
        bits = random_bits(low, high, counter) & np.uint32(0x7FFFFFFF)
        values[b] = values[b] * scale if bits >= threshold else np.float32(0.0)


@compiled
def weighted_sum(values, begin, end, sources, weights, out):
    """out += sum of weights[k] * values[sources[k]] over k from begin to end."""
    k = begin
    while k + 4 <= end:
        w0, w1, w2, w3 = weights[k], weights[k + 1], weights[k + 2], weights[k + 3]
        x0, x1 = values[sources[k]], values[sources[k + 1]]
        x2, x3 = values[sources[k + 2]], values[sources[k + 3]]
        for b in range(len(out)):
            out[b] += (w0 * x0[b] + w1 * x1[b]) + (w2 * x2[b] + w3 * x3[b])
        k += 4
    while k < end:
        weight, x = weights[k], values[sources[k]]
        for b in range(len(out)):
            out[b] += weight * x[b]
        k += 1


@compiled
def forward(values, network, weights, biases, layer_keys, threshold, scale, first):
    """Values of all units but the inputs, for examples from ``first`` on.

    layer_keys: [layers, 2], dropout's streams; threshold: bits below it are dropped, 0 for no
    dropout.
    """
    begins, sources, num_inputs, num_outputs, is_read, layer_of, first_of, width_of = network
    count = len(begins) - 1
    for u in range(count):
        if not is_read[u]:
            continue
        out = values[num_inputs + u]
        bias = biases[u]
        for b in range(len(out)):
            out[b] = bias
        weighted_sum(values, begins[u], begins[u + 1], sources, weights, out)
        if u < count - num_outputs:
            for b in range(len(out)):
                out[b] = np.float32(0.0) if out[b] < 0 else out[b]  # NaN stays
            if threshold > 0:
                layer = layer_of[u]
                low, high = layer_keys[layer, 0], layer_keys[layer, 1]
                unit, width = u - first_of[layer], width_of[layer]
                drop(out, first, unit, low, high, width, threshold, scale)


@compiled
def cross_entropy(logits, labels, gradient):
    """Mean cross-entropy of a batch, logits [classes, batch], and its gradient."""
    classes, batch = logits.shape
    total = np.float32(0.0)
    share = np.float32(1.0) / np.float32(batch)
    for b in range(batch):
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
def backward(values, gradients, network, weights, scale, weight_gradients, bias_gradients):
    """Gradients of weights and biases, from ``gradients`` of the outputs. Others are 0 at first."""
    begins, sources, num_inputs, num_outputs, is_read, _, _, _ = network
    count = len(begins) - 1
    for u in range(count - 1, -1, -1):
        if not is_read[u]:
            weight_gradients[begins[u] : begins[u + 1]] = 0
            bias_gradients[u] = 0
            continue
        gradient = gradients[num_inputs + u]
        if u < count - num_outputs:
            out = values[num_inputs + u]
            for b in range(len(out)):
                gradient[b] = gradient[b] * scale if out[b] > 0 else np.float32(0.0)
        total = np.float32(0.0)
        for b in range(len(gradient)):
            total += gradient[b]
        bias_gradients[u] = total
        for k in range(begins[u], begins[u + 1]):
            source = sources[k]
            x, total = values[source], np.float32(0.0)
            if source < num_inputs:
                for b in range(len(gradient)):
                    total += gradient[b] * x[b]
            else:
                below, weight = gradients[source], weights[k]
                for b in range(len(gradient)):
                    total += gradient[b] * x[b]
                    below[b] += weight * gradient[b]
            weight_gradients[k] = total


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
    images, labels, rows, columns, network, weights, biases, states, rule, options, first_update,
    dropout, draws, threshold, scale, values, gradients, weight_gradients, bias_gradients, losses,
):  # fmt: skip
    """Update one network once for every row of ``rows`` [updates, batch]; losses [updates].

    states: two arrays for the weights, two for the biases: Adam's averages, or momentum and an
    unused one. dropout: low and high word of the step's key, the numbers of the layers; draws:
    number of the first update's mask.
    """
    num_inputs, num_outputs = network[2], network[3]
    batch_labels = np.empty(rows.shape[1], np.int64)
    for i in range(len(rows)):
        gather_inputs(images, rows[i], columns, values)
        for b in range(rows.shape[1]):
            batch_labels[b] = labels[rows[i, b]]
        mask = derive(dropout[0], dropout[1], draws + i)
        keys = keys_of_layers(mask[0], mask[1], dropout[2])
        forward(values, network, weights, biases, keys, threshold, scale, 0)
        gradients[num_inputs:] = 0
        losses[i] = cross_entropy(values[-num_outputs:], batch_labels, gradients[-num_outputs:])
        backward(values, gradients, network, weights, scale, weight_gradients, bias_gradients)
        if rule == ADAM:
            adam(weights, weight_gradients, states[0], states[1], first_update + i, options)
            adam(biases, bias_gradients, states[2], states[3], first_update + i, options)
        else:
            sgd(weights, weight_gradients, states[0], options)
            sgd(biases, bias_gradients, states[2], options)


@compiled
def logits(
    images, columns, network, weights, biases, dropout, threshold, scale, values, result
):  # fmt: skip
    """Outputs [examples, classes] of one network. dropout: low and high word of the mask's key, the
    numbers of the layers; values: [units, examples at a time]."""
    keys = keys_of_layers(dropout[0], dropout[1], dropout[2])
    num_outputs, at_once = network[3], values.shape[1]
    rows = np.empty(at_once, np.int64)
    for begin in range(0, len(images), at_once):
        count = min(at_once, len(images) - begin)
        for b in range(at_once):  # the last example fills what is left
            rows[b] = begin + min(b, count - 1)
        gather_inputs(images, rows, columns, values)
        forward(values, network, weights, biases, keys, threshold, scale, begin)
        result[begin : begin + count] = values[-num_outputs:, :count].T


@compiled
def keys_of_layers(low, high, numbers):
    """Keys [layers, 2] of dropout's streams: ``derive(key of the mask, number of the layer)``."""
    keys = np.empty((len(numbers), 2), np.uint32)
    for i in range(len(numbers)):
        keys[i] = derive(low, high, numbers[i])
    return keys


@compiled
def derive(low, high, number):
    """``streams.derive`` of one key, on uint32."""
    counter = np.uint32(number * 2)
    key = np.empty(2, np.uint32)
    key[0] = random_bits(low, high, counter)
    key[1] = random_bits(low, high, np.uint32(counter + np.uint32(1)))
    return key
