"""Scripts that let other tools write the label files of `tests/vectors/formats`; none of them is run by CI."""
