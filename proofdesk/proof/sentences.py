"""The sentences in which a proof is told, each in English and Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from proofdesk._models import Actor, Standing, Status

LANGUAGES: Final = ("en", "zh")

SAID: Final[Mapping[str, tuple[str, str]]] = {
    "given": (
        "All this stands in block {number} of chain {chain}, of {at}; its hash {hash} is the one you gave.",
        "以下内容均见于链 {chain} 的第 {number} 个区块（{at}）；其哈希 {hash} 与您给出的一致。",
    ),
    "asked": (
        "All this stands in block {number} of chain {chain}, of {at}; its hash {hash} is the one that the "
        "node that you named has for it.",
        "以下内容均见于链 {chain} 的第 {number} 个区块（{at}）；其哈希 {hash} 与您指定的节点给出的一致。",
    ),
    "not given": (
        "All this holds if {hash} is the hash of block {number} of chain {chain}, of {at}.",
        "以下内容成立的前提是：{hash} 确为链 {chain} 第 {number} 个区块（{at}）的哈希。",
    ),
    "code": (
        "The code of the desk's contracts is exactly this package's, made for this chain and for each other: "
        "{contracts}. It refuses an illegal move, and an act of an agent without a valid certificate.",
        "客服台合约的代码与本软件包的完全一致，为此链、为彼此而部署：{contracts}。"
        "该代码拒绝不合法的状态变化，也拒绝没有有效证书的客服人员的操作。",
    ),
    "began": (
        "Each of these contracts was empty when it was made, for only this package's code could be put at "
        "its address: {contracts}. What the code refuses never happened there.",
        "以下每个合约创建时都是空的，因为其地址上只可能放置本软件包的代码：{contracts}。"
        "代码所拒绝的，在那里从未发生。",
    ),
    "at": ("{name} at {address}", "{name}（位于 {address}）"),
    "ticket": (
        "Ticket {id} of customer {customer} is {status}{rating}{breached}. {acts} acts were done on it, and "
        "here are all of them, in their order: none is left out, put in or changed.",
        "客户 {customer} 的工单 {id} 状态为“{status}”{rating}{breached}。对它一共进行了 {acts} 个操作，"
        "此处按顺序全部列出：没有遗漏，没有添加，没有改动。",
    ),
    "rating": (", rated {rating} of 5", "，评分 {rating}（满分 5）"),
    "breached": (", and the desk missed a deadline on it", "，客服台曾在此工单上逾期"),
    "act": (
        "Act {number}, {at}, by {kind} {actor}: {step}.{said}",
        "第 {number} 个操作，{at}，{kind} {actor}：{step}。{said}",
    ),
    "opened": ("opened in lane {lane}", "在队列 {lane} 开单"),
    "moved": ("from {before} to {after}", "由“{before}”变为“{after}”"),
    "stayed": ("stays {after}", "状态仍为“{after}”"),
    "rated": ("rated {rating} of 5", "评分 {rating}（满分 5）"),
    "transferred": (
        "from {before} to {after}, transferred from lane {from_lane} to lane {lane}",
        "由“{before}”变为“{after}”，从队列 {from_lane} 转到队列 {lane}",
    ),
    "seated": (", to the agent with certificate {seat}", "，交给持有证书 {seat} 的客服人员"),
    "said": (" Its record ({kind}, by {author}): {words}", "记录（{kind}，{author}）：{words}"),
    "no words": ("no words", "没有文字"),
    "attached": (
        "; attached {name}, {size} bytes of SHA-256 {sha256}",
        "；附件 {name}，{size} 字节，SHA-256 {sha256}",
    ),
    "data": ("; with the data {data}", "；数据 {data}"),
    "reply key": (
        "; the file also shows the key by which the customer is answered, for without it the record would "
        "not be the one of this entry",
        "；文件还包含用于答复客户的密钥（公钥），因为缺少它，该记录便与此条目不符",
    ),
    "certificate": (
        "Certificate {id} is of agent {agent}, for program {program} at level {level}, from {issued} until "
        "{expires}; at this block it is {standing}.{renewed}",
        "证书 {id} 属于客服人员 {agent}，项目 {program}，级别 {level}，自 {issued} 至 {expires}；"
        "在此区块时{standing}。{renewed}",
    ),
    "renewed": (
        " It was renewed after an act here: the term before that is not in the chain's state, but the "
        "contract admits nobody without a valid certificate.",
        "它在此处的操作之后曾续期：此前的期限不在链的状态中，但合约不接受没有有效证书的人。",
    ),
    "lane": (
        "The log of lane {id} has {size} acts and the root {root}.",
        "队列 {id} 的日志有 {size} 个操作，根为 {root}。",
    ),
    "earlier": (
        "The log of lane {id} that had {size} acts and the root {root} is continued by this one: nothing in "
        "it was changed since.",
        "队列 {id} 的日志曾有 {size} 个操作、根为 {root}；现在的日志是它的延续：此后其中没有任何改动。",
    ),
    "message": (
        "Message {entry} was there at {at}, when the root {root} was anchored ({kind}, by {author}): {words}",
        "消息 {entry} 在 {at} 根 {root} 锚定时已经存在（{kind}，{author}）：{words}",
    ),
    "hidden one": (
        "The record of act {acts} is not shown: what it says, perhaps that something was erased, is fixed by "
        "its entry, but not known here.",
        "第 {acts} 个操作的记录没有出示：其内容（也可能是某内容已被删除）由其条目固定，但在此无从得知。",
    ),
    "hidden": (
        "The records of acts {acts} are not shown: what they say, perhaps that something was erased, is "
        "fixed by their entries, but not known here.",
        "第 {acts} 个操作的记录没有出示：其内容（也可能是某内容已被删除）由其条目固定，但在此无从得知。",
    ),
    "names again": (
        "Act {act} names the record of act {of} again: there is one record for both, shown where it fits.",
        "第 {act} 个操作再次引用了第 {of} 个操作的记录：两者只有这一份记录，仅在相符之处出示。",
    ),
    "names message": (
        "Act {act} names message {entry}: it has no record of its own.",
        "第 {act} 个操作引用了消息 {entry}：它没有自己的记录。",
    ),
    "messages": (
        "Messages beside the acts are shown as its maker chose: that there are others cannot be seen here.",
        "操作之外的消息由制作者选择出示：是否还有其他消息，在此无法得知。",
    ),
    "erased": (
        "Act {act} of {at}, by {kind} {by}, says that {what} was erased; ground: {ground}.",
        "第 {act} 个操作（{at}，{kind} {by}）称{what}已被删除；依据：{ground}。",
    ),
    "erased act": ("the record of act {act}", "第 {act} 个操作的记录"),
    "erased ticket": (
        "what was written on this ticket up to act {acts}, messages too,",
        "此工单截至第 {acts} 个操作的全部文字（包括消息）",
    ),
    "erased other": (
        "record {entry}, which is that of no act before it,",
        "不属于此前任何操作的记录 {entry} ",
    ),
    "erased something": ("something, which it does not name plainly,", "某项未明确指出的内容"),
    "shown still": (
        "This file discloses it, or some of it, all the same: somebody kept a copy.",
        "但此文件仍出示了其全部或部分内容：有人保留了副本。",
    ),
    "not shown": (
        "This file does not show it; that nobody has it any more, nothing can prove.",
        "此文件没有出示该内容；至于是否再无人持有，无从证明。",
    ),
    "not shown acts": (
        "This file shows none of those acts' records, but for those of erasures; that nobody has them any "
        "more, nothing can prove.",
        "除删除记录外，此文件没有出示这些操作的任何记录；至于是否再无人持有，无从证明。",
    ),
    "no ground": ("none was named", "未说明"),
    "limit block": (
        "That the block is on the chain: no hash was given to compare. Get it from a source that you trust.",
        "区块确在链上：没有给出可比对的哈希。请从您信任的来源取得。",
    ),
    "limit asked": (
        "That the node said the truth about the block: who runs it could name another one. Compare the hash "
        "with a second source.",
        "节点关于区块所言属实：其运营者可以给出别的区块。请与另一来源核对该哈希。",
    ),
    "limit began": (
        "That each of these contracts was empty when it was made: {contracts}. Whoever sets one up in a way "
        "of his own can write acts and dates into it that never happened, and this file does not rule that "
        "out. Look at the transaction that made it, or have `proofdesk check` do so by the desk's manifest.",
        "以下每个合约创建时都是空的：{contracts}。若有人以自己的方式创建合约，便可事先写入从未发生的操作和时间，"
        "此文件不能排除这一点。请查看创建它的交易；持有客服台清单的人可用 `proofdesk check` 查验。",
    ),
    "limit desk": (
        "That TicketDesk at {desk} is the desk of whom you mean, whom the file calls {called}: compare the "
        "address with what they publish.",
        "位于 {desk} 的 TicketDesk 确属您所指的一方（文件称其为 {called}）：请与对方公布的地址核对。",
    ),
    "limit later": (
        "What was done on the ticket after that block.",
        "该区块之后对此工单所做的操作。",
    ),
    "limit said": (
        "That what is shown is all that was said: what went by phone, or by mail and was never recorded, is "
        "not here.",
        "所出示的就是说过的全部：电话里说的、未作记录的邮件，都不在此处。",
    ),
    "limit words": (
        "That what the records say is true, their authors' names and times included: proven is that these "
        "words were committed to, by whose account and when.",
        "记录所言属实，包括其中的作者姓名和时间：所证明的是这些文字已被固定，以及由哪个账户在何时固定。",
    ),
    "limit message": (
        "Who wrote a message, and that he wrote it to this desk: it names the ticket's id, which can be made "
        "on another desk too. Proven is that it was there by then.",
        "消息由谁所写，以及是否写给此客服台：消息只写明工单编号，而同一编号也可在别的客服台产生。"
        "所证明的是它当时已经存在。",
    ),
    "limit person": ("Which person holds which account.", "各账户由何人持有。"),
}
STATUS: Final[Mapping[Status, tuple[str, str]]] = {
    Status.NONE: ("none", "无"),
    Status.NEW: ("new", "新建"),
    Status.OPEN: ("open", "处理中"),
    Status.WAITING: ("waiting for the customer", "等待客户"),
    Status.ON_HOLD: ("on hold", "搁置"),
    Status.RESOLVED: ("resolved", "已解决"),
    Status.REJECTED: ("rejected", "已驳回"),
    Status.ESCALATED: ("escalated", "已升级"),
    Status.DISPUTED: ("disputed", "争议中"),
    Status.CLOSED: ("closed", "已关闭"),
}
ACTOR: Final[Mapping[Actor, tuple[str, str]]] = {
    Actor.NONE: ("nobody", "无"),
    Actor.CUSTOMER: ("the customer", "客户"),
    Actor.AGENT: ("the agent", "客服人员"),
    Actor.SUPERVISOR: ("the supervisor", "主管"),
    Actor.MODULE: ("the module", "模块"),
    Actor.ANYONE: ("the caller of an overdue clock", "逾期提请人"),
}
STANDING: Final[Mapping[Standing, tuple[str, str]]] = {
    Standing.NONE: ("none", "不存在"),
    Standing.ACTIVE: ("valid", "有效"),
    Standing.SUSPENDED: ("suspended", "已暂停"),
    Standing.REVOKED: ("revoked", "已撤销"),
    Standing.RESIGNED: ("resigned", "已放弃"),
}
EXPIRED: Final = "expired", "已到期"
