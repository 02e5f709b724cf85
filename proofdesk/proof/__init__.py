"""Proof: logs rebuilt and held against the chain. It imports the core; the core only hands over to it."""
