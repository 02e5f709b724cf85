"""What the tests of the sender share: whom they send to, and what came of it."""

from __future__ import annotations

from collections.abc import Callable

from proofdesk._abi import encode_call
from tests.client.office import Office

RECEIVER = "0x" + 20 * "11"
WINDOWS = {"respondWithin": 1, "resolveWithin": 1, "confirmWithin": 1, "program": 1, "level": 0}
# Nothing in the contract keeps it from applying twice: only the sender does.
CREATE_LANE = encode_call("TicketDesk", "createLane", {**WINDOWS, "gated": False, "claims": False})


def desk_of(office: Office) -> str:
    return office.deployment.contract("TicketDesk").address


def lanes(office: Office) -> int:
    """How many lanes were made beside those of the deployment."""
    return len(office.desk.lanes.all()) - len(office.deployment.lanes)


def mining(office: Office, blocks: int) -> Callable[[list[str], list[str]], None]:
    """Mines whenever a receipt is asked for."""

    def mine(methods: list[str], params: list[str]) -> None:
        if methods[0] == "eth_getTransactionReceipt":
            office.chain.rpc("anvil_mine", hex(blocks))

    return mine


def balance(office: Office, address: str) -> int:
    return int(office.chain.rpc("eth_getBalance", address, "latest"), 16)
