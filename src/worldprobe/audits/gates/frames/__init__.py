"""Gates on recorded frames and their states."""
