"""Judgment matrices as they are written in YAML: reading and checking one.

What follows from a matrix (weights, consistency) is in ``ahp.py``; which judgment to reconsider in
``repair.py``; what takes the place of missing judgments in ``completion.py``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from rfmf_spark.config.sections.weights import InexactReciprocals
from rfmf_spark.config.yaml_text import read_yaml
from rfmf_spark.errors import ConfigurationError

SCALE_MAXIMUM = 9.0  # Saaty's scale runs from 1/9 to 9
RECIPROCAL_TOLERANCE = 1e-9

# What stands in the place of a judgment that was not made.
_NOT_JUDGED = (None, "?")

_KEYS = "name, expert, date, criteria and matrix"


@dataclass(frozen=True, eq=False)
class JudgmentMatrix:
    """Pairwise judgments of one expert; ``values`` is (n, n) and read-only.

    ``values[i, j]`` says how many times more important criterion i is than criterion j; NaN where
    that was not judged. ``judged_on`` is the date as written: a day, or only a year for a published
    matrix. ``weight`` counts among several experts, ``digest`` is the SHA-256 of the text, and
    ``sub_criteria`` holds the matrix below a criterion, where there is one.
    """

    name: str
    expert: str
    judged_on: str
    criteria: tuple[str, ...]
    values: NDArray[np.float64]
    weight: float = 1.0
    digest: str = ""
    sub_criteria: Mapping[str, JudgmentMatrix] = field(default_factory=dict)


def _date_text(value: object) -> object:
    """YAML turns unquoted dates and years into objects of their own."""
    if isinstance(value, dt.date):
        return value.isoformat()
    is_year = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_year else value


Entry = int | float | str | None


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Header(_Part):
    name: str = Field(min_length=1)
    expert: str = Field(min_length=1)
    date: Annotated[str, BeforeValidator(_date_text), Field(pattern=r"^\d{4}(-\d{2}(-\d{2})?)?$")]
    weight: float = Field(1.0, gt=0, allow_inf_nan=False)


class _Node(_Part):
    criteria: list[Annotated[str, Field(min_length=1)]] = Field(min_length=1)
    matrix: list[list[Entry]]
    sub_criteria: dict[str, _Node] = Field(default_factory=dict)


class _Document(_Node, _Header):
    pass


def parse_judgments(
    text: str, where: str, *, inexact_reciprocals: InexactReciprocals = "refuse"
) -> JudgmentMatrix:
    """Read one judgment matrix from YAML with the keys name, expert, date, criteria and matrix.

    Entries are numbers or fractions such as ``1/3``, ``null`` or ``"?"`` where nobody judged; all
    rows are written in full. Two more keys may be given: ``weight`` among several experts, and
    ``sub_criteria``, by criterion, with ``criteria`` and ``matrix`` of what it consists of.
    ``accept`` lets averaged judgments pass, whose mirrored entries are not exact reciprocals and
    may leave the scale; ``symmetrise`` takes the geometric mean √(a_ij / a_ji) for both. Raises
    ``ConfigurationError`` that names ``where``, the entry and what would be right.
    """
    document = _read_document(text, where)
    digest = hashlib.sha256(text.encode()).hexdigest()

    def read_node(node: _Node, name: str, place: str) -> JudgmentMatrix:
        criteria = tuple(node.criteria)
        values = _read_values(node, criteria, place, inexact_reciprocals)
        return JudgmentMatrix(
            name,
            document.expert,
            document.date,
            criteria,
            values,
            document.weight,
            digest,
            {
                criterion: read_node(below, f"{name}, {criterion}", f"{place}: {criterion}")
                for criterion, below in node.sub_criteria.items()
            },
        )

    return read_node(document, document.name, where)


def _read_values(
    node: _Node, criteria: tuple[str, ...], where: str, inexact_reciprocals: InexactReciprocals
) -> NDArray[np.float64]:
    if len(set(criteria)) < len(criteria):
        raise ConfigurationError(
            f"{where}: criteria are {', '.join(criteria)}; name each criterion once"
        )
    for unknown in sorted(set(node.sub_criteria) - set(criteria)):
        raise ConfigurationError(
            f"{where}: sub_criteria has {unknown}, which is none of the criteria "
            f"{', '.join(criteria)}; correct the name"
        )
    values = _read_matrix(node.matrix, criteria, where)
    _check_diagonal(values, criteria, where)
    values = np.where(np.isnan(values), 1 / values.T, values)
    if inexact_reciprocals == "refuse":
        _check_scale(values, criteria, where)
        _check_reciprocals(values, criteria, where)
    if inexact_reciprocals == "symmetrise":
        values = np.sqrt(values / values.T)
    values.setflags(write=False)
    return values


def _read_document(text: str, where: str) -> _Document:
    tree = read_yaml(text, where)
    if not isinstance(tree, dict):
        raise ConfigurationError(f"{where}: expected the keys {_KEYS}")
    try:
        return _Document.model_validate(tree)
    except ValidationError as cause:
        error = cause.errors(include_url=False)[0]
        key = ".".join(str(part) for part in error["loc"][:3])
        raise ConfigurationError(
            f"{where}: {key}: {error['msg'][:1].lower()}{error['msg'][1:]}; a judgment matrix has "
            f"the keys {_KEYS}, and may have weight and sub_criteria"
        ) from cause


def _read_matrix(
    rows: list[list[Entry]], criteria: tuple[str, ...], where: str
) -> NDArray[np.float64]:
    n = len(criteria)
    lengths = [len(row) for row in rows]
    if lengths != [n] * n:
        raise ConfigurationError(
            f"{where}: matrix has rows of {lengths} entries; {n} criteria need {n} full rows of "
            f"{n} entries"
        )
    return np.array(
        [
            [_read_entry(entry, criteria[i], criteria[j], where) for j, entry in enumerate(row)]
            for i, row in enumerate(rows)
        ],
        dtype=np.float64,
    )


def _read_entry(entry: Entry, row: str, column: str, where: str) -> float:
    if entry in _NOT_JUDGED or entry is None:
        return float("nan")
    try:
        value = float(Fraction(entry))
    except (ValueError, ZeroDivisionError, OverflowError):
        value = float("nan")
    if not (np.isfinite(value) and value > 0):
        raise ConfigurationError(
            f"{where}: {row} over {column} is {entry!r}; write a positive number or a fraction "
            f"such as 1/3"
        )
    return value


def _check_diagonal(values: NDArray[np.float64], criteria: tuple[str, ...], where: str) -> None:
    for criterion, value in zip(criteria, np.diag(values), strict=True):
        if value != 1:
            raise ConfigurationError(
                f"{where}: {criterion} over itself is {value:g}; the diagonal must be 1"
            )


def _check_scale(values: NDArray[np.float64], criteria: tuple[str, ...], where: str) -> None:
    limit = SCALE_MAXIMUM * (1 + RECIPROCAL_TOLERANCE)
    off_scale = np.argwhere((values > limit) | (values < 1 / limit))
    if off_scale.size:
        i, j = off_scale[0]
        raise ConfigurationError(
            f"{where}: {criteria[i]} over {criteria[j]} is {values[i, j]:g}, off Saaty's scale; "
            f"use a value from 1/9 to 9, or set weights.inexact_reciprocals to accept or symmetrise"
        )


def _check_reciprocals(values: NDArray[np.float64], criteria: tuple[str, ...], where: str) -> None:
    inexact = np.argwhere(np.triu(np.abs(values * values.T - 1) > RECIPROCAL_TOLERANCE))
    if inexact.size:
        i, j = inexact[0]
        raise ConfigurationError(
            f"{where}: {criteria[i]} over {criteria[j]} is {values[i, j]:g}, but {criteria[j]} "
            f"over {criteria[i]} is {values[j, i]:g} where the reciprocal would be "
            f"{1 / values[i, j]:g}; correct one of the two, or set weights.inexact_reciprocals "
            f"to accept or symmetrise"
        )
