"""The table of segment names: eight cells, own rules, words that tell segments apart, strategies.

It is configuration (``conf/segments.yaml``), so everything in it is checked.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from rfmf_spark.config.sections.features import FEATURE_NAMES, FeatureName
from rfmf_spark.config.shipped import read_named_file
from rfmf_spark.config.yaml_text import read_yaml
from rfmf_spark.errors import ConfigurationError

# Recency, frequency and monetary score above (1) or not above (0) the mean of all users. Users
# know them as the cells of the eight-cell rule.
OCTANTS = ("111", "101", "011", "001", "110", "100", "010", "000")

Level = Literal["low", "middle", "high"]

Key = Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$", max_length=80)]
# Keys of YAML are text.
Kind = Annotated[int, Field(strict=False)]
Words = Annotated[str, Field(min_length=1, max_length=80)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Strategy(_Table):
    """What the company does with a kind of user, in two languages."""

    zh: str = Field(min_length=1)
    en: str = Field(min_length=1)


class LevelWords(_Table):
    """Words that a name gets for a level of a score; three of them fit into a name."""

    zh: Annotated[str, Field(min_length=1, max_length=30)]
    en: Annotated[str, Field(min_length=1, max_length=30)]


class Name(_Table):
    """Key and names of a kind of segment, and which strategy it gets."""

    key: Key
    name_zh: Words
    name_en: Words
    kind: int


class OctantName(Name):
    """The name of one of the eight cells."""

    cell: Annotated[str, Field(pattern="^[01]{3}$")]


class Bounds(_Table):
    """A range of the mean score of a segment: from a score on, below a score, or both."""

    at_least: float | None = Field(None, alias="from", allow_inf_nan=False)
    below: float | None = Field(None, allow_inf_nan=False)

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        if self.at_least is None and self.below is None:
            raise ValueError("give from, below, or both")
        if self.at_least is not None and self.below is not None and self.at_least >= self.below:
            raise ValueError(f"from {self.at_least:g} is not less than below {self.below:g}")
        return self

    def hold(self, score: float) -> bool:
        """Whether a score lies in the range."""
        is_enough = self.at_least is None or score >= self.at_least
        return is_enough and (self.below is None or score < self.below)

    def __str__(self) -> str:
        limits = [f"from {self.at_least:g}"] if self.at_least is not None else []
        return " ".join(limits + ([f"below {self.below:g}"] if self.below is not None else []))


class Rule(Name):
    """A name of the user's own, for segments whose centre lies in all of the ranges."""

    when: Annotated[dict[FeatureName, Bounds], Field(min_length=1)]


class SegmentNames(_Table):
    """Names of all eight cells, own rules before them, words for levels, and strategies."""

    strategies: dict[Kind, Strategy]
    cells: list[OctantName]
    rules: list[Rule] = []
    levels: dict[FeatureName, dict[Level, LevelWords]]

    @model_validator(mode="after")
    def _check_table(self) -> Self:
        found = Counter(entry.cell for entry in self.cells)
        missing = [octant for octant in OCTANTS if octant not in found]
        if missing:
            raise ValueError(f"cell {', '.join(missing)} is missing; all eight cells need a name")
        named: list[Name] = [*self.cells, *self.rules]
        columns = {
            "cell": [entry.cell for entry in self.cells],
            "key": [entry.key for entry in named],
            "name_zh": [entry.name_zh for entry in named],
            "name_en": [entry.name_en for entry in named],
        }
        for column, values in columns.items():
            twice = [value for value, count in Counter(values).items() if count > 1]
            if twice:
                raise ValueError(f"{column} {twice[0]} is given twice; keep one of the two")
        for entry in named:
            if entry.kind not in self.strategies:
                what = f"rule {entry.key}"
                if isinstance(entry, OctantName):
                    what = f"cell {entry.cell}"
                raise ValueError(
                    f"{what} has kind {entry.kind}, but strategies has only "
                    f"{', '.join(map(str, self.strategies))}"
                )
        return self

    @model_validator(mode="after")
    def _check_levels(self) -> Self:
        for feature in FEATURE_NAMES:
            for level in ("low", "middle", "high"):
                if level not in self.levels.get(feature, {}):
                    raise ValueError(f"levels.{feature}.{level} is missing")
        return self


def load_segment_names(text: str, where: str) -> SegmentNames:
    """Read the table of names from YAML: strategies, cells and, if given, rules and levels.

    Without levels those of the shipped table hold. Raises ``ConfigurationError`` that names
    ``where``, the entry and what is allowed.
    """
    tree = read_yaml(text, where)
    if isinstance(tree, dict) and "levels" not in tree:
        tree |= {"levels": _shipped_levels()}
    try:
        return SegmentNames.model_validate(tree)
    except ValidationError as cause:
        error = cause.errors(include_url=False)[0]
        place = ".".join(str(part) for part in error["loc"])
        problem = error["msg"].removeprefix("Value error, ")
        hint = "; quote cells, as in '001'" if place.endswith(".cell") else ""
        raise ConfigurationError(
            f"{where}: {place + ': ' if place else ''}{problem[:1].lower()}{problem[1:]}{hint}; "
            f"compare conf/segments.yaml as shipped"
        ) from cause


def _shipped_levels() -> Any:
    text, _ = read_named_file("segments.yaml", "segments.names")
    return read_yaml(text, "conf/segments.yaml")["levels"]
