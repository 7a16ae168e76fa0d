"""A run's encoder as one ONNX file, with the linear probe that reads the controls off it as a second output."""

from __future__ import annotations

import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from worldprobe._util.files import atomic_write
from worldprobe._util.progress import Reporter
from worldprobe.errors import MissingDependency
from worldprobe.study.probed_encoder import probed_encoder
from worldprobe.study.trained_network import trained_network

INPUT, EMBEDDING, CONTROLS = "observations", "embedding", "controls"


class WithProbe(nn.Module):
    """An encoder that also returns the controls as a linear probe reads them, in standard units."""

    def __init__(self, encoder: nn.Module, weights: Tensor, intercept: Tensor) -> None:
        super().__init__()
        self.encoder = encoder
        self.register_buffer("weights", weights)
        self.register_buffer("intercept", intercept)

    def forward(self, observations: Tensor) -> tuple[Tensor, Tensor]:
        """Return embeddings (N, d) and controls (N, n)."""
        h = self.encoder(observations)
        return h, h @ self.weights + self.intercept


def export_onnx(
    folder: Path, run_id: str, target: Path, *, with_probe: bool = True, reporter: Reporter | None = None
) -> Path:
    """Write a finished run's encoder to `target`, whole or not at all, and return that path.

    The input `observations` is what the world shows: uint8 (N, H, W, 3), or float32 (N, m). The outputs are
    `embedding`, and with the probe `controls`, fitted on the study's canonical probe set. Raises as `trained_network`,
    and MissingDependency without the package onnx.
    """
    if with_probe:
        probed = probed_encoder(folder, run_id, reporter=reporter)
        study, probe = probed.study, probed.probe
        weights, intercept = (torch.from_numpy(part).float() for part in (probe.weights, probe.intercept))
        network: nn.Module = WithProbe(probed.network, weights, intercept).eval()
    else:
        network, study = trained_network(folder, run_id)
        network.eval()
    shape = study.observation_shape
    example = torch.zeros(2, *shape, dtype=torch.uint8 if len(shape) == 3 else torch.float32)
    outputs = [EMBEDDING, CONTROLS] if with_probe else [EMBEDDING]
    with atomic_write(target) as aside:
        _write(network, example, outputs, aside)
    return target


def _write(network: nn.Module, example: Tensor, outputs: list[str], path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the tracing exporter is deprecated; the other one needs onnxscript
        try:
            torch.onnx.export(
                network,
                (example,),
                str(path),
                input_names=[INPUT],
                output_names=outputs,
                dynamic_axes={name: {0: "N"} for name in (INPUT, *outputs)},
                dynamo=False,
            )
        except ImportError as error:
            raise MissingDependency("onnx", "exporting an encoder", "pip install 'worldprobe[onnx]'") from error
