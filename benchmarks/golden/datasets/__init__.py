"""Scripts that let tools write the formats of public datasets, for `tests/vectors/formats`; CI runs none of them."""
