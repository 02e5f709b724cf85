"""The queue in a store: what is handed in waits once, is begun by one, and is found where it went."""

from __future__ import annotations

import doctest
import json
import re
import threading
from collections.abc import Callable, Sequence
from multiprocessing import get_context
from pathlib import Path

import pytest

import proofdesk.anchors.queue
from proofdesk import ContentMissing, ContentTampered, FolderStore, InvalidArgument, MemoryStore, MerkleTree
from proofdesk._store import Store
from proofdesk.anchors import root_of, standard_leaf
from proofdesk.anchors.queue import Queue, enqueue, proof_of, proofs_of, tree_of
from tests.anchors.test_tree import ROOT, ask_peer, run_node

DESK = "0x" + 20 * "11"
ME, OTHER = "0x" + 20 * "aa", "0x" + 20 * "bb"
NOW = 1_700_000_000.0


def values(count: int, first: int = 1) -> list[str]:
    """Values that stand neither in the order of their leaves nor of their names."""
    return [f"0x{(first + number) * 7919 % 104729:064x}" for number in range(count)]


def folder(path: Path) -> FolderStore:
    return FolderStore(path, chain_id=31337, desk=DESK, durable=False)


def anchored(store: Store, entries: Sequence[str]) -> MerkleTree:
    """As an anchorer does it, but for the chain."""
    for entry in entries:
        enqueue(store, entry, now=NOW)
    queue = Queue(store)
    trees = queue.begin([entries], ME, now=NOW)
    assert trees
    queue.finish(trees)
    queue.end(tree.root for tree in trees)
    return trees[0]


@pytest.mark.parametrize("test", doctest.DocTestFinder(exclude_empty=True).find(proofdesk.anchors.queue))
def test_example(test: doctest.DocTest) -> None:
    kept, entry = MemoryStore(), "0x" + 32 * "11"
    anchored(kept, [entry, "0x" + 32 * "22"])
    test.globs |= {"store": MemoryStore(), "anchored_store": kept, "entry": entry}
    output: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=output.append)
    assert not runner.failures, "".join(output)


def test_what_is_handed_in_again_waits_once_and_since_then() -> None:
    store = MemoryStore()
    for moment in (NOW, NOW + 50):
        enqueue(store, "0x" + 32 * "AB", now=moment)
    assert Queue(store).waiting(NOW + 60) == {"0x" + 32 * "ab": NOW}


def test_what_is_anchored_already_is_not_anchored_again() -> None:
    store, entries = MemoryStore(), values(3)
    anchored(store, entries)
    enqueue(store, entries[0])
    assert not Queue(store).waiting(NOW)
    # As it is when the anchorer was at it between the look and the writing.
    store.shelf("queue").put(entries[0], b'{"since":1}')
    assert Queue(store).begin([[entries[0]]], ME, now=NOW) == []
    assert not Queue(store).waiting(NOW)


@pytest.mark.parametrize("value", ["0x11", "help", "", 32 * b"\x11" + b"\x11", None, 5])
def test_what_is_no_value_is_refused(value: str) -> None:
    for function in (enqueue, proof_of, tree_of):
        with pytest.raises(InvalidArgument, match="value"):
            function(MemoryStore(), value)


def test_each_is_found_with_its_path_and_nothing_else_is() -> None:
    store, entries = MemoryStore(), values(1000)
    assert proof_of(store, entries[0]) is None and tree_of(store, entries[0]) is None
    tree = anchored(store, entries)
    assert not Queue(store).waiting(NOW) and Queue(store).begun() is None
    for entry in entries:
        found = proof_of(store, entry.upper().replace("X", "x"))
        assert found is not None and found.root == tree.root
        # A thousand messages: ten hashes.
        assert len(found.path) <= 10 and root_of(standard_leaf([entry]), found.path) == tree.root
    assert proof_of(store, values(1, 5000)[0]) is None
    kept = tree_of(store, entries[0])
    assert kept is not None and kept.dump() == tree.dump()


def test_openzeppelins_library_verifies_the_files_of_our_store(tmp_path: Path) -> None:
    store = folder(tmp_path)
    paths: list[list[tuple[str, str, tuple[str, ...]]]] = []
    for size in (1, 2, 3, 100, 1000):
        entries = values(size, first=2000 * (1 + len(paths)))
        anchored(store, entries)
        proofs = [(entry, found.root, found.path) for entry in entries if (found := proof_of(store, entry))]
        assert len(proofs) == size
        paths.append(proofs)
    files = [tmp_path / "shelves" / "trees" / each[0][1][2:4] / f"{each[0][1][2:]}.json" for each in paths]
    # Each is held against its neighbour's root too, where it must not verify.
    wrong = [(each[0][0], paths[number - 1][0][1], each[0][2]) for number, each in enumerate(paths)]
    asked = [
        {"file": str(file), "proofs": [*each, no]} for file, each, no in zip(files, paths, wrong, strict=True)
    ]
    for each, answer in zip(paths, ask_peer(asked), strict=True):
        assert answer["root"] == each[0][1]
        assert answer["paths"][:-1] == [list(path) for _value, _root, path in each]
        assert answer["verified"] == [True] * len(each) + [False]


