"""What all sections share: their base, and types of values that several have."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Section(BaseModel):
    """Base of all sections: immutable, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


BusinessDate = Annotated[dt.date | None, Field(strict=False)]

# YAML has lists where settings have tuples.
LIST = Field(strict=False)
