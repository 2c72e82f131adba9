"""The purchases of the shop CDNOW as a trades table: python convert.py CDNOW_master.txt trades.csv

The source has one purchase per line: customer, date (YYYYMMDD), number of CDs, dollars, separated
by blanks. Equal lines are real, so the number of a line becomes the id of its trade.
"""

from __future__ import annotations

import csv
import datetime as dt
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from rfmf_spark.errors import InputRefusedError

COLUMNS = ("trade_id", "user_id", "trade_date", "trade_type", "amount")
_FIELDS = 4


def convert_lines(lines: Iterable[str]) -> Iterator[tuple[str, str, str, str, str]]:
    """Rows of ``COLUMNS`` for the lines of the source; a heading and empty lines are left out.

    Raises ``InputRefusedError`` for a line that is not a purchase.
    """
    for number, line in enumerate(lines, start=1):
        fields = line.split()
        if not fields or (number == 1 and not fields[0].isdigit()):
            continue
        if len(fields) != _FIELDS:
            raise InputRefusedError(
                f"line {number} has {len(fields)} fields instead of {_FIELDS}; use the file "
                f"CDNOW_master.txt as it is published"
            )
        customer, day, _, dollars = fields
        yield str(number), customer, _iso_date(day, number), "subscription", dollars


def convert_file(source: Path, target: Path) -> int:
    """Write ``target`` (CSV with a heading) from ``source``; the number of purchases."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with source.open(encoding="ascii") as lines, target.open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        rows = 0
        for row in convert_lines(lines):
            writer.writerow(row)
            rows += 1
    return rows


def _iso_date(day: str, number: int) -> str:
    try:
        return dt.datetime.strptime(day, "%Y%m%d").date().isoformat()
    except ValueError as cause:
        raise InputRefusedError(
            f"line {number} has the date {day!r}, which is not YYYYMMDD; use the file "
            f"CDNOW_master.txt as it is published"
        ) from cause


def main() -> None:
    """Convert the file of the first argument into that of the second."""
    if len(sys.argv) != 3:
        sys.exit("usage: python convert.py CDNOW_master.txt trades.csv")
    try:
        rows = convert_file(Path(sys.argv[1]), Path(sys.argv[2]))
    except (InputRefusedError, OSError, UnicodeDecodeError) as error:
        sys.exit(f"{sys.argv[1]}: {error}")
    print(f"{rows:,} purchases in {sys.argv[2]}")


if __name__ == "__main__":
    main()
