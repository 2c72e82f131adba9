"""The whole job beside its peers: python -m benchmarks.whole_run LEDGER [ROUNDS]

For a ledger that ``rfmf generate`` has made: ``rfmf run`` and each peer, alternating, each in a
process of its own, on the same files; the usual Spark way once, on the features that a peer has
written; then whether all have found the same. One line is added to ``benchmarks/results.jsonl``.
"""

from __future__ import annotations

import json
import platform
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import psutil
import pyarrow.parquet as pq

from benchmarks.agreement import tell_agreement
from benchmarks.contestants import (
    CONTESTANTS,
    DUCKDB,
    EMBEDDED,
    OURS,
    POLARS,
    Contestant,
    Place,
    last_json_line,
    usual_command,
)
from benchmarks.event_log import SparkTotals, read_event_log
from benchmarks.measuring import CommandFailedError, Measured, measure
from rfmf_spark import __version__

RESULTS = Path(__file__).with_name("results.jsonl")
USUAL = "usual Spark way"

_EVERY_K = list(range(2, 11))
# For more users than this one K has to stand for all: each takes minutes.
_FEW_USERS = 5_000_000
_MIDDLE_K = [6]
_OUR_PART = ("score", "fit")
_VERSIONS = (
    "pyspark",
    "pysail",
    "delta-spark",
    "duckdb",
    "polars",
    "scikit-learn",
    "numpy",
    "pandas",
)
_MB, _GB = 1e6, 2**30


class Round(NamedTuple):
    """What one contestant took once, and where."""

    measured: Measured
    phases: dict[str, float]


def main(ledger: str, rounds: str = "3") -> None:
    """Run all in turn, print what they took, compare their results, and keep the figures."""
    with tempfile.TemporaryDirectory(dir=ledger) as scratch:
        found: dict[str, list[Round]] = {contestant.name: [] for contestant in CONTESTANTS}
        places: dict[str, Place] = {}
        for number in range(int(rounds)):
            for contestant in CONTESTANTS:
                place = _new_place(ledger, scratch, contestant, number)
                _run(contestant, place, found, places)
        spark = read_event_log(places[OURS].events)
        _print_table(found, spark)
        agreed = _tell_agreements(places)
        usual = _run_usual(places[DUCKDB], Path(scratch))
        _compare_usual(usual, found[OURS])
        _keep(ledger, found, spark, usual, agreed)


def _new_place(ledger: str, scratch: str, contestant: Contestant, number: int) -> Place:
    folder = Path(scratch) / contestant.name.replace(" ", "-") / str(number)
    place = Place(Path(ledger), folder / "results", folder / "printed", folder / "events")
    place.events.mkdir(parents=True)
    return place


def _run(
    contestant: Contestant,
    place: Place,
    found: dict[str, list[Round]],
    places: dict[str, Place],
) -> None:
    """One round of one contestant; who cannot finish is told, and leaves a gap."""
    try:
        measured = measure(contestant.command(place), place.printed)
    except CommandFailedError as failure:
        print(f"{contestant.name}: {failure}", file=sys.stderr)
        return
    found[contestant.name].append(Round(measured, contestant.phases(place)))
    places[contestant.name] = place
    print(f"{contestant.name}: {measured.seconds:.1f} s", file=sys.stderr, flush=True)


def _median(rounds: Sequence[Round]) -> float:
    return statistics.median(each.measured.seconds for each in rounds)


