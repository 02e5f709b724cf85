"""A reading key signed by its owner, for anyone to publish: he needs no gas for it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from proofdesk._deployments import Deployment
from proofdesk.claims.forms import ADDRESS, CHAIN, DEADLINE, NO_SIGNATURE, ROOT, SIGNATURE, number
from proofdesk.claims.signable import Signed, signed_by
from proofdesk.signed.eip712 import Struct
from proofdesk.signed.reading import Malformed
from proofdesk.signed.signers import Signer, address_in
from proofdesk.signed.signing import Deadline, seconds_of

NONE: Final = bytes(32)  # in place of a key: there is none from now on

_MOST_VERSIONS: Final = 2**32 - 1


class MalformedKey(Malformed):
    """What was handed in is no signed key; `field` does not fit, `problem` says how."""

    what = "signed key"


@dataclass(frozen=True, slots=True, repr=False)
class SignedKey(Signed):
    """A public key that its owner has published, or retires; raises MalformedKey.

    `registry` is KeyRegistry's address, `key` 32 bytes in 0x-hex, zeros to retire, `version` the one that it
    makes, so that it is carried once and in order; `deadline` is seconds since 1970.
    """

    registry: str
    owner: str
    key: str
    version: int
    deadline: int

    FORM: ClassVar = {
        "chain_id": CHAIN,
        "registry": ADDRESS,
        "owner": ADDRESS,
        "key": ROOT,
        "version": number(1, _MOST_VERSIONS, "the version that it makes, from 1"),
        "deadline": DEADLINE,
        "signature": SIGNATURE,
    }
    ERROR: ClassVar = MalformedKey
    STRUCT: ClassVar = Struct.of("PublishKey(address owner,bytes32 key,uint32 version,uint64 deadline)")
    SIGNER: ClassVar = "owner"
    CONTRACT: ClassVar = "registry"

    @property
    def arguments_for(self) -> tuple[Any, ...]:
        """What publishFor takes."""
        return self.owner, self.key, self.version, self.deadline, self.signature


def sign_key(
    deployment: Deployment, signer: Signer, *, key: bytes, version: int, deadline: Deadline = None
) -> SignedKey:
    """Sign a public key as its owner, without a node; by default it holds for 24 hours.

    Raises MalformedKey naming the field that cannot be meant, InvalidArgument, what the signer raises.

    >>> signed = sign_key(manifest, account, key=key.public, version=1)
    >>> SignedKey.from_json(signed.to_json()) == signed, signed.is_signed_by_key()
    (True, True)
    """
    unsigned = SignedKey(
        chain_id=deployment.chain_id,
        registry=deployment.contract("KeyRegistry").address,
        owner=address_in(signer),
        key="0x" + key.hex(),
        version=version,
        deadline=seconds_of(deadline, time.time()),
        signature=NO_SIGNATURE,
    )
    return signed_by(signer, unsigned)
