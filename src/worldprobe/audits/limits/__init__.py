"""What limits a log: one fault taken away at a time, the prediction made again, and what to record next."""
