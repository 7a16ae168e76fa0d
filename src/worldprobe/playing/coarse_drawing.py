"""The 3-D view at fewer pixels in browsers that draw in software, whose speed the number of pixels limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

MOST_PIXELS = 150_000
"""Of the 3-D view in a browser without a graphics card."""
COARSE = "?fixedDpr=0.5"
"""What has viser's page draw the 3-D view at half the screen's resolution."""
HEAD = "<head>"

# viser takes the resolution from the address, once, and the server cannot know what a browser draws with. So the
# page itself writes it into its address, before any other script of it runs.
DETECTION = f"""<script>(() => {{
    const asked = new URLSearchParams(location.search);
    const gl = asked.has('fixedDpr') ? null : document.createElement('canvas').getContext('webgl2');
    const known = gl && gl.getExtension('WEBGL_debug_renderer_info');
    const name = gl ? gl.getParameter(known ? known.UNMASKED_RENDERER_WEBGL : gl.RENDERER) : '';
    if (/swiftshader|llvmpipe|softpipe|software|basic render/i.test(name)) {{
        const share = Math.sqrt({MOST_PIXELS} / (innerWidth * innerHeight));
        asked.set('fixedDpr', Math.max(0.25, Math.min(0.5, share)).toFixed(2));
        history.replaceState(null, '', '?' + asked);
    }}
}})()</script>"""


@contextmanager
def detecting(viser: Any, folder: Path) -> Iterator[None]:
    """Have viser servers that are made meanwhile serve a page that recognises such browsers; `folder` keeps it.

    viser cannot be asked to serve another page than its own: the class that serves it is given the other folder.
    """
    page = Path(viser.__file__).parent / "client" / "build" / "index.html"
    before, head, after = page.read_text(encoding="utf8").partition(HEAD)
    (folder / page.name).write_text(f"{before}{head}{DETECTION}{after}", encoding="utf8")
    own = viser.infra.WebsockServer

    class Detecting(own):  # type: ignore[misc, valid-type]
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more | {"http_server_root": folder})

    viser.infra.WebsockServer = Detecting
    try:
        yield
    finally:
        viser.infra.WebsockServer = own
