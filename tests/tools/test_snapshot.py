"""Snapshots show what changed, and a contract over the limit is refused."""

from __future__ import annotations

import pytest

from tools import snapshot
from tools.build import compiled
from tools.compiler import BuildError
from tools.snapshot import SIZE_LIMIT, compare, sizes, storage_layout


def test_snapshots_are_those_of_the_sources() -> None:
    for path, text in snapshot.snapshots(compiled()).items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name}: run make snapshot"


def contract(code_bytes: int) -> dict[str, str]:
    return {"deployedBytecode": "0x" + "00" * code_bytes}


def test_a_contract_at_the_limit_is_listed_and_one_byte_more_refused() -> None:
    assert f"{SIZE_LIMIT:,}" in sizes({"Desk": contract(SIZE_LIMIT)})
    with pytest.raises(BuildError, match="Desk has 20,001 bytes of code, 20,000 are allowed"):
        sizes({"Desk": contract(SIZE_LIMIT + 1)})


def test_a_layout_shows_variables_and_the_members_of_structs() -> None:
    layout = {
        "storage": [{"slot": "0", "offset": 0, "label": "_a", "type": "t_struct(A)12_storage"}],
        "types": {
            "t_struct(A)12_storage": {
                "label": "struct A",
                "numberOfBytes": "32",
                "members": [{"slot": "0", "offset": 4, "label": "b", "type": "t_bool"}],
            },
            "t_bool": {"label": "bool", "numberOfBytes": "1"},
        },
    }
    text = storage_layout(layout)
    assert "   0       0      32  _a: struct A" in text
    assert "   0       4       1  b: bool" in text
    assert "12_storage" not in text  # the compiler's numbering changes with every source


def test_equal_figures_differ_in_nothing() -> None:
    assert compare({"open": 1}, {"open": 1}) == []
