"""How large an encoder will be, found without memory for its weights."""

from __future__ import annotations

import torch

from worldprobe.errors import InvalidValue, WorldprobeError
from worldprobe.train import Encoder, parameters


def parameter_count(encoder: Encoder, observation_shape: tuple[int, ...], d: int) -> int:
    """Return how many numbers an encoder trains: its layers are made on torch's `meta` device, which holds no data.

    0 where a user's own layers cannot be made there (they load weights, say). Raises InvalidValue where the encoder
    does not fit these observations or this d.
    """
    try:
        with torch.random.fork_rng(devices=[]), torch.device("meta"):
            return parameters(encoder.layers(tuple(observation_shape), d))
    except WorldprobeError:
        raise
    except Exception as error:
        if type(encoder).__module__.startswith("worldprobe."):
            reason = " ".join(str(error).split())[:120]
            raise InvalidValue("encoder", encoder.settings(), "a network that torch can make", reason) from None
        return 0
