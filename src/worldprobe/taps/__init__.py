"""Taps: the embeddings of somebody's model, from files or from the model itself, a row for every row of the data."""
