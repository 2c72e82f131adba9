"""Who is compared: how each is started, and what each tells about the seconds of its phases."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import duckdb

from benchmarks.event_log import event_log_options

AS_OF = "2019-08-14"
OURS, EMBEDDED = "rfmf_spark on Spark", "rfmf_spark embedded"
DUCKDB, POLARS = "DuckDB + scikit-learn", "Polars + scikit-learn"

_DURATIONS = "SELECT durations FROM '{}/runs/*.parquet' WHERE status = 'complete'"


class Place(NamedTuple):
    """Where one run of a contestant reads and writes."""

    ledger: Path
    results: Path
    printed: Path
    events: Path


class Contestant(NamedTuple):
    """``phases`` gives the seconds of each phase once the command has ended."""

    name: str
    command: Callable[[Place], list[str]]
    phases: Callable[[Place], dict[str, float]]


def last_json_line(printed: Path) -> dict[str, float]:
    """Seconds by phase that a peer has printed last."""
    lines = printed.read_text(encoding="utf-8").strip().splitlines()
    found: dict[str, float] = json.loads(lines[-1])
    return found


def _on_spark(place: Place) -> list[str]:
    return run_command(place, "session.engine=spark", *event_log_options(place.events))


def _embedded(place: Place) -> list[str]:
    return run_command(place, "session.engine=embedded")


def run_command(place: Place, *settings: str) -> list[str]:
    """``rfmf run`` on the ledger of a place, into its results."""
    inputs = [f"input.{name}={place.ledger}/{name}" for name in ("trades", "nav", "products")]
    values = [*inputs, f"output.root={place.results}", *settings]
    given = [part for value in values for part in ("--set", value)]
    return [sys.executable, "-m", "rfmf_spark.cli", "run", "--as-of", AS_OF, *given]


def our_phases(place: Place) -> dict[str, float]:
    """Seconds of the stages of ``rfmf run``, as it has recorded them."""
    with duckdb.connect() as connection:
        row = connection.execute(_DURATIONS.format(place.results)).fetchone()
    found: dict[str, float] = json.loads(row[0]) if row else {}
    return found


def _peer(name: str, module: str) -> Contestant:
    def command(place: Place) -> list[str]:
        script = f"benchmarks.peers.{module}"
        return [sys.executable, "-m", script, str(place.ledger), str(place.results), AS_OF]

    return Contestant(name, command, lambda place: last_json_line(place.printed))


CONTESTANTS = (
    Contestant(OURS, _on_spark, our_phases),
    Contestant(EMBEDDED, _embedded, our_phases),
    _peer(DUCKDB, "duckdb_peer"),
    _peer(POLARS, "polars_peer"),
)


def usual_command(features: Path, ks: list[int]) -> list[str]:
    """The usual Spark way on features that a peer has written."""
    return [
        sys.executable,
        "-m",
        "benchmarks.peers.usual_spark",
        str(features),
        *[str(k) for k in ks],
    ]
