"""Makes an example for a class that has none: a guess, then repairs by what its failure says."""
