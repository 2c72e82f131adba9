"""Headers of the CSV files of one input: the same columns, in whatever order each file has them.

Files are told, and how many of their columns, but never their names: a file without a header has
the values of a row in its place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from rfmf_spark.ledger.input_files import unreadable_file


class Header(NamedTuple):
    """The first line of a file, as it was split."""

    file: Path
    names: Sequence[str]

    @property
    def plain(self) -> list[str]:
        """Names by which columns are found: padding and case are no part of them."""
        return [name.strip().lower() for name in self.names]


class Group(NamedTuple):
    """Files with one order of columns, and where these have the columns of the first file."""

    files: list[Path]
    places: list[int]


def places_of(name: str, first: Header, other: Header) -> list[int]:
    """Where ``other`` has the columns of ``first``, by position.

    Raises ``InputRefusedError`` unless both have the same columns; columns of one name, or several
    without a name, are only known by their order. ``name`` is the input's in messages.
    """
    known, found = first.plain, other.plain
    if found == known:
        return list(range(len(known)))
    if sorted(found) == sorted(known) and len(set(known)) == len(known):
        return [found.index(column) for column in known]
    raise unreadable_file(name, other.file.absolute().as_uri(), _difference(first, other))


def group_by_order(name: str, headers: Mapping[Path, Sequence[str]]) -> list[Group]:
    """Files by the order of their columns, those that have it as the first one does first.

    Files without a line go along with these. Raises ``InputRefusedError`` as ``places_of`` does.
    """
    there = [Header(file, names) for file, names in headers.items() if names]
    groups = {tuple[str, ...](): Group([], [])}
    if there:
        groups = {_order(there[0]): Group([], places_of(name, there[0], there[0]))}
    for header in there:
        places = places_of(name, there[0], header)
        groups.setdefault(_order(header), Group([], places)).files.append(header.file)
    ordered = list(groups.values())
    ordered[0].files.extend(file for file, names in headers.items() if not names)
    return ordered


def _order(header: Header) -> tuple[str, ...]:
    """What an engine holds against other headers: it knows case to mean nothing, but padding not.

    Columns of one name are left to it.
    """
    plain = header.plain
    is_unique = len(set(plain)) == len(plain)
    return tuple(column.lower() for column in header.names) if is_unique else ()


def _difference(first: Header, other: Header) -> str:
    known, found, beside = set(first.plain), set(other.plain), first.file.name
    lacking, more = len(known - found), len(found - known)
    if lacking == len(known):
        return f"its header has no column of {beside}; does every file begin with a header?"
    if lacking or more:
        return f"its header lacks {lacking} columns of {beside} and has {more} others"
    return f"its columns are not in the order of {beside}, and some of them have one name"
