"""Data-parallel training: gloo processes on parts of a batch give the whole batch's loss, gradient and training."""

from __future__ import annotations

import pytest
import torch

from forked import start_ranks
from train import gradients_on_ranks, trained_on_ranks


@pytest.mark.slow
@pytest.mark.parametrize(("ranks", "work"), [(2, gradients_on_ranks.work), (3, gradients_on_ranks.work_of_three)])
def test_gradients_of_the_ranks_averaged_are_those_of_the_whole_batch(tmp_path, ranks, work):
    start_ranks(work, tmp_path, ranks)
    found = torch.load(tmp_path / f"found{ranks}.pt", weights_only=True)
    whole = gradients_on_ranks.gradients(gradients_on_ranks.batch(), shares=1)
    for shares, losses in found.items():
        for name, (value, gradient) in whole.items():
            torch.testing.assert_close(losses[name][0], value, rtol=1e-5, atol=0)
            assert (losses[name][1] - gradient).abs().max() < 1e-5 * gradient.abs().max(), (shares, name)
    assert found.keys() == {name for name, sizes in gradients_on_ranks.SHARES.items() if len(sizes) == ranks}


@pytest.mark.slow
def test_a_training_on_gradients_on_ranks_is_that_of_one_process_and_any_number_of_ranks_continues_it(tmp_path):
    start_ranks(trained_on_ranks.work, tmp_path)
    found = torch.load(tmp_path / "found.pt", weights_only=True)
    for name in trained_on_ranks.NAMES:
        torch.testing.assert_close(found[name], trained_on_ranks.trained(name), rtol=1e-4, atol=2e-5)
    name = trained_on_ranks.NAMES[0]
    continued = trained_on_ranks.trained(name, tmp_path / "checkpoint.pt")
    torch.testing.assert_close(continued, found[name], rtol=1e-4, atol=2e-5)
