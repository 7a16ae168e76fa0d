"""What an encoder is made of and how large it will be, found without memory for its weights."""

from __future__ import annotations

import torch
from torch import nn

from worldprobe.errors import InvalidValue, WorldprobeError
from worldprobe.train import Encoder, parameters


def parameter_count(encoder: Encoder, observation_shape: tuple[int, ...], d: int) -> int:
    """Return how many numbers an encoder trains: its layers are made on torch's `meta` device, which holds no data.

    0 where a user's own layers cannot be made there (they load weights, say). Raises InvalidValue where the encoder
    does not fit these observations or this d.
    """
    network = without_weights(encoder, observation_shape, d)
    return 0 if network is None else parameters(network)


def without_weights(encoder: Encoder, observation_shape: tuple[int, ...], d: int) -> nn.Module | None:
    """Return an encoder's layers on the `meta` device, None where a user's own cannot be made there; raises as above.

    What is loaded from disk is loaded all the same.
    """
    try:
        with torch.random.fork_rng(devices=[]), torch.device("meta"):
            return encoder.layers(tuple(observation_shape), d)
    except WorldprobeError:
        raise
    except Exception as error:
        if type(encoder).__module__.startswith("worldprobe."):
            reason = " ".join(str(error).split())[:120]
            raise InvalidValue("encoder", encoder.settings(), "a network that torch can make", reason) from None
        return None
