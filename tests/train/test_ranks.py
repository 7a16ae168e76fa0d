"""Data-parallel training: two gloo processes on parts of a batch give the whole batch's loss, gradient and training."""

from __future__ import annotations

import pytest
import torch

from forked import start_ranks
from train import trained_on_ranks, two_ranks


@pytest.mark.slow
def test_gradients_of_two_ranks_averaged_are_those_of_the_whole_batch(tmp_path):
    start_ranks(two_ranks.work, tmp_path)
    found = torch.load(tmp_path / "found.pt", weights_only=True)
    whole = two_ranks.gradients(two_ranks.batch(), shares=1)
    for first, name in [(first, name) for first in (64, 30) for name in whole]:
        value, gradient = whole[name]
        torch.testing.assert_close(found[first][name][0], value, rtol=1e-5, atol=0)
        assert (found[first][name][1] - gradient).abs().max() < 1e-5 * gradient.abs().max(), (first, name)


@pytest.mark.slow
def test_a_training_on_two_ranks_is_that_of_one_process_and_any_number_of_ranks_continues_it(tmp_path):
    start_ranks(trained_on_ranks.work, tmp_path)
    found = torch.load(tmp_path / "found.pt", weights_only=True)
    for name in trained_on_ranks.NAMES:
        torch.testing.assert_close(found[name], trained_on_ranks.trained(name), rtol=1e-4, atol=2e-5)
    name = trained_on_ranks.NAMES[0]
    continued = trained_on_ranks.trained(name, tmp_path / "checkpoint.pt")
    torch.testing.assert_close(continued, found[name], rtol=1e-4, atol=2e-5)
