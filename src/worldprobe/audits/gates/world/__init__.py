"""Gates on a world that renders."""
