"""A run's encoder with the linear probe that reads the controls from its embedding, as the study fits it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Shaped
from torch import nn

from worldprobe._util.progress import Reporter, SilentReporter
from worldprobe.datasets import Dataset, Store, specify
from worldprobe.measures.probes import LinearProbe, fit_probe
from worldprobe.study.schema import Study
from worldprobe.study.trained_network import trained_network
from worldprobe.train import embed


@dataclass(frozen=True)
class ProbedEncoder:
    """An encoder, its probe fitted on the study's probe set, and the study as it was for that run."""

    network: nn.Module
    probe: LinearProbe
    study: Study

    def __call__(self, observations: Shaped[np.ndarray, "N ..."]) -> Float[np.ndarray, "N n"]:
        """Return the controls, in standard units, that the probe reads from the embeddings of observations."""
        return self.probe(self.encode(observations))

    def encode(self, observations: Shaped[np.ndarray, "N ..."]) -> Float[np.ndarray, "N d"]:
        """Return the embeddings of observations."""
        return embed(self.network, observations)


def probed_encoder(folder: Path, run_id: str, *, reporter: Reporter | None = None) -> ProbedEncoder:
    """Return a finished run's encoder with its probe; raises as `trained_network`."""
    network, study = trained_network(folder, run_id)
    network.eval()
    with study.test_source:
        data = _probe_set(study, reporter or SilentReporter())
    return ProbedEncoder(network, fit_probe(embed(network, data.frames()), data.controls), study)


def _probe_set(study: Study, reporter: Reporter) -> Dataset:
    store, spec = Store(), specify(study.test_source, "probe", study.probe_frames, study.canonical_seed)
    with reporter.task("rendering canonical probe", store.missing(spec), "frames") as advance:
        return store.ensure(spec, progress=advance)