# ------------------------------------------------------------------------------------------------- its order


def test_who_has_waited_longest_comes_first() -> None:
    store, entries = MemoryStore(), values(5)
    for seconds, entry in enumerate(entries):
        enqueue(store, entry, now=NOW - seconds)
    assert list(Queue(store).waiting(NOW)) == entries[::-1]


@pytest.mark.parametrize(
    "since", ['{"since":4e9}', '{"since":NaN}', '{"since":-5}', "{", '"no"', '{"since":"x"}']
)
def test_what_says_no_moment_that_can_be_waits_from_when_it_is_seen(since: str) -> None:
    store, entry = MemoryStore(), values(1)[0]
    store.shelf("queue").put(entry, since.encode())
    queue = Queue(store)
    assert [queue.waiting(NOW + later)[entry] for later in (0, 30)] == [NOW, NOW]


def test_what_waits_is_read_once() -> None:
    class Counted(MemoryStore):
        read = 0

        def get(self, entry: str) -> bytes:
            Counted.read += 1
            return super().get(entry)

    store = Counted()
    store._shelves["queue"] = shelf = Counted()
    for entry in values(20):
        enqueue(store, entry, now=NOW)
    queue = Queue(store)
    for _ in range(5):
        assert len(queue.waiting(NOW)) == 20
    assert Counted.read == 20
    # What has left is forgotten: handed in again it waits anew.
    shelf.delete(values(1)[0])
    queue.waiting(NOW)
    enqueue(store, values(1)[0], now=NOW + 9)
    assert queue.waiting(NOW + 9)[values(1)[0]] == NOW + 9


# ------------------------------------------------------------------------------------------------- beginning


def test_one_is_at_it_at_a_time() -> None:
    store, entries = MemoryStore(), values(4)
    for entry in entries:
        enqueue(store, entry, now=NOW)
    one, other = Queue(store), Queue(store)
    trees = one.begin([entries[:2]], ME, now=NOW)
    assert trees is not None and other.begin([entries[2:]], OTHER, now=NOW) is None
    begun = other.begun()
    assert begun is not None and (begun.by, begun.since, begun.roots) == (ME, NOW, (trees[0].root,))
    # Who is done late ends nothing that another has begun meanwhile.
    other.end(["0x" + 64 * "1"])
    assert one.begun() is not None
    one.end([trees[0].root])
    assert one.begun() is None and other.begin([entries[2:]], OTHER, now=NOW)


def test_what_another_ends_just_before_is_not_begun_again() -> None:
    class Late(MemoryStore):
        def create(self, entry: str, content: bytes) -> bool:
            # Between who looks what waits and who begins with it.
            if hook := hooks.pop() if hooks else None:
                hook()
            return super().create(entry, content)

    store, entries = MemoryStore(), values(3)
    hooks: list[Callable[[], object]] = []
    store._shelves["begun"] = Late()
    for entry in entries:
        enqueue(store, entry, now=NOW)
    hooks.append(lambda: anchored(store, entries[:2]))
    trees = Queue(store).begin([[entries[0]], entries[1:]], ME, now=NOW)
    assert trees is not None and [tree.values for tree in trees] == [((entries[2],),)]


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b'{"roots":5,"by":"","since":1}', b'{"roots":["0x1"],"by":"","since":1}', b'{"roots":[]}'],
)
def test_what_is_damaged_there_is_nobodys_and_ends(content: bytes) -> None:
    store = MemoryStore()
    store.shelf("begun").put("0x" + 64 * "0", content)
    begun = Queue(store).begun()
    assert begun is not None and (begun.roots, begun.since) == ((), 0.0)
    Queue(store).end(())
    assert Queue(store).begun() is None


def test_a_moment_beyond_all_calendars_is_none() -> None:
    store = MemoryStore()
    store.shelf("begun").put("0x" + 64 * "0", b'{"roots":[],"by":"","since":1e300}')
    begun = Queue(store).begun()
    assert begun is not None and begun.since == 0.0


def test_a_tree_that_is_begun_is_given_only_as_it_was() -> None:
    store, entries = MemoryStore(), values(4)
    tree, other = MerkleTree.of_entries(entries), MerkleTree.of_entries(entries[:2])
    queue, shelf = Queue(store), store.shelf("trees")
    assert queue.tree(tree.root) is None
    for content in (b"{", other.dump().encode()):
        shelf.put(tree.root, content)
        assert queue.tree(tree.root) is None
    shelf.put(tree.root, tree.dump().encode())
    found = queue.tree(tree.root)
    assert found is not None and found.root == tree.root


