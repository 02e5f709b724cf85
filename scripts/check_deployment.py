"""brownie run check_deployment [--network NAME]: compare a desk with its config; read-only, fails loudly."""

from __future__ import annotations

import brownie

from proofdesk.ops.check import Report, check_deployment
from scripts._brownie import operation


def main() -> Report:
    """Print what is not as it should be; exit code 1 if anything is not."""
    with operation() as here:
        report = check_deployment(brownie.web3, here.deployment(), here.config)
    print(report)
    if not report.ok:
        raise SystemExit(1)
    return report
