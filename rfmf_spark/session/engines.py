"""What the engine behind a session can do: chosen once, when the session starts.

Spark, classic or over Spark Connect, can do everything. What another engine lacks is told here and
made up for, or refused, where it is needed, each in one place: see ``observing.py``,
``exact.py``, ``tables/store.py``, ``clustering/proposals.py``, ``ledger/sources.py``,
``ledger/parquet_files.py`` and ``ledger/parsing.py``.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from weakref import WeakKeyDictionary

from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Engine:
    """An engine by its name, with product and version where that is not Spark, and its abilities.

    ``observes``: it gives figures of rows that an action reads anyway. ``has_mllib``: it fits
    MLlib's models. ``keeps_bad_lines``: it reads a line of CSV that does not fit the header, whole;
    where it does not, files are written anew into ``scratch``, a folder that ends with the session.
    ``notices_overflow``: sums and products beyond 64 bits fail. ``reads_exponents``: the text 1e2
    becomes the decimal 100.
    ``trims_quickly``: taking blanks off a text costs less than looking whether it has any.
    ``alters``: a Delta table gets other columns and properties by a statement.
    ``replaces``: rows of a Delta table are replaced by others in one commit.
    ``filters_first``: rows that a filter has dropped are not held against what a table demands.
    ``reads_arrow_types``: Parquet has the types that Arrow wrote, such as nanoseconds, for it.
    ``is_here``: a path without a scheme is one of this computer.
    """

    name: str
    version: str = ""
    observes: bool = True
    has_mllib: bool = True
    keeps_bad_lines: bool = True
    notices_overflow: bool = True
    reads_exponents: bool = True
    trims_quickly: bool = False
    alters: bool = True
    replaces: bool = True
    filters_first: bool = True
    reads_arrow_types: bool = False
    is_here: bool = False
    scratch: Path | None = None

    def new_file(self, name: str) -> Path:
        """A place for a file that ends with the session."""
        if self.scratch is None:
            raise ValueError(f"the engine {self.name} has no folder of its own")
        return Path(tempfile.mkdtemp(dir=self.scratch)) / name


SPARK = Engine("spark")

_registered: WeakKeyDictionary[SparkSession, Engine] = WeakKeyDictionary()


def register_engine(spark: SparkSession, engine: Engine) -> None:
    """Say which engine is behind a session; without a word it is Spark."""
    _registered[spark] = engine


def engine_of(spark: SparkSession) -> Engine:
    """The engine behind a session."""
    return _registered.get(spark, SPARK)
