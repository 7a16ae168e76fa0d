"""Logs of an ideal exploration, each with one fault planted: states by episode, and frames that show them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter
from scipy.special import ndtri

from worldprobe.explore import Pairs

EPISODES, ROWS, RHO = 100, 200, 0.9

States = np.ndarray
"""(episodes, rows, n)."""


def walk(
    rng: np.random.Generator, episodes: int = EPISODES, rows: int = ROWS, rho: tuple[float, ...] = (RHO, RHO, RHO)
) -> States:
    """Stationary Ornstein-Uhlenbeck walks of N(0, 1), one correlation per state."""
    noise = rng.standard_normal((episodes, rows, len(rho)))
    noise[:, 1:] *= np.sqrt(1.0 - np.square(rho))
    return np.stack([lfilter([1.0], [1.0, -r], noise[..., i], axis=1) for i, r in enumerate(rho)], axis=-1)


def pairs_of(states: States) -> Pairs:
    """Pairs of neighbouring rows of one episode, in units of the log's own mean and sd."""
    episodes, rows, n = states.shape
    flat = states.reshape(-1, n)
    first = (np.arange(episodes)[:, None] * rows + np.arange(rows - 1)).ravel()
    sd = flat.std(axis=0)
    return Pairs((flat - flat.mean(axis=0)) / np.where(sd > 0.0, sd, 1.0), np.stack([first, first + 1], axis=1))


@dataclass(frozen=True)
class Planted:
    """What is explored, what is recorded of it, and the gates of which one has to name the fault."""

    make: Callable[[np.random.Generator], tuple[States, States]]
    """True states, which frames show, and recorded ones."""
    named_by: tuple[str, ...]
    """Empty where the audit does not see it."""
    unseen: str = ""
    """Why not."""


def _both(
    change: Callable[[np.random.Generator, States], States],
) -> Callable[[np.random.Generator], tuple[States, States]]:
    """The exploration is changed: frames show what is recorded."""

    def make(rng: np.random.Generator) -> tuple[States, States]:
        states = change(rng, walk(rng))
        return states, states

    return make


def _record(
    change: Callable[[np.random.Generator, States], States],
) -> Callable[[np.random.Generator], tuple[States, States]]:
    """The record alone is changed."""

    def make(rng: np.random.Generator) -> tuple[States, States]:
        states = walk(rng)
        return states, change(rng, states)

    return make


def _column(states: States, column: int, values: np.ndarray) -> States:
    changed = states.copy()
    changed[..., column] = values
    return changed


def _gamma(shape: float) -> Callable[[np.random.Generator, States], States]:
    def change(rng: np.random.Generator, states: States) -> States:
        from scipy.special import ndtr
        from scipy.stats import gamma

        return (gamma.ppf(ndtr(states).clip(1e-12, 1 - 1e-12), shape) - shape) / np.sqrt(shape)

    return change


def _second_order(rng: np.random.Generator, states: States) -> States:
    z = lfilter([1.0], [1.0, -1.6, 0.7], rng.standard_normal((EPISODES, ROWS + 100, 3)), axis=1)[:, 100:]
    return z / z.std()


def _delayed(rng: np.random.Generator, states: States) -> States:
    longer = walk(rng, EPISODES, ROWS + 3)
    return np.stack([longer[:, 3:, 0], longer[:, 3:, 1], longer[:, :-3, 0]], axis=-1)


def _hole(radius: float, at: tuple[float, float]) -> Callable[[np.random.Generator, States], States]:
    """A walk that stays out of a disc: steps into it are not taken."""

    def change(rng: np.random.Generator, states: States) -> States:
        z = states.copy()
        inside = np.hypot(z[:, 0, 0] - at[0], z[:, 0, 1] - at[1]) < radius
        z[inside, 0, :2] += 2.0 * radius
        for row in range(1, z.shape[1]):
            new = RHO * z[:, row - 1] + np.sqrt(1 - RHO**2) * rng.standard_normal(z[:, 0].shape)
            refused = np.hypot(new[:, 0] - at[0], new[:, 1] - at[1]) < radius
            new[refused, :2] = z[refused, row - 1, :2]
            z[:, row] = new
        return z

    return change


