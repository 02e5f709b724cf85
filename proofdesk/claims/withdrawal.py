"""Withdrawals of what the vault owes, signed by who is owed it for anyone to carry."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, ClassVar

from proofdesk._checks import MAX_INTEGER
from proofdesk._deployments import Deployment
from proofdesk.claims.forms import ADDRESS, CHAIN, DEADLINE, NO_SIGNATURE, SIGNATURE, TOKEN, number
from proofdesk.claims.signable import WITHDRAW, Signed, signed_by
from proofdesk.signed.reading import Malformed
from proofdesk.signed.signers import Signer, address_in
from proofdesk.signed.signing import Deadline, seconds_of


class MalformedWithdrawal(Malformed):
    """What was handed in is no withdrawal; `field` does not fit, `problem` says how."""

    what = "withdrawal"


@dataclass(frozen=True, slots=True, repr=False)
class SignedWithdrawal(Signed):
    """An order to the vault to pay out all that it owes an account; raises MalformedWithdrawal.

    `vault` is RefundVault's address, `token` the zero address for ETH, `nonce` the account's in the vault,
    `deadline` seconds since 1970.
    """

    vault: str
    account: str
    token: str
    to: str
    nonce: int
    deadline: int

    FORM: ClassVar = {
        "chain_id": CHAIN,
        "vault": ADDRESS,
        "account": ADDRESS,
        "token": TOKEN,
        "to": ADDRESS,
        "nonce": number(0, MAX_INTEGER, "the account's nonce in the vault, from 0"),
        "deadline": DEADLINE,
        "signature": SIGNATURE,
    }
    ERROR: ClassVar = MalformedWithdrawal
    STRUCT: ClassVar = WITHDRAW
    SIGNER: ClassVar = "account"
    CONTRACT: ClassVar = "vault"

    @property
    def arguments_for(self) -> tuple[Any, ...]:
        """What withdrawFor takes."""
        return self.account, self.token, self.to, self.deadline, self.signature


def sign_withdrawal(
    deployment: Deployment,
    signer: Signer,
    *,
    token: str,
    to: str,
    nonce: int,
    deadline: Deadline = None,
) -> SignedWithdrawal:
    """Sign the withdrawal of all that is owed to the signer in a token; by default it holds for 24 hours.

    Raises MalformedWithdrawal naming the field that cannot be meant, InvalidArgument, what the signer raises.

    >>> order = sign_withdrawal(manifest, account, token=ETH, to="0x" + 20 * "11", nonce=0)
    >>> SignedWithdrawal.from_json(order.to_json()) == order, order.is_signed_by_key()
    (True, True)
    """
    unsigned = SignedWithdrawal(
        chain_id=deployment.chain_id,
        vault=deployment.contract("RefundVault").address,
        account=address_in(signer),
        token=token,
        to=to,
        nonce=nonce,
        deadline=seconds_of(deadline, time.time()),
        signature=NO_SIGNATURE,
    )
    return signed_by(signer, unsigned)
