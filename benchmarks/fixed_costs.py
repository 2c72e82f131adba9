"""What a small run costs beside its data: python -m benchmarks.fixed_costs FOLDER [ROUNDS]

On each engine: a bare session that writes one Delta table, then ``rfmf run`` on 1,000 and on
100,000 users, by stage; each in a process of its own, alternating. Ledgers are generated into
``FOLDER`` where they are not there yet.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.contestants import Place, our_phases, run_command
from benchmarks.measuring import Measured, measure

ENGINES = ("spark", "embedded")
SIZES = (1_000, 100_000)
_CLI = [sys.executable, "-m", "rfmf_spark.cli"]

_BARE = """
import sys
from rfmf_spark.config.loading import load_settings
from rfmf_spark.session.spark_session import spark_session

settings = load_settings("local", [], [f"session.engine={sys.argv[1]}"]).settings
with spark_session(settings) as spark:
    spark.range(1000).write.format("delta").save(sys.argv[2])
"""


class Taken(NamedTuple):
    """What a process took as a whole, and its stages where it has some."""

    measured: Measured
    phases: Mapping[str, float]


def main(folder: str, rounds: str = "3") -> None:
    """Measure everything, and print a table."""
    found: dict[tuple[str, int], list[Taken]] = defaultdict(list)
    for users in SIZES:
        _generate(Path(folder) / str(users), users)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        for number in range(int(rounds)):
            for engine in ENGINES:
                place = Path(scratch) / f"{engine}-{number}"
                found[engine, 0].append(_bare_session(engine, place))
                for users in SIZES:
                    ledger = Path(folder) / str(users)
                    found[engine, users].append(_run(engine, ledger, place / str(users)))
    for (engine, users), taken in found.items():
        _tell(engine, users, taken, bare=found[engine, 0])


def _generate(ledger: Path, users: int) -> None:
    if not (ledger / "trades").exists():
        plan = ["--users", str(users), "--seed", "7", "--out", str(ledger)]
        ledger.parent.mkdir(parents=True, exist_ok=True)
        measure([*_CLI, "generate", *plan], ledger.with_suffix(".printed"))


def _bare_session(engine: str, place: Path) -> Taken:
    place.mkdir(parents=True)
    command = [sys.executable, "-c", _BARE, engine, str(place / "table")]
    return Taken(measure(command, place / "printed"), {})


def _run(engine: str, ledger: Path, folder: Path) -> Taken:
    folder.mkdir(parents=True)
    place = Place(ledger, folder / "results", folder / "printed", folder)
    measured = measure(run_command(place, f"session.engine={engine}"), place.printed)
    return Taken(measured, our_phases(place))


def _tell(engine: str, users: int, taken: Sequence[Taken], bare: Sequence[Taken]) -> None:
    def median(of: Sequence[Taken]) -> float:
        return statistics.median(one.measured.seconds for one in of)

    what = f"{users:,} users" if users else "bare session, one Delta table"
    cpu = statistics.median(one.measured.cpu_seconds for one in taken)
    stages = {
        name: statistics.median(one.phases[name] for one in taken) for name in taken[0].phases
    }
    print(
        f"{engine:9}{what:30}{median(taken):6.1f} s  CPU {cpu:5.1f} s  "
        f"{median(taken) / median(bare):5.2f} x bare  "
        + ", ".join(f"{name} {seconds:.1f}" for name, seconds in stages.items()),
        flush=True,
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
