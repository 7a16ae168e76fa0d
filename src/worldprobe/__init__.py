"""worldprobe finds out whether a world model can be learned from the way a world is explored."""
