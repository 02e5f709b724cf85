"""The demonstration: a whole desk, a day of it and its proof, on a local chain, made of the client alone."""
