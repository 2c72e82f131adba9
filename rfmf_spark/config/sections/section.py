"""What all sections share: their base, types of values that several have, contradictions.

A value that does not fit by itself is refused by its type; what values demand of each other is
checked by validators, beside the section that it concerns or, between sections, in ``Settings``.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError


class Section(BaseModel):
    """Base of all sections: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


BusinessDate = Annotated[dt.date | None, Field(strict=False)]

# YAML has lists where settings have tuples.
LIST = Field(strict=False)

CONTRADICTION = "contradiction"


def contradiction(problem: str, *settings: str | tuple[str, ...]) -> PydanticCustomError:
    """An error to raise from a validator where the values of ``settings`` do not go together.

    They are named as seen from the section, with dots, or by their keys where those have dots;
    whoever tells the ``problem`` finds out where each was set.
    """
    keys = [tuple(name.split(".")) if isinstance(name, str) else name for name in settings]
    return PydanticCustomError(CONTRADICTION, "{problem}", {"problem": problem, "settings": keys})