# -------------------------------------------------------------------------------------------- what is damaged


@pytest.mark.parametrize("function", [proof_of, tree_of])
def test_a_tree_that_is_not_there(function: Callable[[Store, str], object]) -> None:
    store, entries = MemoryStore(), values(3)
    tree = anchored(store, entries)
    store.shelf("trees").delete(tree.root)
    with pytest.raises(ContentMissing) as raised:
        function(store, entries[0])
    assert raised.value.entry == tree.root


@pytest.mark.parametrize("function", [proof_of, tree_of])
def test_a_tree_that_is_another(function: Callable[[Store, str], object]) -> None:
    store, entries = MemoryStore(), values(3)
    tree, other = anchored(store, entries), MerkleTree.of_entries(entries[:2])
    changed = json.loads(tree.dump()) | {"tree": ["0x" + 64 * "1"] * 5}
    for content in (b"{", other.dump().encode(), json.dumps(changed).encode()):
        store.shelf("trees").put(tree.root, content)
        with pytest.raises(ContentTampered, match=tree.root):
            function(store, entries[0])


@pytest.mark.parametrize("function", [proof_of, tree_of])
def test_a_pointer_that_is_none(function: Callable[[Store, str], object]) -> None:
    store, entries = MemoryStore(), values(1)
    for content in (b"{", b"[]", b'{"root":"0x11"}', b'{"root":5}'):
        store.shelf("batched").put(entries[0], content)
        with pytest.raises(ContentTampered, match="which tree"):
            function(store, entries[0])


# ---------------------------------------------------------------------------------------------- many at once


def hand_in(path: str, first: int) -> None:
    store = FolderStore(path, chain_id=31337, desk=DESK)
    for entry in values(150, first):
        enqueue(store, entry)


def test_several_processes_hand_in_while_others_begin(tmp_path: Path) -> None:
    """Two of three write half of the same; nothing is lost, and nothing is in two trees."""
    store, spawned = folder(tmp_path), get_context("spawn")
    writers = [spawned.Process(target=hand_in, args=(str(tmp_path), first)) for first in (1, 76, 500)]
    for writer in writers:
        writer.start()
    expected, trees, lock = {*values(225), *values(150, 500)}, [], threading.Lock()

    def work(queue: Queue, who: str) -> None:
        while any(writer.is_alive() for writer in writers) or queue.waiting(NOW):
            begun = queue.begin([list(queue.waiting(NOW))], who, now=NOW)
            if begun:
                queue.finish(begun)
                queue.end(tree.root for tree in begun)
                with lock:
                    trees.extend(begun)

    threads = [threading.Thread(target=work, args=(Queue(store), who)) for who in (ME, OTHER)]
    for thread in threads:
        thread.start()
    for writer in writers:
        writer.join(60)
    for thread in threads:
        thread.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0, 0]
    found = [value for tree in trees for (value,) in tree.values]
    assert sorted(found) == sorted(expected)
    assert all(proof_of(store, entry) is not None for entry in expected)


# ------------------------------------------------------------------------------------------------- the page


def test_the_pages_javascript_verifies_a_value_by_its_trees_file(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "anchoring.md").read_text(encoding="utf-8")
    (printed,) = re.findall(r"<!-- verify.js -->\n```js\n(.*?)^```", page, re.M | re.S)
    script = tmp_path / "verify.js"
    script.write_text(printed, encoding="utf-8")
    entries = values(20)
    tree = anchored(folder(tmp_path / "records"), entries)
    file = tmp_path / "records" / "shelves" / "trees" / tree.root[2:4] / f"{tree.root[2:]}.json"
    done = run_node(script, str(file), entries[7])
    assert done.stdout == f"{tree.root} true\n"
    stranger = run_node(script, str(file), values(1, 5000)[0])
    assert stranger.returncode != 0 and "Leaf is not in tree" in stranger.stderr


def test_of_many_values_each_tree_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A ticket's messages are as many as its customer likes, and a tree may have 100,000 leaves."""
    store, read = MemoryStore(), []
    known = [f"0x{number:064x}" for number in range(1, 41)]
    queue = Queue(store)
    trees = queue.begin([known[:25], known[25:]], "0x" + 40 * "1", now=1.0)
    assert trees is not None
    queue.finish(trees)
    from proofdesk.anchors import queue as module

    whole = module.paths_in
    monkeypatch.setattr(module, "paths_in", lambda *given: read.append(1) or whole(*given))
    found = proofs_of(store, [*known, "0x" + 64 * "f"])
    assert len(read) == 2 and list(found) == known
    assert found == {value: proof_of(store, value) for value in known}
