"""BatchNorm whose statistics are those of the whole batch, where ranks have parts of it.

torch's SyncBatchNorm runs on GPUs alone; this one runs wherever the ranks do.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn

from worldprobe.train.ranks import rank_count, sum_over_ranks

_Norm = nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d


def batch_norm_over_ranks(network: nn.Module) -> nn.Module:
    """Return the network, every BatchNorm in it replaced, in place, by one over all ranks where there are several.

    Weights, running averages and their names stay, so that what was trained so loads into the network as it was built.
    A network that is nothing but a BatchNorm is returned as another object.
    """
    if rank_count() == 1:
        return network
    if isinstance(network, _Norm):
        return _BatchNormOverRanks.like(network)
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if isinstance(child, _Norm):
                setattr(parent, name, _BatchNormOverRanks.like(child))
    return network


class _BatchNormOverRanks(nn.modules.batchnorm._BatchNorm):
    """In training, mean and variance of every channel over the samples of all ranks, differentiated through."""

    @staticmethod
    def like(norm: _Norm) -> _BatchNormOverRanks:
        """Return one with the weights, averages, settings and mode of another."""
        made = _BatchNormOverRanks(norm.num_features, norm.eps, norm.momentum, norm.affine, norm.track_running_stats)
        for kind in ("_parameters", "_buffers"):
            getattr(made, kind).update(getattr(norm, kind))
        return made.train(norm.training)

    def _check_input_dim(self, input: Tensor) -> None:
        """Take inputs of any number of dimensions."""

    def forward(self, x: Float[Tensor, "N C ..."]) -> Float[Tensor, "N C ..."]:
        """Normalise."""
        if not self.training or rank_count() == 1:
            return super().forward(x)
        over, shape = [0, *range(2, x.dim())], [1, -1, *[1] * (x.dim() - 2)]
        own = torch.tensor(x.numel() / x.shape[1], dtype=torch.float32, device=x.device)
        count, values = sum_over_ranks(own), x.float()
        mean = sum_over_ranks(values.sum(over)) / count
        centred = values - mean.view(shape)
        variance = sum_over_ranks(centred.square().sum(over)) / count
        self._remember(mean.detach(), variance.detach() * count / (count - 1))
        normal = centred * (variance + self.eps).rsqrt().view(shape)
        if self.affine:
            normal = normal * self.weight.view(shape) + self.bias.view(shape)
        return normal.to(x.dtype)

    def _remember(self, mean: Float[Tensor, " C"], variance: Float[Tensor, " C"]) -> None:
        if self.running_mean is None or self.running_var is None or self.num_batches_tracked is None:
            return
        self.num_batches_tracked.add_(1)
        share = 1 / float(self.num_batches_tracked) if self.momentum is None else self.momentum
        self.running_mean.lerp_(mean.to(self.running_mean.dtype), share)
        self.running_var.lerp_(variance.to(self.running_var.dtype), share)
