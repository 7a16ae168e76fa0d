"""What every source promises, checked on one of them."""

from __future__ import annotations

import json
from functools import cached_property
from itertools import combinations

import numpy as np

from worldprobe.contracts.promise import Contract, ContractReport
from worldprobe.sources.source import SPLITS, Sample, Source, Split

FRAMES = 64
SEED = 3


class _SeenSource:
    """A source, and a sample of each of its splits."""

    def __init__(self, source: Source) -> None:
        self.source = source

    @cached_property
    def samples(self) -> dict[Split, Sample]:
        return {split: self.source.sample(split, FRAMES, SEED) for split in SPLITS}


CONTRACT: Contract[_SeenSource] = Contract()


def check_source(source: Source) -> ContractReport:
    """Check what every source promises; it draws about 100 frames.

    Returns the promises that were checked; raises ContractBroken with each broken one, what was found and how to fix
    it.
    """
    with source:
        return CONTRACT.check(f"The source {type(source).__name__}", _SeenSource(source))


@CONTRACT.promise(
    "Every split has a sample: finite float32 controls of the source's dimension, as many as asked for where it draws.",
    fix="Give `sample` of train, heldout, probe and test; at most so many frames where there are no more.",
    first=True,
)
def _samples(seen: _SeenSource) -> str | None:
    n = len(seen.source.controls)
    for split, sample in seen.samples.items():
        z = sample.controls
        if z.dtype != np.float32 or z.ndim != 2 or z.shape[1] != n or not np.isfinite(z).all():
            return f"{split}: {z.dtype} {z.shape}, {'' if np.isfinite(z).all() else 'not '}finite"
        if len(z) > FRAMES or not len(z) or (seen.source.draws and split in ("train", "heldout") and len(z) != FRAMES):
            return f"{split}: {len(z)} frames where {FRAMES} were asked for"
    return None


@CONTRACT.promise(
    "The same split, number of frames and seed give the same sample.",
    fix="Draw from a generator that is made from the seed and the split, and keep none between calls.",
)
def _same_again(seen: _SeenSource) -> str | None:
    for split, before in seen.samples.items():
        again = seen.source.sample(split, FRAMES, SEED)
        if not (np.array_equal(before.controls, again.controls) and np.array_equal(before.index, again.index)):
            return f"{split}: another sample the second time"
    return None


@CONTRACT.promise(
    "Pairs are of two different frames of the sample, and of one episode.",
    fix="Count `index` in frames of the sample, and leave out pairs across `episodes`.",
)
def _pairs(seen: _SeenSource) -> str | None:
    for split, sample in seen.samples.items():
        index = sample.index
        if index.shape != (len(index), 2) or (index.size and (index.min() < 0 or index.max() >= len(sample))):
            return f"{split}: pairs {index.shape} from {index.min()} to {index.max()} of {len(sample)} frames"
        if (index[:, 0] == index[:, 1]).any():
            return f"{split}: a frame is paired with itself"
        episode = np.searchsorted(sample.starts, index, side="right")
        if (episode[:, 0] != episode[:, 1]).any():
            return f"{split}: a pair across two episodes"
    return None


@CONTRACT.promise(
    "Episodes begin with the first frame; actions, rows and blocks, where there are any, are one for each frame.",
    fix="Cut actions, rows and blocks as the frames are cut; `episodes` are rising places in the sample, from 0.",
)
def _one_each(seen: _SeenSource) -> str | None:
    for split, sample in seen.samples.items():
        starts = sample.starts
        if starts[0] != 0 or (np.diff(starts) <= 0).any() or starts[-1] >= len(sample):
            return f"{split}: episodes that begin at {starts[:5].tolist()} ... of {len(sample)} frames"
        for name in ("actions", "rows", "blocks"):
            part = getattr(sample, name)
            if part is not None and len(part) != len(sample):
                return f"{split}: {len(part)} {name} for {len(sample)} frames"
    return None


@CONTRACT.promise(
    "Splits share no frame.",
    fix="Keep the rows of each split apart, or draw each from a stream of its own.",
)
def _disjoint(seen: _SeenSource) -> str | None:
    for (one, a), (other, b) in combinations(seen.samples.items(), 2):
        rows = [_identity(sample) for sample in (a, b)]
        if shared := len(rows[0] & rows[1]):
            return f"{one} and {other} share {shared} frames"
    return None


@CONTRACT.promise(
    "Frames are of the declared shape: uint8 pictures, or finite float32 vectors.",
    fix="Return what `observation_shape` declares from `frames` and `first_frame`.",
    first=True,
)
def _declared(seen: _SeenSource) -> str | None:
    shape = tuple(seen.source.observation_shape)
    dtype = np.dtype(np.uint8 if len(shape) == 3 else np.float32)
    for name, found in (("frames", _some(seen, np.arange(3))), ("first_frame", seen.source.first_frame())):
        expected = (3 if name == "frames" else 1, *shape)
        if found.shape != expected or found.dtype != dtype:
            return f"{name}: {found.dtype} {found.shape}, declared is {dtype} {expected}"
        if not np.isfinite(found).all():
            return f"{name}: NaN or infinity"
    return None


@CONTRACT.promise(
    "A place in a sample has one frame, to the byte: alone, in any batch, in any order, after `close`.",
    fix="Find frames by their place in the sample, never by their controls.",
)
def _by_place(seen: _SeenSource) -> str | None:
    places = np.array([5, 0, 7, 5, 3])
    together = _some(seen, places)
    alone = np.concatenate([_some(seen, places[i : i + 1]) for i in range(len(places))])
    if not np.array_equal(together, alone):
        return "other bytes alone than in a batch"
    seen.source.close()
    return None if np.array_equal(together, _some(seen, places)) else "other bytes after close"


@CONTRACT.promise(
    "The fingerprint is JSON, the same every time, and has the keys world, name and settings.",
    fix="Put into it all that samples and frames depend on, and nothing that changes by itself.",
)
def _fingerprint(seen: _SeenSource) -> str | None:
    found = seen.source.fingerprint
    if set(found) != {"world", "name", "settings"}:
        return f"the keys {', '.join(sorted(found))}"
    texts = {json.dumps(one, sort_keys=True, allow_nan=False) for one in (found, seen.source.fingerprint)}
    return None if len(texts) == 1 else "another one the second time"


def _some(seen: _SeenSource, places: np.ndarray) -> np.ndarray:
    return seen.source.frames(seen.samples["test"], places)


def _identity(sample: Sample) -> set[object]:
    """Return what tells a sample's frames apart: the rows of a recording, or controls that are drawn."""
    parts = getattr(sample, "parts", ())
    if parts:
        return {(place, one) for place, part in enumerate(parts) for one in _identity(part)}
    return set(sample.rows.tolist()) if sample.rows is not None else {z.tobytes() for z in sample.controls}
