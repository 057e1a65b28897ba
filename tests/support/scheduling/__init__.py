"""A scheduler of Dask and its workers, as processes of this machine."""
