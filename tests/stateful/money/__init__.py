"""The money beside a ledger: see README.md."""
