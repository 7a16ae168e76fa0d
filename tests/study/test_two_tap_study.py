"""A study whose encoder has a projector: both taps are measured, and shown in the summary and the report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.calling import call
from worldprobe.datasets import Store
from worldprobe.errors import InvalidValue
from worldprobe.reports import write_report
from worldprobe.study import Results, load_study, run_study
from worldprobe.study.preflight import preflight


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_both_taps_are_in_results_summary_and_report(settings: dict[str, Any], tmp_path: Path, store: Store) -> None:
    backbone = {"name": "mlp", "width": 32, "depth": 2}
    settings |= {"encoder": {"name": "projected", "backbone": backbone, "features": 12, "hidden": 16}}
    settings["references"] = {"untrained": True, "pixels": True}
    path, out = tmp_path / "toy.yaml", tmp_path / "out"
    path.write_text(yaml.safe_dump(settings), encoding="utf8")
    run_study(load_study(path), out, store=store)
    runs = {run.id: run for run in Results.load(out).runs}
    taps = runs["gaussian__lejepa__seed0"]
    assert taps.backbone is not None
    assert taps.d == 2
    assert taps.backbone.r2 >= taps.recovery.r2 - 0.02  # a linear probe reads twelve features at least as well as two
    assert set(taps.backbone.r2_per_control) == set(taps.recovery.r2_per_control)
    assert runs["canonical__untrained__seed0"].backbone is not None
    assert runs["canonical__pixels__seed0"].backbone is None
    assert "Before and after the projector" in write_report(out).read_text(encoding="utf8")
    printed = " ".join(call("conclude", str(out)).out.split())
    assert f"{taps.backbone.r2:.3f}" in printed


def test_a_batch_in_parts_is_refused_for_batch_normalisation_before_any_work(
    settings: dict[str, Any], tmp_path: Path
) -> None:
    settings |= {"world": {"name": "toy-frames"}, "encoder": "patchify"}
    settings["training"]["accumulate"] = 4
    path = tmp_path / "toy.yaml"
    path.write_text(yaml.safe_dump(settings), encoding="utf8")
    with pytest.raises(InvalidValue, match=r"training.accumulate = 4 .*BatchNorm"):
        preflight([load_study(path)], tmp_path / "out")
