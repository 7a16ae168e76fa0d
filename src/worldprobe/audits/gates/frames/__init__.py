"""Gates on recorded frames beside their states."""
