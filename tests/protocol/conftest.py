"""The toy study, with claims of each kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from study.conftest import few_predicted, settings, store  # noqa: F401
from worldprobe.study import Study, load_study

CLAIMS = ["gaussian, lejepa: r2 >= 0.5", "gaussian minus narrow: r2 >= 0.9", "gaussian: worst r2 <= 0.2"]


@pytest.fixture
def claimed(settings: dict[str, Any], tmp_path: Path) -> Any:  # noqa: F811
    """A function from overrides to the toy study with hypotheses."""
    path = tmp_path / "claimed.yaml"
    path.write_text(yaml.safe_dump({**settings, "hypotheses": CLAIMS}), encoding="utf8")

    def make(*overrides: str) -> Study:
        return load_study(path, overrides)

    return make
