"""An encoder on a world's canonical set: the probe never sees the test set, and the page holds every part."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import worldprobe as wp
from toy import ToyWorld
from worldprobe.evaluation.measurement_folder import save_measurement
from worldprobe.evaluation.world_subject import of_world


@pytest.fixture
def subject(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    monkeypatch.setenv("WORLDPROBE_CACHE", str(tmp_path / "cache"))
    if "toy-frames" not in wp.worlds:
        wp.worlds.register("toy-frames")(ToyWorld)
    return of_world(ToyWorld(), probe=600, test=400)


def column_and_row_means(frames: np.ndarray) -> np.ndarray:
    """The brightness of every column and row, which moves with the blob."""
    light = frames.mean(axis=3, dtype=np.float64)
    return np.concatenate([light.mean(axis=1), light.mean(axis=2)], axis=1)


@pytest.mark.slow
def test_a_function_is_measured_on_a_world(subject: object, tmp_path: Path) -> None:
    found = wp.measure(column_and_row_means, subject)
    content = found.to_json()
    assert content["taps"]["encoder"]["r2"] > 0.5
    assert content["predicted"]["refused"].startswith("the rows are independent draws")
    assert content["taps"]["encoder"]["alignment"] is None
    assert content["references"]["pixels"]["r2"] > 0.5
    assert "is a function, not a module" in content["references"]["reasons"]["untrained"]
    page = save_measurement(found, tmp_path / "out").read_text(encoding="utf8")
    for part in ("What it is compared with", "is a function, not a module", "there are no pairs to predict from"):
        assert part in page


def test_a_world_s_r2_is_that_of_the_probe_set_s_regression(subject: object) -> None:
    values = wp.measure(column_and_row_means, subject, quick=True).taps["encoder"].values
    h = column_and_row_means(subject.frames.read(np.arange(1000)))  # type: ignore[attr-defined]
    z = subject.z  # type: ignore[attr-defined]
    x = np.column_stack([np.ones(1000), h])
    read = x[600:] @ np.linalg.lstsq(x[:600], z[:600], rcond=None)[0]
    wanted = 1 - ((z[600:] - read) ** 2).mean(axis=0) / z[600:].var(axis=0)
    assert list(values["r2_per_state"].values()) == pytest.approx(wanted.tolist(), abs=1e-4)


def test_a_quick_measurement_has_a_page_too(subject: object, tmp_path: Path) -> None:
    page = save_measurement(wp.measure(column_and_row_means, subject, quick=True), tmp_path / "out")
    assert "R² of every state" in page.read_text(encoding="utf8")


@pytest.mark.parametrize(
    ("given", "options", "said"),
    [
        (
            np.ones((1000, 3, 4, 4)),
            {"pool": "max"},
            "pool = 'max' is not possible: allowed is mean or flatten or first",
        ),
        (np.array(["a"] * 1000), {}, "holds <U1 of shape .1000,., not rows of numbers"),
        (np.zeros((0, 3)), {}, "has no rows"),
        ({}, {}, "encoder is missing: give embeddings by name"),
        (lambda x: 1 / 0, {}, "It said: division by zero"),
        (
            lambda x: x[:3].reshape(3, -1),
            {},
            r"output = \(3, 768\) is not possible.*\(32, d\), a row for every frame",
        ),
        (lambda x: "text", {}, "returns str of <U4, not an array of numbers"),
        (np.ones((1000, 2)), {}, "is the same in all 1,000 rows"),
    ],
)
def test_odd_embeddings_and_encoders_are_refused_in_one_line(
    subject: object, given: object, options: dict, said: str
) -> None:
    with pytest.raises(wp.errors.WorldprobeError, match=said) as caught:
        wp.measure(given, subject, quick=True, **options)
    assert "\n" not in str(caught.value)


def test_frames_of_floats_are_refused() -> None:
    from dataclasses import replace

    from worldprobe.evaluation.subject import of_arrays
    from worldprobe.recordings.recorded_frames import ArrayFrames

    class Floats(ArrayFrames):
        def read(self, rows: np.ndarray) -> np.ndarray:  # type: ignore[override]
            return np.ones((len(rows), 4, 4, 3), dtype=np.float32)

    frames = Floats(Path("floats.npz"), "floats", np.zeros((50, 4, 4, 3), dtype=np.uint8))
    found = replace(of_arrays(np.random.default_rng(0).standard_normal((50, 1)), independent=True), frames=frames)
    with pytest.raises(wp.errors.InvalidValue, match=r"frames = 'float32, 1 to 1' is not possible: allowed is uint8"):
        wp.measure(column_and_row_means, found)
