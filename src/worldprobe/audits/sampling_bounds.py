"""How far a statistic strays by sampling alone: the bounds by which the audit's thresholds are widened.

Each bound is set where one clean statistic in about a million exceeds it, since an audit asks some hundred.
"""

from __future__ import annotations

SIGMAS = 5.0
"""Standard errors that a mean may stray."""

FRANCIA = 10.5
"""N (1 - W') of N Gaussian draws stays below this: .9999 quantile 7.0 for N of 100 to 10,000, most of 300,000 10.4."""

EPPS = 5.5
"""N times the Epps-Pulley distance (own mean and sd) stays below this: .9999 quantile 3.0, and 0.8 more per decade."""

KOLMOGOROV = 2.7
"""sqrt(N) sup |F_N - F| stays below this: 2 exp(-2 x^2) is 1e-6."""
