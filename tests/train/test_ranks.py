"""Data-parallel training: two gloo processes on parts of a batch give the whole batch's loss and gradient."""

from __future__ import annotations

import pytest
import torch

from forked import start_ranks
from train import two_ranks


@pytest.mark.slow
def test_gradients_of_two_ranks_averaged_are_those_of_the_whole_batch(tmp_path):
    start_ranks(two_ranks.work, tmp_path)
    found = torch.load(tmp_path / "found.pt", weights_only=True)
    whole = two_ranks.gradients(two_ranks.batch(), shares=1)
    for first, name in [(first, name) for first in (64, 30) for name in whole]:
        value, gradient = whole[name]
        torch.testing.assert_close(found[first][name][0], value, rtol=1e-5, atol=0)
        assert (found[first][name][1] - gradient).abs().max() < 1e-5 * gradient.abs().max(), (first, name)
