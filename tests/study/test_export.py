"""A run's encoder leaves as ONNX, and comes back through `measure` with the same numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from forked import run_python
from worldprobe.errors import NoResults
from worldprobe.study.export_encoder import export_onnx

# In a process without the tests' type checks, which a tracing exporter would trace.
SCRIPT = """
from pathlib import Path
import numpy as np
import worldprobe as wp
from worldprobe.study import load_study, run_study, study_predictions
from worldprobe.study.export_encoder import export_onnx
from worldprobe.study.trained_network import trained_network
from worldprobe.train import embed
from worldprobe.evaluation.world_subject import of_world

folder = Path.cwd()
study_predictions.FRAMES = 2000
few = ["axes={}", "objectives={lejepa: {lambda: 1e-3}}", "references.pixels=false", "training.steps=3"]
study = load_study("mixings-2d", [*few, "seeds=[0]", "frames=null"], "smoke")
results = run_study(study, folder / "out")
run = next(run for run in results.runs if run.role == "measured")
network, here = trained_network(folder / "out", run.id)
path = export_onnx(folder / "out", run.id, folder / "encoder.onnx")
subject = of_world(here.world, probe=512, test=512)
one = wp.measure(str(path), subject, quick=True).taps["encoder"].values
other = wp.measure(network, subject, quick=True).taps["encoder"].values
assert abs(one["r2"] - other["r2"]) < 1e-5, (one, other)
import onnxruntime
x = subject.frames.read(np.arange(100))
h, z = onnxruntime.InferenceSession(str(path)).run(None, {"observations": x})
np.testing.assert_allclose(h, embed(network, x), atol=1e-4)
assert z.shape == (100, 2)
assert 1 - np.mean((z - subject.z[:100]) ** 2) > run.recovery.r2 - 0.3
print("same", one["r2"])
weights = folder / "out" / "runs" / run.id / "encoder.pt"
whole = weights.read_bytes()
for damaged in (b"garbage", whole[:2000], b"PK"):
    weights.write_bytes(damaged)
    try:
        export_onnx(folder / "out", run.id, path)
    except wp.errors.DamagedData as error:
        print("refused:", error)
"""


def test_an_exported_encoder_measures_the_same(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    done = run_python(SCRIPT, tmp_path)
    assert done.returncode == 0, done.stderr
    assert "same" in done.stdout
    refused = [line for line in done.stdout.splitlines() if line.startswith("refused:")]
    assert len(refused) == 3
    assert "encoder.pt cannot be read (it is no file that torch.save wrote). Delete" in refused[0]
    assert not any("weights_only" in line for line in refused)  # torch's advice, to execute what the file holds


def test_a_folder_without_a_study_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoResults, match=r"no study\.yaml"):
        export_onnx(tmp_path, "gaussian__lejepa__seed0", tmp_path / "encoder.onnx")
