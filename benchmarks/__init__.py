"""What proofdesk's acts cost, measured by real transactions beside a peer: `python -m benchmarks`."""
