"""OpenGL without a display: how a context is opened, and the calls that moderngl lacks or makes under Python's lock."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from worldprobe.errors import MissingDependency
from worldprobe.render.egl import SurfacelessContext, shared_cores

APT_PACKAGES = ("libegl1", "libgl1", "libegl-mesa0", "libgl1-mesa-dri")
SOFTWARE = "llvmpipe"
DISPLAYS = 2
"""Displays on which contexts of a software driver draw at the same time."""

Calls = dict[str, Callable[..., Any]]
"""OpenGL's functions by name."""

_UINT, _INT, _FLOAT, _POINTER = ctypes.c_uint, ctypes.c_int, ctypes.c_float, ctypes.c_void_p
_SIGNATURES: dict[str, tuple[Any, ...]] = {
    "glGenTextures": (None, _INT, _POINTER),
    "glBindTexture": (None, _UINT, _UINT),
    "glActiveTexture": (None, _UINT),
    "glTexImage2D": (None, _UINT, _INT, _INT, _INT, _INT, _INT, _UINT, _UINT, ctypes.c_char_p),
    "glTexStorage3D": (None, _UINT, _INT, _UINT, _INT, _INT, _INT),
    "glTexParameterf": (None, _UINT, _UINT, _FLOAT),
    "glGenFramebuffers": (None, _INT, _POINTER),
    "glBindFramebuffer": (None, _UINT, _UINT),
    "glFramebufferTexture": (None, _UINT, _UINT, _UINT, _INT),
    "glCheckFramebufferStatus": (_UINT, _UINT),
    "glUseProgram": (None, _UINT),
    "glBindVertexArray": (None, _UINT),
    "glBindBuffer": (None, _UINT, _UINT),
    "glMultiDrawElementsIndirect": (None, _UINT, _UINT, _POINTER, _INT, _INT),
    "glFlush": (None,),
    "glReadPixels": (None, _INT, _INT, _INT, _INT, _UINT, _UINT, _POINTER),
}


def open_context(display: int = 0) -> Any:
    """Return a moderngl context on EGL's first or second display; neither is a screen.

    Raises MissingDependency where moderngl is not installed, or EGL or a driver behind it does not answer.
    """
    try:
        import moderngl
    except ImportError as error:
        raise MissingDependency("moderngl", "drawing rendered worlds", "pip install moderngl") from error
    _load_triton()
    try:
        with shared_cores(DISPLAYS):
            context = (_on_first, _on_second)[display](moderngl)
        if "GL_ARB_shader_viewport_layer_array" not in context.extensions:
            raise RuntimeError(f"{context.info['GL_RENDERER']} lacks GL_ARB_shader_viewport_layer_array")
    except Exception as error:  # glcontext raises bare Exception for whatever the driver lacks
        line = f"apt-get install -y --no-install-recommends {' '.join(APT_PACKAGES)}"
        what = f"EGL with an OpenGL 4.5 driver (it answered: {error})"
        raise MissingDependency(what, "drawing rendered worlds", line) from error
    return context


def _load_triton() -> None:
    """Load Triton, where PyTorch brought it, before a driver: after Mesa's its import crashes the process.

    Mesa shows its LLVM to every library that is loaded later, and Triton brings another. PyTorch imports Triton when
    an optimiser takes its first step.
    """
    if find_spec("triton") is not None:
        with suppress(ImportError):
            import_module("triton")


def _on_first(moderngl: Any) -> Any:
    settings = {"backend": "egl", "libegl": "libEGL.so.1", "libgl": "libGL.so.1"}
    return moderngl.create_context(require=450, standalone=True, **settings)


def _on_second(moderngl: Any) -> Any:
    surfaceless = SurfacelessContext()
    with surfaceless:
        return moderngl.create_context(require=450, context=surfaceless)


def calls(context: Any) -> Calls:
    """Return the context's OpenGL functions; ctypes lets other Python threads run while one of them works."""
    load = context.mglo._context.load
    return {name: ctypes.CFUNCTYPE(*signature)(load(name)) for name, signature in _SIGNATURES.items()}
