"""A person's own reading key, published on chain: that records and roles' keys are sealed to it.

Everybody knows whose it is, and so can tell from a record's wraps that he reads it; who is not to be known is
given records by a Reader with a key that he publishes nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from proofdesk._abi import decode_event, topic
from proofdesk._errors import ConfigurationError, ContractRevert, InvalidArgument
from proofdesk._models import Event, Result
from proofdesk._words import moment, to_bytes, to_hex
from proofdesk.privacy.errors import InvalidKey
from proofdesk.privacy.keys import Reader, ReadingKey, unfit
from proofdesk.privacy.members import REGISTRY
from proofdesk.signed.signers import Signer, account_address

if TYPE_CHECKING:
    from proofdesk._async_desk import AsyncDesk
    from proofdesk.privacy.publishing import SignedKey
    from proofdesk.signed.signing import Deadline

_NONE: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class PublishedKey:
    """An account's reading key as the registry has it; `key` is 32 bytes, None where it was retired."""

    owner: str
    key: bytes | None = field(repr=False)
    version: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Logged:
    """An event of the registry, and where it stands."""

    arguments: Mapping[str, Any]
    block: int
    tx_hash: str

    @classmethod
    def of(cls, log: Mapping[str, Any]) -> Logged:
        event = decode_event(log)
        said = event.arguments if isinstance(event, Event) else {}
        return cls(said, int(log["blockNumber"], 16), log["transactionHash"])


class AsyncOwnKeys:
    """Publishes the key of a desk's account, and reads whose key is which."""

    def __init__(self, desk: AsyncDesk) -> None:
        self._desk = desk

    async def publish(self, key: ReadingKey | bytes | None = None) -> Result:
        """Publish the desk's account's reading key: its keyring's current one, or another's public half.

        Done again it sends nothing. Raises InvalidKey for one that nobody can seal to.

        >>> keyring = Keyring([ReadingKey.new()])
        >>> agent.using(account, keyring=keyring).keys.publish().events[0].arguments["version"]
        1
        """
        return await self._publish(self._public(key))

    async def retire(self) -> Result:
        """Retire the account's key: nobody shares a role to it any more. Raises NoKey where there is none.

        >>> _ = desk.keys.publish(ReadingKey.new())
        >>> _ = desk.keys.retire()
        >>> desk.keys.of(desk.sender.address).key is None
        True
        """
        return await self._publish(_NONE)

    async def sign_publish(
        self,
        key: ReadingKey | bytes | None = None,
        *,
        deadline: Deadline = None,
        signer: Signer | None = None,
    ) -> SignedKey:
        """Sign the publishing of a key, for anyone to carry; `deadline` and `signer` are as for tickets.

        >>> signed = desk.keys.sign_publish(key.public, signer=account)
        >>> desk.keys.carry(signed).events[0].arguments["owner"] == account.address
        True
        """
        return await self._signed(self._public(key), deadline, signer)

    async def sign_retire(self, *, deadline: Deadline = None, signer: Signer | None = None) -> SignedKey:
        """Sign that one's key is retired, for anyone to carry; raises as `sign_publish`."""
        return await self._signed(_NONE, deadline, signer)

    async def carry(self, signed: SignedKey) -> Result:
        """Publish what its owner signed; anyone may. What is on chain already is not sent again.

        Raises WrongVersion where another key was published since, SignatureExpired, InvalidSignature,
        InvalidArgument for a key of another desk.
        """
        from proofdesk.claims.chain import refuse_elsewhere

        refuse_elsewhere(self._desk, REGISTRY, signed)
        try:
            return await self._desk.send(REGISTRY, "publishFor", *signed.arguments_for)
        except ContractRevert:
            found = await self._published(signed.owner, signed.version)
            if found is None or found.arguments["key"] != signed.key:
                raise
            return await self._desk.result(found.tx_hash)

    async def of(self, owner: str) -> PublishedKey | None:
        """An account's reading key; None where it never published one.

        >>> desk.keys.of(newcomer) is None
        True
        """
        address = account_address(owner)
        key, version, since = await self._read("keyOf", address)
        return PublishedKey(address, key_in(key), version, moment(since)) if version else None

    async def reader_of(self, owner: str) -> Reader:
        """An account as a reader, by its published key; raises InvalidArgument where it has none.

        >>> desk.keys.reader_of(newcomer)
        Traceback (most recent call last):
        proofdesk._errors.InvalidArgument: 0x... never published a reading key: have it do desk.keys.publish
        """
        found = await self.of(owner)
        if found is None or found.key is None:
            address = account_address(owner)
            problem = "never published a reading key" if found is None else "has retired its reading key"
            raise InvalidArgument(f"{address} {problem}: have it do desk.keys.publish")
        return Reader(found.owner, found.key)

    # --------------------------------------------------------------------------------------------- internal

    async def _publish(self, public: bytes) -> Result:
        owner, hexed = self._desk.sender.address, to_hex(public)
        key, version, _ = await self._read("keyOf", owner)
        if version and key == hexed and (found := await self._published(owner, version)):
            return await self._desk.result(found.tx_hash)
        return await self._desk.send(REGISTRY, "publish", hexed)

    async def _signed(self, public: bytes, deadline: Deadline, signer: Signer | None) -> SignedKey:
        # Late: who reads and writes signs nothing of this.
        from proofdesk.claims.chain import address_by, signed_by, until
        from proofdesk.privacy.publishing import sign_key

        owner = address_by(self._desk, signer)
        version = (await self._read("keyOf", owner))[1] + 1
        last = await until(self._desk, deadline)
        deployment = self._desk.deployment
        return await signed_by(
            self._desk,
            signer,
            lambda by: sign_key(deployment, by, key=public, version=version, deadline=last),
        )

    def _public(self, key: ReadingKey | bytes | None) -> bytes:
        if key is None:
            if self._desk.keyring is None:
                raise ConfigurationError("this desk was connected without keyring=: pass it, or the key")
            key = self._desk.keyring.own[0]
        public = key.public if isinstance(key, ReadingKey) else key
        if problem := unfit(public):
            raise InvalidKey(f"the key {problem}: publish the public half of a ReadingKey")
        return public

    async def _read(self, function: str, *args: object) -> Any:
        return await self._desk.read(REGISTRY, function, *args)

    async def _published(self, owner: str, version: int) -> Logged | None:
        wanted = [topic(REGISTRY, "KeyPublished"), f"0x{int(owner, 16):064x}", f"0x{version:064x}"]
        return next(iter(await self._logs(wanted)), None)

    async def _logs(self, topics: list[Any]) -> list[Logged]:
        contract, node = self._desk.deployment.contract(REGISTRY), self._desk.node
        logs = await node.logs(contract.address, topics, contract.block, await node.height())
        return [Logged.of(log) for log in logs]


def key_in(word: str) -> bytes | None:
    """A key of the registry; None where there is none."""
    key = to_bytes(word, 32, "key")
    return None if key == _NONE else key
