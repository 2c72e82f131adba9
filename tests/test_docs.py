"""The documentation against the code: links, tables and columns, exit codes, reasons, settings."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from rfmf_spark.config.settings import Settings
from rfmf_spark.errors import RfmfError
from rfmf_spark.ledger import repeats
from rfmf_spark.ledger.trade_types import TRADE_TYPES
from rfmf_spark.schemas import reasons
from rfmf_spark.schemas.inputs import (
    NAV_COLUMNS,
    OPENING_COLUMNS,
    PRODUCT_COLUMNS,
    PROFILE_COLUMNS,
    TRADE_COLUMNS,
    InputColumn,
)
from rfmf_spark.schemas.tables import OUTPUT_TABLES

CHECKOUT = Path(__file__).resolve().parents[1]
PAGES = [
    CHECKOUT / "README.md",
    CHECKOUT / "CHANGELOG.md",
    *sorted((CHECKOUT / "docs").glob("*.md")),
]
CONTRACT = (CHECKOUT / "docs" / "data-contract.md").read_text(encoding="utf-8")
OPERATIONS = (CHECKOUT / "docs" / "operations.md").read_text(encoding="utf-8")

# Whatever is written by hand and shipped; tests may well name what must not be there.
WRITTEN = [
    file
    for place in (
        "README.md",
        "CHANGELOG.md",
        "Makefile",
        ".ci",
        "docs",
        "conf",
        "deploy",
        "jobs",
        "rfmf_spark",
        "benchmarks",
    )
    for file in sorted(
        [CHECKOUT / place] if (CHECKOUT / place).is_file() else (CHECKOUT / place).rglob("*")
    )
    if file.is_file() and file.suffix != ".pyc"
]
# A mark that a figure or a text is still to come, or that two versions were merged by half.
PLACEHOLDER = re.compile(
    r"@@\w+@@|\b(?:TODO|FIXME|XXX|TBD)\b|(?i:lorem ipsum)|\?\?\?|^(?:<{7}|={7}|>{7})(?: |$)",
    re.MULTILINE,
)

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", flags=re.MULTILINE)
# Second column of the trade types, which stand beside the columns of the trades.
EFFECTS = {"in", "out", "none", "signed"}
# Constants of the modules with reasons that name something else: columns, the usual status.
OTHER_CONSTANTS = {"REASON", "KEY_HASH", "IS_REPEATED", "CONFIRMED"}


def heading_anchors(page: Path) -> set[str]:
    titles = HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def section(title: str) -> str:
    """The text of the contract under one heading, up to the next."""
    found = re.search(
        rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", CONTRACT, re.MULTILINE | re.DOTALL
    )
    assert found, f"docs/data-contract.md has no heading {title}"
    return found.group(1)


def table_cells(text: str) -> list[list[str]]:
    """Cells of all table rows that begin with a name in code style."""
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip().strip("`") for cell in row.strip("| ").split("|")] for row in rows]


def reason_codes() -> set[str]:
    found = set()
    for module in (reasons, repeats):
        for node in ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                name = ast.unparse(node.targets[0])
                if isinstance(node.value.value, str) and name not in OTHER_CONSTANTS:
                    found.add(node.value.value)
    return found


def setting_names(model: type[BaseModel] = Settings, prefix: str = "") -> set[str]:
    names = set()
    for name, info in model.model_fields.items():
        names.add(f"{prefix}{name}")
        if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel):
            names |= setting_names(info.annotation, f"{prefix}{name}.")
    return names


def error_classes(base: type[RfmfError] = RfmfError) -> list[type[RfmfError]]:
    direct = base.__subclasses__()
    return direct + [error for child in direct for error in error_classes(child)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_to_a_file_and_a_heading_that_exist(page: Path) -> None:
    broken = []
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in heading_anchors(file)):
            broken.append(target)
    assert broken == []


@pytest.mark.parametrize(
    "text", ["@@SCALE@@", "# TODO: measure", "takes TBD seconds", "a\n<<<<<<< HEAD\nb", "in ??? s"]
)
def test_a_placeholder_is_told_from_text(text: str) -> None:
    assert PLACEHOLDER.search(text)


def test_no_page_and_no_code_holds_a_placeholder() -> None:
    assert len(WRITTEN) > 200
    found = {
        str(file.relative_to(CHECKOUT)): PLACEHOLDER.findall(file.read_text(encoding="utf-8"))
        for file in WRITTEN
    }
    assert {file: marks for file, marks in found.items() if marks} == {}


def test_every_page_is_linked_from_the_readme() -> None:
    readme = (CHECKOUT / "README.md").read_text(encoding="utf-8")
    linked = {target.partition("#")[0] for target in LINK.findall(readme)}
    assert {page.relative_to(CHECKOUT).as_posix() for page in PAGES[1:]} <= linked


@pytest.mark.parametrize("table", OUTPUT_TABLES)
def test_an_output_table_is_documented_with_its_columns_and_types_in_order(table: str) -> None:
    documented = [tuple(cells[:2]) for cells in table_cells(section(f"`{table}`"))]
    run_key = [tuple(cells[:2]) for cells in table_cells(section("Outputs"))]
    fields = OUTPUT_TABLES[table].fields
    assert documented + run_key == [(f.name, f.dataType.simpleString()) for f in fields]


@pytest.mark.parametrize(
    ("title", "columns"),
    [
        ("Trades", TRADE_COLUMNS),
        ("NAV", NAV_COLUMNS),
        ("Products", PRODUCT_COLUMNS),
        ("Opening positions", OPENING_COLUMNS),
        ("Profiles", PROFILE_COLUMNS),
    ],
)
def test_an_input_is_documented_with_its_columns_in_order(
    title: str, columns: tuple[InputColumn, ...]
) -> None:
    rows = [cells for cells in table_cells(section(title)) if cells[1] not in EFFECTS]
    documented = [(name, kind, needed.startswith("yes")) for name, kind, needed, *_ in rows]
    assert documented == [(column.name, column.kind, column.required) for column in columns]


def test_every_trade_type_is_documented_with_its_effects() -> None:
    rows = [cells for cells in table_cells(section("Trades")) if cells[1] in EFFECTS]
    assert rows == [
        [kind.name, kind.units, "yes" if kind.moves_money else "no", kind.purchase]
        for kind in TRADE_TYPES
    ]


def test_every_reason_code_is_documented_with_its_outcome() -> None:
    documented = {cells[0]: cells[-1] for cells in table_cells(section("Bad rows"))}
    assert documented == {
        reason: "excluded" if reason in reasons.EXCLUDING_REASONS else "quarantined"
        for reason in reason_codes()
    }


@pytest.mark.parametrize("error", error_classes(), ids=lambda error: error.__name__)
def test_every_error_is_documented_beside_its_exit_code(error: type[RfmfError]) -> None:
    rows = [line for line in OPERATIONS.splitlines() if line.startswith(f"| {error.exit_code} |")]
    assert any(f"`{error.__name__}`" in row for row in rows)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_page_names_only_settings_that_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    sections = "input|output|quality|features|scoring|weights|clustering|segments|session|synthetic"
    named = set(re.findall(rf"`((?:{sections})\.[a-z_.]+)[`:]", text))
    named |= set(re.findall(r"--set ([a-z_.]+)=", text))
    settings = {name for name in named if not name.endswith((".yaml", ".py", ".key"))}
    assert {name for name in settings if name.split(".")[0] in sections.split("|")} <= (
        setting_names()
    )