def _reset(rows: int) -> Callable[[np.random.Generator, States], States]:
    def change(rng: np.random.Generator, states: States) -> States:
        noise = rng.standard_normal((EPISODES * ROWS // rows, rows, 3))
        noise[:, 0] = 0.0
        return lfilter([np.sqrt(1 - RHO**2)], [1.0, -RHO], noise, axis=1)

    return change


def _offset(size: float) -> Callable[[np.random.Generator, States], States]:
    return lambda rng, states: states + size * rng.standard_normal((len(states), 1, 3)) * np.array([1.0, 0.0, 0.0])


def _alternate(change: Callable[[States], States]) -> Callable[[np.random.Generator, States], States]:
    def half(rng: np.random.Generator, states: States) -> States:
        other = change(states)
        return np.where((np.arange(len(states)) % 2 == 1)[:, None, None], other, states)

    return half


def _noisy(size: float) -> Callable[[np.random.Generator, States], States]:
    return lambda rng, states: _column(states, 0, states[..., 0] + size * rng.standard_normal(states.shape[:2]))


def _quantised(levels: int) -> Callable[[np.random.Generator, States], States]:
    edges = ndtri(np.arange(1, levels) / levels)
    return lambda rng, states: _column(states, 0, np.searchsorted(edges, states[..., 0]).astype(float))


def _jumps(rng: np.random.Generator, states: States) -> States:
    z = states.copy()
    fresh = rng.standard_normal(z.shape)
    jump = rng.random(z.shape[:2]) < 0.1
    for row in range(1, z.shape[1]):
        new = RHO * z[:, row - 1] + np.sqrt(1 - RHO**2) * rng.standard_normal(z[:, 0].shape)
        z[:, row] = np.where(jump[:, row, None], fresh[:, row], new)
    return z


def _flat(rng: np.random.Generator, states: States) -> States:
    from scipy.special import ndtr

    return (ndtr(states) - 0.5) * np.sqrt(12.0)


def _heavy(rng: np.random.Generator, states: States) -> States:
    return np.sign(states) * np.abs(states) ** 2.2 / 2.2


def _drift(rng: np.random.Generator, states: States) -> States:
    return states + np.linspace(-1.5, 1.5, len(states))[:, None, None] * np.array([1.0, 0.0, 0.0])


def _mixed(correlation: float) -> Callable[[np.random.Generator, States], States]:
    return lambda rng, states: _column(
        states, 1, correlation * states[..., 0] + np.sqrt(1 - correlation**2) * states[..., 1]
    )


def _circle(rng: np.random.Generator, states: States) -> States:
    phase = 0.6 * np.cumsum(rng.standard_normal(states.shape[:2]), axis=1) + rng.uniform(0, 6.28, (len(states), 1))
    return np.stack([np.cos(phase), np.sin(phase), states[..., 2]], axis=-1) * np.array([1.4, 1.4, 1.0])


def _unequal(rng: np.random.Generator, states: States) -> States:
    return walk(rng, rho=(0.97, 0.6, 0.9))


FRAMES_ONLY = "the recorded states are an ideal log: only frames, whose gates name it, differ from them"

STATE_FAULTS: dict[str, Planted] = {
    "none": Planted(_both(lambda rng, states: states), ()),
    "skewed marginals (gamma 2)": Planted(_both(_gamma(2.0)), ("gaussian-control",)),
    "skewed marginals (gamma 25)": Planted(
        _both(_gamma(25.0)), (), "it costs .01: W' is .991, and the threshold is where .015 are lost"
    ),
    "flat marginals": Planted(_both(_flat), ("gaussian-control",)),
    "heavy tails": Planted(_both(_heavy), ("gaussian-control",)),
    "second-order states (AR(2))": Planted(
        _both(_second_order), (), "it costs nothing: alignment sees pairs, and these are Gaussian"
    ),
    "a copy delayed by 3 steps": Planted(_both(_delayed), ("isotropy", "correlated-controls")),
    "unequal correlations (.97, .6)": Planted(_both(_unequal), ("isotropy",)),
    "correlation .98": Planted(_both(_mixed(0.98)), ("correlated-controls",)),
    "two states on a circle": Planted(_both(_circle), ("independent-controls", "hole", "gaussian-joint")),
    "a hole of 1 sd": Planted(_both(_hole(1.0, (0.0, 0.0))), ("hole", "coverage")),
    "a hole of .7 sd off the middle": Planted(_both(_hole(0.7, (0.7, 0.0))), ("hole",)),
    "jumps in a tenth of the steps": Planted(_both(_jumps), ("jumps",)),
    "a drift of 3 sd": Planted(_both(_drift), ("stationary-log",)),
    "offsets of 1 sd per episode": Planted(_both(_offset(1.0)), ("episode-offset",)),
    "resets to one state, 200 rows": Planted(_both(_reset(200)), ("episode-start",)),
    "resets to one state, 10 rows": Planted(_both(_reset(10)), ("episode-start",)),
    "three levels": Planted(_both(_quantised(3)), ("bounded", "gaussian-control")),
    "eight levels": Planted(_both(_quantised(8)), ("bounded", "gaussian-control")),
    "sensor noise of .3 sd": Planted(_record(_noisy(0.3)), ("measurement-noise",)),
    "label noise of .5 sd": Planted(_record(_noisy(0.5)), ("measurement-noise",)),
    "offsets of .5 sd per episode in the record": Planted(_record(_offset(0.5)), ("episode-offset", "clip-offset")),
    "two columns swapped in half of the clips": Planted(
        _record(_alternate(lambda states: states[..., [1, 0, 2]])), ("clips-agree",), FRAMES_ONLY
    ),
    "one sign flipped in half of the clips": Planted(
        _record(_alternate(lambda states: states * np.array([-1.0, 1.0, 1.0]))), ("clips-agree",), FRAMES_ONLY
    ),
}
"""By name. Faults of the record are planted in what is recorded, all others in what is explored."""


FRAME_EPISODES, FRAME_ROWS, SIDE = 60, 100, 16
Frames = np.ndarray
"""(episodes, rows, height, width, 3), uint8."""


def frames_of(states: States, episodes: slice = slice(None)) -> Frames:
    """Show three states: a red blob moves across and down with two, a green bar across with the third."""
    place = SIDE / 2.0 * (1.0 + 0.8 * np.tanh(states[episodes] / 2.0))
    pixels = np.arange(SIDE) + 0.5
    bell = np.exp(-0.5 * ((pixels - place[..., None]) / (0.07 * SIDE)) ** 2)
    frames = np.full((*place.shape[:2], SIDE, SIDE, 3), 20.0)
    frames[..., 0] += 200.0 * bell[..., 1, :, None] * bell[..., 0, None, :]
    frames[..., 1] += 120.0 * bell[..., 2, None, :]
    return np.minimum(frames, 255.0).astype(np.uint8)


def _every_other_mirrored(rng: np.random.Generator, frames: Frames) -> Frames:
    return np.concatenate([frames[::2], frames[1::2, :, :, ::-1]])[_interleaved(len(frames))]


def _interleaved(count: int) -> np.ndarray:
    """The order that undoes "even ones first, then odd ones"."""
    return np.argsort(np.concatenate([np.arange(0, count, 2), np.arange(1, count, 2)]))


def _exchanged(share: float) -> Callable[[np.random.Generator, Frames], Frames]:
    def change(rng: np.random.Generator, frames: Frames) -> Frames:
        chosen = rng.choice(len(frames), round(share * len(frames)), replace=False)
        changed = frames.copy()
        changed[chosen] = frames[np.roll(chosen, 1)]
        return changed

    return change


def _left_black(rng: np.random.Generator, frames: Frames) -> Frames:
    changed = frames.copy()
    changed[:, :, :, : SIDE // 2] = 0
    return changed


def _hue(rng: np.random.Generator, frames: Frames) -> Frames:
    return (frames * rng.uniform(0.5, 1.0, (len(frames), 1, 1, 1, 3))).astype(np.uint8)


def _light(rng: np.random.Generator, frames: Frames) -> Frames:
    return (frames * rng.uniform(0.5, 1.0, (len(frames), 1, 1, 1, 1))).astype(np.uint8)


def _counter(rng: np.random.Generator, frames: Frames) -> Frames:
    """The number of the row in the recording, in binary, in the top row of pixels."""
    changed = frames.copy()
    number = np.arange(len(frames) * frames.shape[1]).reshape(frames.shape[:2])
    for bit in range(SIDE):
        changed[:, :, 0, bit] = np.where((number >> bit & 1)[..., None] > 0, 255, 0)
    return changed


def _late(rng: np.random.Generator, frames: Frames) -> Frames:
    return np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)


def _dropped(rng: np.random.Generator, frames: Frames) -> Frames:
    changed = frames.copy()
    changed[:, 10::20] = changed[:, 9::20][:, : changed[:, 10::20].shape[1]]
    return changed


def _black(rng: np.random.Generator, frames: Frames) -> Frames:
    return np.zeros_like(frames)


FRAME_FAULTS: dict[str, tuple[Callable[[np.random.Generator, Frames], Frames], tuple[str, ...]]] = {
    "none": (lambda rng, frames: frames, ()),
    "every other clip mirrored": (_every_other_mirrored, ("clips-agree",)),
    "a tenth of the clips with other clips' frames": (_exchanged(0.1), ("foreign-clips",)),
    "left half black": (_left_black, ("blind-region",)),
    "a hue of its own in every clip": (_hue, ("hidden-factor",)),
    "a light of its own in every clip": (_light, ("hidden-factor",)),
    "a burnt-in counter": (_counter, ("hidden-factor",)),
    "frames one row late": (_late, ("in-step",)),
    "a twentieth of the frames repeated": (_dropped, ("dropped-frames",)),
    "all frames black": (_black, ("readable",)),
}
"""By name: what is changed in the frames, and the gates of which one has to name it."""
