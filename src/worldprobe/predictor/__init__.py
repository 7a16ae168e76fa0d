"""The predictor: what the ideal encoder of an exploration would recover, before any training."""
