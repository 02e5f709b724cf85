"""An integrator's program, in the lines in which the client was designed."""

import os
import sys

from eth_account import Account

from proofdesk import Desk, StaleTicket
from proofdesk.privacy import Keyring, ReadingKey

url, agent = sys.argv[1:]
keyring = Keyring([ReadingKey.new()])
desk = Desk.connect(url, account=Account.from_key(os.environ["KEY"]), keyring=keyring)

ticket = desk.tickets.open(
    lane="payments", content={"channel": "chat", "subject": "Refund", "body": "Where is my refund?"}
)
print(ticket.status.name, ticket.due_at > desk.now(), ticket.customer == desk.sender.address)
print(desk.tickets.get(ticket.id) == ticket)

desk.tickets.reply(ticket, "I paid on Monday.")
try:
    desk.tickets.reply(ticket, "Hello?")
except StaleTicket as error:
    print(f"stale: {error.seen} seen, {error.acts} there")

for entry in desk.tickets.history(ticket.id):
    print(entry.act.number, entry.record.body)
print(desk.tickets.verify(ticket.id).acts)

certified = desk.certification.is_certified
for at_block in (1, desk.node.height()):
    print(certified(agent, program="payments-support", level=2, at_block=at_block))
