"""Checks every type and jaxtyping shape in worldprobe, at every call, while tests run."""

import os
from collections.abc import Iterator

import numpy as np
import pytest
from jaxtyping import install_import_hook

install_import_hook("worldprobe", "typechecker.typechecked")


@pytest.fixture(autouse=True)
def _no_test_takes_the_machine() -> Iterator[None]:
    """A library that gives this process real-time priority starves every test after it."""
    before = os.sched_getscheduler(0)
    yield
    assert os.sched_getscheduler(0) == before


@pytest.fixture
def rng() -> np.random.Generator:
    """A generator for every test that draws."""
    return np.random.default_rng(0)
