"""How Gaussian one sample is: the Shapiro-Francia statistic."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float
from scipy.special import ndtri


def shapiro_francia(x: Float[np.ndarray, " N"]) -> float:
    """Return W', the squared correlation of the sorted sample with normal scores (Shapiro & Francia 1972).

    It is also the R^2 of a linear regression between a control and its Gaussianised self Phi^-1(F(z)): the most that an
    embedding which SIGReg made Gaussian can be linear in the control. 0 for a constant sample.
    """
    scores = ndtri((np.arange(1, len(x) + 1) - 0.375) / (len(x) + 0.25))
    if np.ptp(x) == 0.0:
        return 0.0
    return float(np.corrcoef(np.sort(x), scores)[0, 1] ** 2)
