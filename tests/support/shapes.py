"""Shapes of the layers of small networks: fully connected, one layer, convolutional."""

SHAPES = [
    [(6, 5), (4, 6), (3, 4)],
    [(4, 7)],
    [(3, 1, 2, 2), (4, 3, 2, 2), (6, 4 * 3), (2, 6)],
]
