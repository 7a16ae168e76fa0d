"""TD-MPC2 files: tensors by episode and row, an action recorded where it led to, and nothing executed."""

from pathlib import Path

import numpy as np
import pytest
import torch

from worldprobe.recordings import UnreadableFile, UnusableData, read_recording


def test_an_action_is_moved_to_the_row_in_which_it_was_taken(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    obs, action = rng.standard_normal((4, 6, 3)).astype(np.float32), rng.standard_normal((4, 6, 2)).astype(np.float32)
    action[:, 0] = np.nan  # of the first row there is none before it
    held = {"obs": torch.tensor(obs), "action": torch.tensor(action), "reward": torch.zeros(4, 6)}
    torch.save(held | {"task": torch.ones(4, 6, dtype=torch.int32)}, tmp_path / "chunk_0.pt")
    r = read_recording(tmp_path / "chunk_0.pt")
    np.testing.assert_array_equal(r.states, obs.reshape(24, 3))
    assert r.episodes.tolist() == [0, 6, 12, 18]
    assert r.actions is not None
    np.testing.assert_array_equal(r.actions.reshape(4, 6, 2)[:, :-1], action[:, 1:])
    assert np.isnan(r.actions.reshape(4, 6, 2)[:, -1]).all()


class Executed:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return Path.touch, (Path("executed"),)


def test_what_would_have_to_be_executed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save({"obs": Executed()}, "chunk_0.pt")
    with pytest.raises(UnreadableFile, match="nothing is executed"):
        read_recording("chunk_0.pt")
    assert not Path("executed").exists()


@pytest.mark.parametrize("held", [{}, {"obs": torch.zeros(3)}, {"obs": torch.zeros(2, 3), "action": torch.zeros(3, 2)}])
def test_tensors_that_are_no_episodes_are_refused(tmp_path: Path, held: dict[str, torch.Tensor]) -> None:
    torch.save(held, tmp_path / "chunk_0.pt")
    with pytest.raises(UnusableData, match="episodes and rows"):
        read_recording(tmp_path / "chunk_0.pt")
