"""Contract suites: what every world, regime and encoder promises, checked on one of your own before it is used."""
