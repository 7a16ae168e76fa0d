"""Rendering: from meshes to frames, by OpenGL without a display."""
