"""Numbers and names of segments: by the score of their users, and by the place of their centre.

The table of names and strategies is configuration (``conf/segments.yaml``).
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
import pandas as pd
import yaml
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rfmf_spark.errors import ConfigurationError

# Recency, frequency and monetary score above (1) or not above (0) the mean of all users.
CELLS = ("111", "101", "011", "001", "110", "100", "010", "000")

# Means of equal scores may differ in their last digits; that is no difference in rank or place.
_SCORE_DECIMALS = 9


@dataclass(frozen=True)
class SegmentName:
    """Key, names and strategies of one segment; ``cell`` such as ``101`` is where its centre is."""

    key: str
    name_zh: str
    name_en: str
    cell: str
    strategy_zh: str
    strategy_en: str


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Strategy(_Table):
    """What the company does with a kind of user, in two languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class CellName(_Table):
    """Key and names of one of the eight cells, and which strategy it gets."""

    cell: Annotated[str, Field(pattern="^[01]{3}$")]
    key: Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$")]
    name_zh: str = Field(min_length=1)
    name_en: str = Field(min_length=1)
    kind: int


class SegmentNames(_Table):
    """Names of all eight cells, and the strategies that they refer to."""

    strategies: dict[int, Strategy]
    cells: list[CellName]

    @model_validator(mode="after")
    def _check_table(self) -> Self:
        found = Counter(entry.cell for entry in self.cells)
        missing = [cell for cell in CELLS if cell not in found]
        if missing:
            raise ValueError(f"cell {', '.join(missing)} is missing; all eight cells need a name")
        for column in ("cell", "key", "name_zh", "name_en"):
            values = Counter(getattr(entry, column) for entry in self.cells)
            twice = [value for value, count in values.items() if count > 1]
            if twice:
                raise ValueError(f"{column} {twice[0]} is given twice; keep one of the two")
        for entry in self.cells:
            if entry.kind not in self.strategies:
                raise ValueError(
                    f"cell {entry.cell} has kind {entry.kind}, but strategies has only "
                    f"{', '.join(map(str, self.strategies))}"
                )
        return self


def load_segment_names(text: str, where: str) -> SegmentNames:
    """Read the table of names from YAML with the keys strategies and cells.

    Raises ``ConfigurationError`` that names ``where``, the entry and what is allowed.
    """
    try:
        return SegmentNames.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, RecursionError) as cause:
        told = " ".join(str(cause).split())
        raise ConfigurationError(f"{where}: not readable as YAML: {told}") from cause
    except ValidationError as cause:
        error = cause.errors(include_url=False)[0]
        place = ".".join(str(part) for part in error["loc"])
        problem = error["msg"].removeprefix("Value error, ")
        hint = "; quote cells, as in '001'" if place.endswith(".cell") else ""
        raise ConfigurationError(
            f"{where}: {place + ': ' if place else ''}{problem[:1].lower()}{problem[1:]}{hint}; "
            f"compare conf/segments.yaml as shipped"
        ) from cause


def rank_segments(cells: pd.DataFrame, centres: NDArray[np.float64]) -> NDArray[np.int64]:
    """Segment ids by label (k,): 1 for the highest mean ``rfmf_score`` of its users, and so on.

    ``cells`` has the columns users, label and rfmf_score, every label 0…k-1 at least once;
    ``centres`` is (k, 3) by label. Equal means are ordered by the centres: higher monetary,
    frequency, recency first.
    """

    def order(label: int) -> tuple[float, ...]:
        members = cells[cells["label"] == label]
        users = members["users"].to_numpy(dtype=np.float64)
        # An exactly rounded sum does not depend on the order of the rows.
        total = math.fsum(users * members["rfmf_score"].to_numpy(dtype=np.float64))
        mean = round(total / math.fsum(users), _SCORE_DECIMALS)
        recency, frequency, monetary = (float(value) for value in centres[label])
        return (-mean, -monetary, -frequency, -recency)

    ranked = sorted(range(len(centres)), key=order)
    segment_ids = np.empty(len(centres), dtype=np.int64)
    segment_ids[ranked] = np.arange(1, len(centres) + 1)
    return segment_ids


def name_segments(
    centres: NDArray[np.float64], mean_scores: NDArray[np.float64], names: SegmentNames
) -> tuple[SegmentName, ...]:
    """Names of segments by their ``centres`` (k, 3), in order of segment id, in score units.

    A score counts as 1 where the centre lies strictly above ``mean_scores`` (3,), the mean of all
    users. The second and later segments of one cell get an ordinal, such as ``key_develop_2``.
    """
    entries = {entry.cell: entry for entry in names.cells}
    above = np.round(centres - mean_scores, _SCORE_DECIMALS) > 0
    named: list[SegmentName] = []
    seen: Counter[str] = Counter()
    for row in above:
        entry = entries["".join("1" if is_above else "0" for is_above in row)]
        strategy = names.strategies[entry.kind]
        seen[entry.cell] += 1
        ordinal = seen[entry.cell]
        named.append(
            SegmentName(
                key=entry.key if ordinal == 1 else f"{entry.key}_{ordinal}",
                name_zh=entry.name_zh if ordinal == 1 else f"{entry.name_zh} {ordinal}",
                name_en=entry.name_en if ordinal == 1 else f"{entry.name_en} {ordinal}",
                cell=entry.cell,
                strategy_zh=strategy.zh,
                strategy_en=strategy.en,
            )
        )
    return tuple(named)
