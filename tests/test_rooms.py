"""Imports run downwards only, through the rooms as docs/architecture.md lists them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

_CHECKOUT = Path(__file__).parents[1]
_PACKAGE = _CHECKOUT / "rfmf_spark"
_MODULES_AT_ROOT = 8


def listed_rooms() -> list[str]:
    """Names of the rooms, from top to bottom."""
    page = (_CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = page.partition("## The rooms")[2].partition("Beside the package")[0]
    return re.findall(r"^\| `(\w+)(?:/|\.py)` \|", section, re.MULTILINE)


def room_of(module: Path) -> str:
    """The room that a file is in: a folder, or a module at the root."""
    return module.relative_to(_PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(source: str) -> Iterator[str]:
    """Rooms that a module imports from, wherever in it that stands."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rfmf_spark."):
            yield str(node.module).split(".")[1]
        elif isinstance(node, ast.ImportFrom) and node.module == "rfmf_spark":
            yield from (alias.name for alias in node.names if not alias.name.startswith("__"))


MODULES = sorted(path for path in _PACKAGE.rglob("*.py") if room_of(path) != "__init__")


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(_PACKAGE)))
def test_no_module_imports_from_a_room_above_its_own(module: Path) -> None:
    floors = {name: number for number, name in enumerate(listed_rooms())}
    above = [
        room
        for room in imported_rooms(module.read_text(encoding="utf-8"))
        if floors[room] < floors[room_of(module)]
    ]
    assert above == []


def test_every_room_is_listed_and_every_listed_one_is_there() -> None:
    assert sorted(listed_rooms()) == sorted({room_of(module) for module in MODULES})


def test_little_lies_loose_at_the_root() -> None:
    assert len(list(_PACKAGE.glob("*.py"))) <= _MODULES_AT_ROOT


def places() -> list[tuple[str, str]]:
    """Files and what the page says is in them."""
    page = (_CHECKOUT / "docs" / "architecture.md").read_text(encoding="utf-8")
    section = page.partition("Where is …?")[2].partition("Tests run on")[0]
    rows = re.findall(r"^\| [^|]+ \| `([\w/]+\.py)` \| (.+) \|$", section, re.MULTILINE)
    return [(file, name) for file, names in rows for name in re.findall(r"`(\w+)`", names)]


@pytest.mark.parametrize(("file", "name"), places())
def test_what_the_page_sends_a_newcomer_to_is_there(file: str, name: str) -> None:
    body = ast.parse((_PACKAGE / file).read_text(encoding="utf-8")).body
    defined = {node.name for node in body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assigned = {
        ast.unparse(target)
        for node in body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    }
    assert name in defined | assigned


@pytest.mark.parametrize("module", MODULES, ids=lambda path: str(path.relative_to(_PACKAGE)))
def test_modules_that_a_module_names_are_there(module: Path) -> None:
    """``name.py`` beside it, ``room/name.py`` in the package, or a path from the checkout."""
    named = re.findall(r"``([\w/]+\.py)``", module.read_text(encoding="utf-8"))
    around = (module.parent, _PACKAGE, _CHECKOUT)
    assert [name for name in named if not any((base / name).exists() for base in around)] == []


def test_an_import_upwards_is_noticed() -> None:
    upwards = "def late():\n    from rfmf_spark.cli.result_view import print_result\n"
    assert list(imported_rooms(upwards)) == ["cli"]
