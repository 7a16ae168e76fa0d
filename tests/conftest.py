"""Checks every type and jaxtyping shape in worldprobe, at every call, while tests run."""

from jaxtyping import install_import_hook

install_import_hook("worldprobe", "typechecker.typechecked")
