"""Gates on an exploration: pairs of controls alone."""
