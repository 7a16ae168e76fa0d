"""Threads: they wait without spinning unless the user says otherwise, and their number is the user's."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress

import numpy as np
import pytest
import torch

from worldprobe._util.threads import SETTINGS, torchs_threads, wait_passively
from worldprobe.train import ENCODERS, OBJECTIVES, PairData, TrainingSettings, train


def test_importing_the_package_lets_waiting_threads_sleep() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    script = "import os, sys, worldprobe; print(os.environ['OMP_WAIT_POLICY'], 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["PASSIVE", "False"]


@pytest.mark.parametrize("setting", SETTINGS)
def test_what_the_user_has_settled_stays(setting: str) -> None:
    environment = {setting: "whatever"}
    wait_passively(environment)
    assert environment == {setting: "whatever"}


@pytest.mark.slow
def test_compiled_loops_leave_the_number_of_torchs_threads_alone() -> None:
    script = (
        "import torch; torch.set_num_threads(1)\n"
        "from worldprobe.train import power_sums\n"
        "angles = torch.rand(8, 64)\n"
        "power_sums.power_sums(angles.cos(), angles.sin())\n"
        "print(torch.get_num_threads())"
    )
    environment = os.environ | {"OMP_NUM_THREADS": "2", "NUMBA_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"


def test_a_training_has_threads_of_its_own_and_gives_them_back() -> None:
    before = torch.get_num_threads()
    with suppress(KeyError), torchs_threads(before + 1):
        assert torch.get_num_threads() == before + 1
        raise KeyError
    assert torch.get_num_threads() == before
    with torchs_threads(None):
        assert torch.get_num_threads() == before


@pytest.mark.slow
def test_a_training_gives_the_same_bits_on_any_number_of_cores() -> None:
    frames = np.random.default_rng(0).integers(0, 256, (600, 32, 32, 3), dtype=np.uint8)
    data = PairData(frames, np.arange(600).reshape(300, 2))
    found = []
    for threads in (1, 2, 3):
        with torchs_threads(threads):
            encoder = ENCODERS["patchify"]().build((32, 32, 3), 3, 0)
            train(encoder, OBJECTIVES["lejepa"](), data, TrainingSettings(steps=4), 0)
        found.append(torch.cat([parameter.detach().flatten() for parameter in encoder.parameters()]))
    assert torch.equal(found[0], found[1])
    assert torch.equal(found[0], found[2])
