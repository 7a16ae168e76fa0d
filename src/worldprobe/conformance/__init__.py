"""Conformance of SIGReg implementations: what a loss computes, read off by evaluating it on chosen embeddings."""
