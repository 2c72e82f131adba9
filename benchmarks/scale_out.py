"""How the whole job scales: python -m benchmarks.scale_out cores|cluster|skew LEDGER [SKEWED]

``cores``: on one core and on two. ``cluster``: on a standalone cluster with a small driver and
small executors. ``skew``: on a ledger and on a skewed one of the same number of users.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.contestants import AS_OF
from benchmarks.event_log import event_log_options, read_event_log
from benchmarks.measuring import Measured, measure
from rfmf_spark.session.spark_session import DELTA_PACKAGE
from tests.cluster.standalone import start_cluster
from tests.quick_spark import SPARK_HOME, spark_environment

_CHECKOUT = Path(__file__).parents[1]
_DRIVER_MEMORY, _EXECUTOR_MEMORY = "2g", "2g"
_CLUSTER_SETTINGS = {
    "spark.driver.host": "127.0.0.1",
    "spark.ui.enabled": "false",
    "spark.executor.memory": _EXECUTOR_MEMORY,
    "spark.sql.shuffle.partitions": "64",
    "spark.sql.files.maxPartitionBytes": "16m",
}
_GB = 2**30


def main(part: str, *ledgers: str) -> None:
    """Measure one part, and print a line for each run."""
    with tempfile.TemporaryDirectory(dir=ledgers[0]) as scratch:
        _PARTS[part](Path(scratch), *ledgers)


def _compare_cores(scratch: Path, ledger: str) -> None:
    one = _run_locally(ledger, scratch / "one", "local[1]")
    two = _run_locally(ledger, scratch / "two", "local[2]")
    print(f"one core over two: {one.seconds / two.seconds:.2f} times the seconds")


def _compare_skew(scratch: Path, ledger: str, skewed: str) -> None:
    even = _run_locally(ledger, scratch / "even", "local[2]")
    uneven = _run_locally(skewed, scratch / "skewed", "local[2]")
    print(f"skewed ledger over even one: {uneven.seconds / even.seconds:.2f} times the seconds")


def _run_locally(ledger: str, folder: Path, master: str) -> Measured:
    settings = [f"session.master={master}", *event_log_options(_events(folder))]
    command = [sys.executable, "-m", "rfmf_spark.cli", "run", *_arguments(ledger, folder, settings)]
    measured = measure(command, folder / "printed")
    _tell(f"{Path(ledger).name}, {master}", measured, folder)
    return measured


def _run_on_cluster(scratch: Path, ledger: str) -> None:
    """spark-submit in client mode: what is measured is the driver; executors belong to workers."""
    folder = scratch / "cluster"
    settings = _CLUSTER_SETTINGS | dict(
        option.split("=", 1) for option in event_log_options(_events(folder))
    )
    conf = [part for name, value in settings.items() for part in ("--conf", f"{name}={value}")]
    job = str(_CHECKOUT / "jobs" / "run_pipeline.py")
    with start_cluster(folder, _EXECUTOR_MEMORY) as master:
        submit = [str(SPARK_HOME / "bin" / "spark-submit"), "--master", master, *conf]
        submit += ["--driver-memory", _DRIVER_MEMORY, "--packages", DELTA_PACKAGE]
        command = [*submit, job, *_arguments(ledger, folder, [])]
        measured = measure(command, folder / "printed", spark_environment())
    what = f"cluster, driver {_DRIVER_MEMORY}, two executors of {_EXECUTOR_MEMORY}"
    _tell(f"{Path(ledger).name}, {what}", measured, folder)


def _events(folder: Path) -> Path:
    events = folder / "events"
    events.mkdir(parents=True)
    return events


def _arguments(ledger: str, folder: Path, settings: Sequence[str]) -> list[str]:
    place = Path(ledger).absolute()
    inputs = [f"input.{name}={place}/{name}" for name in ("trades", "nav", "products")]
    values = [*inputs, f"output.root={folder}/results", *settings]
    return ["--as-of", AS_OF, *[part for value in values for part in ("--set", value)]]


def _tell(what: str, measured: Measured, folder: Path) -> None:
    spark = read_event_log(folder / "events")
    longest, median = spark.longest_task()
    print(
        f"{what}: {measured.seconds:.1f} s, peak {measured.peak_memory / _GB:.1f} GiB, "
        f"spilled {spark.spilled_bytes / 1e6:.0f} MB, longest task {longest:.1f} s "
        f"(median of its stage {median:.1f} s)",
        flush=True,
    )


_PARTS: dict[str, Callable[..., None]] = {
    "cores": _compare_cores,
    "cluster": _run_on_cluster,
    "skew": _compare_skew,
}

if __name__ == "__main__":
    main(*sys.argv[1:])
