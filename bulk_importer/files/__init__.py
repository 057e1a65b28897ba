"""Files on this machine, above what the standard library gives: what survives a power cut, and what a person wrote."""
