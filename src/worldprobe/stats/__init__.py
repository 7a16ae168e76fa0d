"""Statistics: one home for every estimator that more than one package uses; arrays in, numbers out."""
