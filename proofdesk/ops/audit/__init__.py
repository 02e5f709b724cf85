"""An audit: a whole desk, its acts, records, readers, log and trees, checked against the chain.

    from proofdesk.ops.audit import audit

    found = audit(desk)
    print(found.first or "no difference")

docs/audit.md says what is checked, what each difference means and what to do about it.
"""

from proofdesk.ops.audit.auditing import PATIENCE, audit
from proofdesk.ops.audit.differences import Difference, Kind
from proofdesk.ops.audit.pinned import Block
from proofdesk.ops.audit.report import Audit

__all__ = ["PATIENCE", "Audit", "Block", "Difference", "Kind", "audit"]
