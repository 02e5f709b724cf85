"""What is used of py-evm, without the recursion limit of 100,000 that it sets for the whole process.

With that limit, deeply nested JSON ends a Python of up to 3.11 by a crash instead of a RecursionError.
A desk's contracts call each other a few levels deep.
"""

# ruff: noqa: E402  the limit is read before py-evm is loaded

import sys

_LIMIT = sys.getrecursionlimit()

from eth._utils.address import generate_contract_address
from eth.abc import BlockHeaderAPI, ComputationAPI, ReceiptAPI, SignedTransactionAPI, StateAPI
from eth.chains.base import MiningChain
from eth.consensus.applier import ConsensusApplier
from eth.consensus.noproof import NoProofConsensus
from eth.db.atomic import AtomicDB
from eth.db.backends.memory import MemoryDB
from eth.exceptions import Revert, UnrecognizedTransactionType
from eth.vm.chain_context import ChainContext
from eth.vm.forks.shanghai import ShanghaiVM
from eth.vm.spoof import SpoofTransaction

sys.setrecursionlimit(_LIMIT)

__all__ = [
    "AtomicDB",
    "BlockHeaderAPI",
    "ChainContext",
    "ComputationAPI",
    "ConsensusApplier",
    "MemoryDB",
    "MiningChain",
    "NoProofConsensus",
    "ReceiptAPI",
    "Revert",
    "ShanghaiVM",
    "SignedTransactionAPI",
    "SpoofTransaction",
    "StateAPI",
    "UnrecognizedTransactionType",
    "generate_contract_address",
]
