"""Threads: they wait without spinning unless the user says otherwise, and their number is the user's."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from worldprobe._util.threads import SETTINGS, wait_passively


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
