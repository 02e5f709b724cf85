"""What integrators test with: a seeded desk on a chain inside the test's own process (docs/testing.md).

`pip install proofdesk[testing]`; pytest then finds the fixtures `desk`, `desk_people`, `desk_clock` and
`desk_url` by itself (proofdesk/testing/plugin.py). This package imports nothing heavy until one is used.
"""
