"""Compiled loop over the outputs of one network: all sums over examples in one pass.

In: logits and labels. Out: sums in float64, added example by example.
"""

import numpy as np

from pruning_phases.compiled import compiled


@compiled
def add_outputs(logits, labels, sums, predicted, by_class):
    """Add examples with logits [B, C] float64 and labels [B] to the sums.

    sums: [3], the number of examples whose label has the largest logit (the first of equal ones),
    the sum of -ln p_label, and that of -sum_c p_c ln p_c, where p = softmax(logits). predicted:
    [C], the number of examples for which a class has the largest logit. by_class: [C, C], the sum
    of p over the examples of each label.
    """
    num_classes = logits.shape[1]
    exponentials = np.empty(num_classes)
    for b in range(len(logits)):
        best, label = 0, labels[b]
        for c in range(1, num_classes):
            if logits[b, c] > logits[b, best]:
                best = c
        largest, total, weighted = logits[b, best], 0.0, 0.0
        for c in range(num_classes):
            below = logits[b, c] - largest
            exponentials[c] = np.exp(below)
            total += exponentials[c]
            if exponentials[c] > 0:  # 0 ln 0 = 0
                weighted += exponentials[c] * below
        predicted[best] += 1
        sums[0] += best == label
        sums[1] += np.log(total) + largest - logits[b, label]
        sums[2] += np.log(total) - weighted / total
        for c in range(num_classes):
            by_class[label, c] += exponentials[c] / total
