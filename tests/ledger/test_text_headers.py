"""Headers of CSV files: the same columns in any order."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfmf_spark.errors import InputRefusedError
from rfmf_spark.ledger.text_headers import Header, group_by_order, places_of

FIRST = Header(Path("/in/1.csv"), ["id", "yuan", "note"])


def places(*names: str, first: Header = FIRST) -> list[int]:
    return places_of("trades", first, Header(Path("/in/2.csv"), names))


def refusal(*names: str, first: Header = FIRST) -> str:
    with pytest.raises(InputRefusedError) as refused:
        places(*names, first=first)
    assert str(refused.value).startswith("input.trades: file:///in/2.csv cannot be read (its ")
    return str(refused.value)


def test_columns_are_found_by_their_names() -> None:
    assert places("id", "yuan", "note") == [0, 1, 2]
    assert places(" Note", "ID ", "yuan") == [1, 2, 0]


def test_other_columns_are_counted_and_not_named() -> None:
    assert "lacks 1 columns of 1.csv and has 2 others" in refusal("id", "note", "zhang", "san")
    assert "no column of 1.csv; does every file begin with a header?" in refusal("u1", "100")


def test_columns_of_one_name_are_known_by_their_order_only() -> None:
    first = Header(FIRST.file, ["id", "", ""])

    assert places("ID", "", "", first=first) == [0, 1, 2]
    assert "are not in the order of 1.csv" in refusal("", "id", "", first=first)


def test_files_are_grouped_by_order_and_empty_ones_go_with_the_first() -> None:
    orders = {"0": "", "1": "a,b", "2": "b,a", "3": "A,b", "4": " a,b", "5": "B,A"}
    headers = {Path(name): names.split(",") if names else [] for name, names in orders.items()}

    groups = group_by_order("trades", headers)

    told = [("".join(sorted(map(str, files))), order) for files, order in groups]
    assert told == [("013", [0, 1]), ("25", [1, 0]), ("4", [0, 1])]
    assert len(group_by_order("trades", {Path("1"): ["a", "a"], Path("2"): ["a", " A"]})) == 1
    assert group_by_order("trades", {Path("1"): []})[0].files == [Path("1")]
