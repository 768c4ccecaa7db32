"""Early stopping, replica by replica."""

import numpy as np

from pruning_phases.ensemble.data_order import updates_per_epoch
from pruning_phases.training.plateau import Plateau


def test_each_replica_stops_by_itself_and_stays_stopped():
    plateau = Plateau.begin(patience=2, min_delta=0.0, num_replicas=3)
    losses = np.array([[5, 4, 3, 2, 1], [5, 6, 7, 1, 1], [5, 4, 5, 5, 3.0]]).T
    improved = [plateau.report(loss).tolist() for loss in losses]
    assert improved == [
        [True, True, True], [True, False, True], [True, False, False], [True, False, False],
        [True, False, False],
    ]  # fmt: skip
    assert plateau.stopped.tolist() == [False, True, True]
    assert plateau.best.tolist() == [1, 5, 4]


def test_an_improvement_is_relative():
    plateau = Plateau.begin(patience=1, min_delta=0.1, num_replicas=2)
    plateau.report(np.array([1.0, 1.0]))
    assert plateau.report(np.array([0.89, 0.91])).tolist() == [True, False]
    assert plateau.stopped.tolist() == [False, True]


def test_no_replica_stops_before_it_may():
    plateau = Plateau.begin(patience=2, min_delta=0.0, num_replicas=2)
    for loss, may_stop in (([5, 5], False), ([6, 6], False), ([7, 7], False), ([4, 8], True)):
        assert not plateau.stopped.any()
        plateau.report(np.array(loss), may_stop)
    assert plateau.stopped.tolist() == [False, True] and plateau.best.tolist() == [4, 5]


def test_an_epoch_is_as_many_full_batches_as_hold_all_examples():
    assert [updates_per_epoch(n, 64) for n in (1, 64, 65, 128)] == [1, 1, 2, 2]
