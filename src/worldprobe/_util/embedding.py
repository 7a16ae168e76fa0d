"""What a page that needs no other file holds: pictures as data URIs, and the hash by which its script may run."""

from __future__ import annotations

import base64
import hashlib


def data_uri(kind: str, content: bytes) -> str:
    """Return the content of a picture, "webp" or "png", as a URI."""
    return f"data:image/{kind};base64," + base64.b64encode(content).decode("ascii")


def script_hash(script: str) -> str:
    """Return a script's SHA-256 as a Content-Security-Policy takes it."""
    return base64.b64encode(hashlib.sha256(script.encode("utf8")).digest()).decode("ascii")
