"""Tokens, offices, policies and promises, compared with the config, and the treasurer's delay."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from proofdesk._errors import ConfigurationError
from proofdesk._models import Event
from proofdesk.claims import ETH, EvidenceKind
from proofdesk.ops._check_access import members
from proofdesk.ops._claims import IN_OFFICE, items_of
from proofdesk.ops._code import code_at
from proofdesk.ops._contracts import COMPENSATION, POLICIES, VAULT
from proofdesk.ops._events import events, whole
from proofdesk.ops._findings import Finding, Reading
from proofdesk.ops.claims_terms import ClaimsTerms
from proofdesk.ops.network import LOCAL_CHAINS
from proofdesk.ops.roles import DAY, TREASURER_DELAY, Role

_OR_CONFIG = "or name it in the config"


def check_claims(desk: Reading) -> Iterator[Finding]:
    """Whatever the config says of claims is on chain."""
    for item in items_of(desk.config):
        try:
            is_done = item.is_done(desk.node, desk.addresses)
        except ConfigurationError as error:
            yield Finding(item.name, "as the config says", "something else", str(error))
            continue
        if not is_done:
            advice = f"run deploy again as {item.role}, or as ADMIN while there are no rules"
            yield Finding(item.name, "on chain", "missing", advice)
    for token in _terms(desk).tokens:
        if not code_at(desk.node, token):
            advice = f"as TREASURER call delistToken({token}), and take it out of the config"
            yield Finding(f"code of token {token}", "a contract", "no code: no payment in it arrives", advice)
    wanted = {name: policy.id for name, policy in _terms(desk).policies.items()}
    known = desk.deployment.policies
    if wanted != {name: known.get(name) for name in wanted}:
        advice = "run deploy again: it writes the manifest anew; a policy's file never changes"
        yield Finding("policies in the manifest", str(wanted), str(dict(known)), advice)


def check_unnamed(desk: Reading) -> Iterator[Finding]:
    """Whatever is on chain is in the config: who signs receipts and evidence can take from the vault."""
    terms = _terms(desk)
    for token in _accounts(desk, VAULT, "TokenListed", "token"):
        if token not in (ETH, *terms.tokens) and desk.call(VAULT, "isListed", token):
            advice = f"as TREASURER call delistToken({token}), {_OR_CONFIG}"
            yield Finding("tokens that the vault takes", "no other", token, advice)
    for account in _accounts(desk, POLICIES, "MerchantAppointed", "account"):
        _, until = desk.call(POLICIES, "merchantTerm", account)
        if account not in terms.merchants and until == IN_OFFICE:
            advice = f"as CLAIMS_EDITOR call dismissMerchant({account}), {_OR_CONFIG}"
            yield Finding("merchants in office", "no other", account, advice)
    for event in _events(desk, POLICIES, "PartyAccredited"):
        account, kind = str(event.arguments["account"]), EvidenceKind(whole(event, "kind"))
        _, until = desk.call(POLICIES, "partyTerm", account, int(kind))
        if (kind, account) not in terms.parties and until == IN_OFFICE:
            advice = f"as CLAIMS_EDITOR call discredit({account}, {int(kind)}), {_OR_CONFIG}"
            yield Finding(f"parties for {kind.name.lower()}", "no other", account, advice)
    published = {policy.id for policy in terms.policies.values()}
    for event in _events(desk, POLICIES, "PolicyPublished"):
        if (policy := str(event.arguments["policyId"])) not in published:
            # Receipts may name it for years after its file left the config.
            advice = "it stands for ever; receipts are signed by those that the config names"
            yield Finding("policies on chain", "no other", policy, advice, is_warning=True)
    numbers = {number: lane.name for number, lane in enumerate(desk.config.lanes, 1)}
    promised = {promise.lane for promise in terms.compensation}
    for event in _events(desk, COMPENSATION, "CompensationPromised"):
        if (lane := numbers.get(whole(event, "lane"), str(whole(event, "lane")))) not in promised:
            advice = "it stands for ever: write it into the config"
            yield Finding("lanes that promise compensation", "no other", lane, advice)


def check_treasurers(desk: Reading) -> Iterator[Finding]:
    """Off local chains customers see a day before what leaves the vault."""
    if desk.config.chain_id in LOCAL_CHAINS or VAULT not in desk.addresses:
        return
    for account, (_, delay) in members(desk).get(Role.TREASURER, {}).items():
        if delay < TREASURER_DELAY:
            yield Finding(
                f"execution delay of treasurer {account}",
                f"{TREASURER_DELAY // DAY} day or more",
                f"{delay} s",
                f"as ADMIN call grantRole({int(Role.TREASURER)}, {account}, {TREASURER_DELAY})",
            )


def _terms(desk: Reading) -> ClaimsTerms:
    return desk.config.claims or ClaimsTerms()


def _events(desk: Reading, contract: str, name: str) -> list[Event]:
    """The events of a contract that the desk may not have."""
    known: Any = desk.deployment.contracts.get(contract)
    return events(desk.node, contract, known.address, [name], known.block) if known else []


def _accounts(desk: Reading, contract: str, name: str, argument: str) -> list[str]:
    """What events of a name are about, each once."""
    return sorted({str(event.arguments[argument]) for event in _events(desk, contract, name)})
