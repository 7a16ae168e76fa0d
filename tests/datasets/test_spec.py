"""A dataset's key stands for all that made it, and its streams never meet."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from toy import CAMERA, ToyVectors, ToyWorld
from worldprobe.datasets import DatasetSpec, canonical, exploration
from worldprobe.datasets import spec as spec_module
from worldprobe.errors import InvalidValue
from worldprobe.explore import Gaussian, Narrow, Pairs

WORLD = ToyWorld()
BASE = exploration(WORLD, Gaussian(), 100, 0)

VARIANTS: dict[str, DatasetSpec] = {
    "world": exploration(ToyWorld(size=17), Gaussian(), 100, 0),
    "kind of world": exploration(ToyVectors(), Gaussian(), 100, 0),
    "controls": exploration(ToyWorld(specs=CAMERA), Gaussian(), 100, 0),
    "regime": exploration(WORLD, Narrow(), 100, 0),
    "regime's setting": exploration(WORLD, Gaussian(rho=0.71), 100, 0),
    "frames": exploration(WORLD, Gaussian(), 101, 0),
    "seed": exploration(WORLD, Gaussian(), 100, 1),
    "split": exploration(WORLD, Gaussian(), 100, 0, "heldout"),
    "canonical test": canonical(WORLD, 100, 0, "test"),
    "canonical probe": canonical(WORLD, 100, 0, "probe"),
}


@pytest.mark.parametrize("ingredient", sorted(VARIANTS))
def test_changing_any_ingredient_changes_the_key(ingredient: str) -> None:
    others = [BASE.key, *(spec.key for name, spec in VARIANTS.items() if name != ingredient)]
    assert VARIANTS[ingredient].key not in others


def test_the_format_is_an_ingredient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spec_module, "FORMAT", spec_module.FORMAT + 1)
    assert exploration(WORLD, Gaussian(), 100, 0).key != BASE.key


def test_a_regime_whose_numbers_changed_gets_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Same name, same settings, other code: never the frames of its former self."""
    former = Gaussian.sample

    def off_by_a_little(self: Gaussian, frames: int, controls: object, rng: np.random.Generator) -> Pairs:
        pairs = former(self, frames, controls, rng)  # type: ignore[arg-type]
        return Pairs(pairs.controls + np.float32(1e-4), pairs.index)

    monkeypatch.setattr(Gaussian, "sample", off_by_a_little)
    assert exploration(WORLD, Gaussian(), 100, 0).key != BASE.key


def test_what_changes_no_frame_changes_no_key() -> None:
    assert exploration(ToyWorld(delay=0.5), Gaussian(), 100, 0).key == BASE.key


def test_key_is_the_same_in_another_process() -> None:
    program = (
        "from toy import ToyWorld; from worldprobe.datasets import exploration; "
        "from worldprobe.explore import Gaussian; print(exploration(ToyWorld(), Gaussian(), 100, 0).key)"
    )
    tests = str(Path(__file__).parents[1])
    done = subprocess.run([sys.executable, "-c", program], cwd=tests, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == BASE.key


def test_canonical_controls_are_independent_standard_normals_without_pairs() -> None:
    spec = canonical(ToyWorld(specs=CAMERA), 20_000, 0)
    assert spec.pairs.index.shape == (0, 2)
    assert spec.pairs.controls.dtype == np.float32
    for column in spec.pairs.controls.T:
        assert stats.kstest(column, "norm").pvalue > 0.01
    np.testing.assert_allclose(np.corrcoef(spec.pairs.controls.T), np.eye(6), atol=0.03)


def test_no_control_value_of_a_split_occurs_in_another() -> None:
    specs = [BASE, *(VARIANTS[name] for name in ("seed", "split", "canonical test", "canonical probe"))]
    values = np.concatenate([np.unique(spec.pairs.controls) for spec in specs])
    assert len(np.unique(values)) > 0.999 * len(values)


def test_canonical_set_is_a_prefix_of_a_larger_one() -> None:
    small, large = canonical(WORLD, 50, 3), canonical(WORLD, 500, 3)
    np.testing.assert_array_equal(small.pairs.controls, large.pairs.controls[:50])


@pytest.mark.parametrize(("frames", "seed", "named"), [(0, 0, "frames"), (-5, 0, "frames"), (10, -1, "seed")])
def test_impossible_frames_and_seeds_are_refused(frames: int, seed: int, named: str) -> None:
    with pytest.raises(InvalidValue, match=named):
        canonical(WORLD, frames, seed)
    with pytest.raises(InvalidValue, match=named):
        exploration(WORLD, Gaussian(), frames, seed)


def test_a_regime_that_was_never_registered_is_named_by_its_class() -> None:
    class Mine(Gaussian):
        """A user's own."""

    assert "Mine" in exploration(WORLD, Mine(), 10, 0).title
    assert "gaussian, train, seed 0" in BASE.title
