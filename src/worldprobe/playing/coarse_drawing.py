"""The 3-D view at fewer pixels in browsers that draw in software, whose speed the number of pixels limits."""

from __future__ import annotations

MOST_PIXELS = 150_000
"""Of the 3-D view in a browser without a graphics card."""
COARSE = "?fixedDpr=0.5"
"""What has viser's page draw the 3-D view at half the screen's resolution."""

# viser takes the resolution from the address only, and the server cannot know what a browser draws with: a picture that
# cannot be shown runs the handler, and a browser that draws in software loads the page again at another address.
DETECTION = f"""<img hidden alt="" src="data:," onerror="
    const asked = new URLSearchParams(location.search);
    const gl = asked.has('fixedDpr') ? null : document.createElement('canvas').getContext('webgl2');
    const known = gl && gl.getExtension('WEBGL_debug_renderer_info');
    const name = gl ? gl.getParameter(known ? known.UNMASKED_RENDERER_WEBGL : gl.RENDERER) : '';
    if (/swiftshader|llvmpipe|softpipe|software|basic render/i.test(name)) {{
        const share = Math.sqrt({MOST_PIXELS} / (innerWidth * innerHeight));
        asked.set('fixedDpr', Math.max(0.25, Math.min(0.5, share)).toFixed(2));
        location.search = asked;
    }}">"""
