"""EGL's second display, for what moderngl does not open: contexts that share no rasteriser with those on the first.

Mesa's software driver has one rasteriser for each display, and contexts on the same display take turns at it. moderngl
opens EGL's device display; the surfaceless one is another, so two contexts can use two cores all the time.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from worldprobe._util import cores

_SURFACELESS, _OPENGL = 0x31DD, 0x30A2
_ATTRIBUTES = (0x3098, 4, 0x30FB, 5, 0x30FD, 1, 0x3038)  # OpenGL 4.5, core profile
_POINTER, _UINT = ctypes.c_void_p, ctypes.c_uint
_SIGNATURES: dict[str, tuple[Any, ...]] = {
    "eglGetPlatformDisplay": (_POINTER, _UINT, _POINTER, _POINTER),
    "eglInitialize": (_UINT, _POINTER, _POINTER, _POINTER),
    "eglBindAPI": (_UINT, _UINT),
    "eglCreateContext": (_POINTER, _POINTER, _POINTER, _POINTER, _POINTER),
    "eglDestroyContext": (_UINT, _POINTER, _POINTER),
    "eglMakeCurrent": (_UINT, _POINTER, _POINTER, _POINTER, _POINTER),
    "eglGetCurrentContext": (_POINTER,),
    "eglGetCurrentDisplay": (_POINTER,),
    "eglGetProcAddress": (_POINTER, ctypes.c_char_p),
}


class SurfacelessContext:
    """An OpenGL 4.5 context on EGL's surfaceless display, in the form that `moderngl.create_context` takes.

    Raises RuntimeError where EGL refuses, OSError where it is not installed.
    """

    def __init__(self) -> None:
        library = ctypes.CDLL("libEGL.so.1")
        self._egl = {name: _declared(library, name, *signature) for name, signature in _SIGNATURES.items()}
        self._display = self._call("eglGetPlatformDisplay", _SURFACELESS, None, None)
        self._call("eglInitialize", self._display, None, None)
        self._call("eglBindAPI", _OPENGL)
        attributes = (ctypes.c_int * len(_ATTRIBUTES))(*_ATTRIBUTES)
        self._context = self._call("eglCreateContext", self._display, None, None, ctypes.cast(attributes, _POINTER))
        self._before: list[tuple[int, int]] = []

    def load(self, name: str) -> int:
        """Return an OpenGL function's address, 0 for one that does not exist."""
        return self._egl["eglGetProcAddress"](name.encode()) or 0

    def __enter__(self) -> None:
        """Make it the calling thread's current context."""
        self._call("eglBindAPI", _OPENGL)  # every thread chooses its own
        self._before.append((self._egl["eglGetCurrentDisplay"](), self._egl["eglGetCurrentContext"]()))
        self._call("eglMakeCurrent", self._display, None, None, self._context)

    def __exit__(self, *exc: object) -> None:
        """Make current what was before."""
        display, context = self._before.pop()
        self._call("eglMakeCurrent", display or self._display, None, None, context)

    def release(self) -> None:
        """Give the context back."""
        self._call("eglDestroyContext", self._display, self._context)

    def _call(self, name: str, *arguments: Any) -> Any:
        answer = self._egl[name](*arguments)
        if not answer:
            raise RuntimeError(f"EGL refuses {name}")
        return answer


@contextmanager
def shared_cores(displays: int) -> Iterator[None]:
    """Let Mesa's software driver, on each of some displays opened meanwhile, take its share of the cores.

    With a core of its own, a display needs only the caller's thread. The user's own LP_NUM_THREADS is kept.
    """
    if "LP_NUM_THREADS" in os.environ:
        yield
        return
    count = cores.available()
    os.environ["LP_NUM_THREADS"] = str(0 if count <= displays else count // displays)
    try:
        yield
    finally:
        del os.environ["LP_NUM_THREADS"]


def _declared(library: ctypes.CDLL, name: str, result: Any, *arguments: Any) -> Any:
    function = getattr(library, name)
    function.restype, function.argtypes = result, arguments
    return function