def _print_table(found: Mapping[str, list[Round]], spark: SparkTotals) -> None:
    best = _median(found[DUCKDB])
    print(
        f"{'':24}{'seconds':>9}{'each round':>22}{'ratio':>7}{'CPU s':>8}"
        f"{'peak GiB':>10}{'read MB':>9}{'written MB':>12}"
    )
    for name, rounds in found.items():
        if not rounds:
            print(f"{name:24}{'did not finish':>16}")
            continue
        last = rounds[-1].measured
        each = " ".join(f"{one.measured.seconds:.1f}" for one in rounds)
        print(
            f"{name:24}{_median(rounds):9.1f}{each:>22}{_median(rounds) / best:7.2f}"
            f"{last.cpu_seconds:8.0f}{last.peak_memory / _GB:10.1f}"
            f"{last.bytes_read / _MB:9.0f}{last.bytes_written / _MB:12.0f}"
        )
    for name, rounds in found.items():
        if rounds:
            phases = ", ".join(f"{phase} {taken:.1f}" for phase, taken in rounds[-1].phases.items())
            print(f"  {name}, last round: {phases}")
    print(
        f"  {OURS}, all tasks: CPU {spark.cpu_seconds:.0f} s, "
        f"input {spark.input_bytes / _MB:.0f} MB, shuffled {spark.shuffle_bytes / _MB:.0f} MB, "
        f"spilled {spark.spilled_bytes / _MB:.0f} MB, written {spark.output_bytes / _MB:.0f} MB"
    )


def _tell_agreements(places: Mapping[str, Place]) -> dict[str, str]:
    pairs = ((OURS, DUCKDB), (OURS, POLARS), (EMBEDDED, DUCKDB))
    agreements = {
        f"{ours} and {peer}": tell_agreement(places[ours].results, places[peer].results)
        for ours, peer in pairs
        if ours in places and peer in places
    }
    for names, text in agreements.items():
        print(f"  {names}: {text}")
    return agreements


def _run_usual(peer: Place, scratch: Path) -> dict[str, float]:
    """Seconds of scoring and of every K; where one K stands for all, the total is extrapolated."""
    features = peer.results / "user_features.parquet"
    ks = _EVERY_K if _count_rows(features) <= _FEW_USERS else _MIDDLE_K
    printed = scratch / "usual"
    measured = measure(usual_command(features, ks), printed)
    seconds = last_json_line(printed)
    per_k = statistics.mean(seconds[f"K = {k}"] for k in ks)
    return seconds | {
        "all K": per_k * len(_EVERY_K),
        "measured K": len(ks),
        "peak GiB": measured.peak_memory / _GB,
    }


def _count_rows(file: Path) -> int:
    return int(pq.ParquetFile(file).metadata.num_rows)


def _compare_usual(usual: Mapping[str, float], ours: Sequence[Round]) -> None:
    theirs = usual["scores"] + usual["all K"]
    own = statistics.median(sum(each.phases[name] for name in _OUR_PART) for each in ours)
    extent = "measured" if usual["measured K"] == len(_EVERY_K) else "extrapolated from K = 6"
    print(
        f"  {USUAL}: scores {usual['scores']:.1f} s, K = 2 … 10 {usual['all K']:.1f} s ({extent}), "
        f"together {theirs:.1f} s; {OURS}, {' and '.join(_OUR_PART)}: {own:.1f} s; "
        f"ratio {theirs / own:.1f}"
    )


def _keep(
    ledger: str,
    found: Mapping[str, list[Round]],
    spark: SparkTotals,
    usual: Mapping[str, float],
    agreed: Mapping[str, str],
) -> None:
    # The engine has written it, as a folder.
    files = (Path(ledger) / "_LEDGER.json").iterdir()
    (description,) = [file for file in files if not file.name.startswith(("_", "."))]
    described = json.loads(description.read_text(encoding="utf-8"))
    row = {
        "ledger": described,
        "rounds": {
            name: [each.measured.__dict__ | {"phases": each.phases} for each in rounds]
            for name, rounds in found.items()
        },
        "spark": {name: value for name, value in spark.__dict__.items() if name != "task_seconds"},
        "usual": dict(usual),
        "agreement": dict(agreed),
        "versions": {name: version(name) for name in _VERSIONS} | {"rfmf_spark": __version__},
        "machine": {
            "cores": psutil.cpu_count(),
            "memory_gib": round(psutil.virtual_memory().total / _GB, 1),
            "python": platform.python_version(),
            "system": platform.system(),
            "architecture": platform.machine(),
        },
    }
    with RESULTS.open("a", encoding="utf-8") as results:
        results.write(json.dumps(row, ensure_ascii=False) + "\n")
    print(f"  added to {RESULTS.name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
