"""The GPU's loops against the CPU's, in Triton's interpreter, which needs no GPU."""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

COMPARED = """
import torch
from worldprobe.train import power_sums, power_sums_gpu

for rows, samples, dtype, tolerance in [(5, 700, torch.float32, 2e-4), (2, 130, torch.float64, 1e-12)]:
    angles = torch.randn(rows, samples, dtype=dtype)
    z = angles.cos(), angles.sin()
    error = torch.view_as_complex(torch.randn(rows, 16, 2, dtype=dtype)).conj()
    assert (power_sums.power_sums(*z) - power_sums_gpu.power_sums(*z)).abs().max() < tolerance
    assert (power_sums.slopes(*z, error) - power_sums_gpu.slopes(*z, error)).abs().max() < tolerance
"""


@pytest.mark.skipif(find_spec("triton") is None, reason="needs Triton, which comes with PyTorch for NVIDIA GPUs")
def test_the_loops_for_gpus_are_those_for_cpus():
    subprocess.run([sys.executable, "-c", COMPARED], env=os.environ | {"TRITON_INTERPRET": "1"}, check=True)
