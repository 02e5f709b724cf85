"""The names that users import: sorted, all there, and every error of ours among them."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

import proofdesk
from proofdesk import _contract_errors, _errors, _outbox, _rpc, _sender

# Where errors are public: of tickets and certificates; of claims, money and anchors; of keys.
HOMES = (proofdesk, import_module("proofdesk.claims.errors"), import_module("proofdesk.privacy.errors"))
INTERFACES = Path(__file__).parents[2] / "interfaces"


def test_names_are_sorted_and_unique() -> None:
    assert proofdesk.__all__ == sorted(set(proofdesk.__all__))


def test_every_name_resolves_and_is_public() -> None:
    for name in proofdesk.__all__:
        assert not name.startswith("_")
        assert getattr(proofdesk, name).__name__ == name
    assert dir(proofdesk) == proofdesk.__all__


def test_a_name_that_is_none() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Dask'"):
        proofdesk.Dask  # noqa: B018
    with pytest.raises(ImportError):
        from proofdesk import Dask  # type: ignore[attr-defined]  # noqa: F401


def test_every_error_is_public() -> None:
    raised = {
        name
        for module in (_errors, _outbox, _rpc, _sender)
        for name, value in vars(module).items()
        if inspect.isclass(value) and issubclass(value, proofdesk.ProofdeskError)
    }
    assert raised <= set(proofdesk.__all__)


@pytest.mark.parametrize("interface", sorted(INTERFACES.glob("*.sol")), ids=lambda path: path.stem)
def test_every_error_of_an_interface_is_public(interface: Path) -> None:
    errors = re.findall(r"^    error (\w+)\(", interface.read_text(encoding="utf-8"), re.MULTILINE)
    assert errors
    homes = [home for home in HOMES if set(errors) <= set(home.__all__)]
    assert homes, "each interface's errors are together in one place"
    for name in errors:
        assert getattr(homes[0], name) is getattr(_contract_errors, name)
        assert issubclass(getattr(homes[0], name), proofdesk.ContractRevert)


def test_what_type_checkers_see_is_what_is_there() -> None:
    source = Path(proofdesk.__file__).read_text(encoding="utf-8")
    block = source.split("if TYPE_CHECKING:")[1].split("__all__")[0]
    imported = re.sub(r"from [\w.]+ import|[(),]", " ", block).split()
    assert sorted(imported) == proofdesk.__all__


@pytest.mark.parametrize("package", ["claims", "privacy", "proof"])
def test_packages_name_what_is_there(package: str) -> None:
    home = import_module(f"proofdesk.{package}")
    assert sorted(home.__all__) == dir(home) == sorted(set(home.__all__))
    assert all(hasattr(home, name) for name in home.__all__)
