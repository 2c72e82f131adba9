"""Totals of Spark's own metrics, from the event log of an application."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class SparkTotals:
    """Sums over all tasks: processor seconds, and bytes read, shuffled, spilled and written."""

    cpu_seconds: float = 0.0
    input_bytes: int = 0
    shuffle_bytes: int = 0
    spilled_bytes: int = 0
    output_bytes: int = 0

    def add(self, metrics: dict[str, Any]) -> None:
        """Add the metrics of one task."""
        self.cpu_seconds += metrics["Executor CPU Time"] / 1e9
        self.input_bytes += metrics["Input Metrics"]["Bytes Read"]
        self.shuffle_bytes += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
        self.spilled_bytes += metrics["Disk Bytes Spilled"]
        self.output_bytes += metrics["Output Metrics"]["Bytes Written"]


def event_log_options(folder: Path) -> list[str]:
    """Settings, as ``key=value``, with which an application leaves its log in ``folder``."""
    return [
        "spark.eventLog.enabled=true",
        "spark.eventLog.compress=false",
        "spark.eventLog.rolling.enabled=false",
        f"spark.eventLog.dir=file://{folder.absolute()}",
    ]


def read_event_log(folder: Path) -> SparkTotals:
    """Totals of the one application that has left its log in ``folder``."""
    (log,) = folder.iterdir()
    totals = SparkTotals()
    with log.open(encoding="utf-8") as lines:
        for line in lines:
            if line.startswith('{"Event":"SparkListenerTaskEnd"'):
                metrics = json.loads(line).get("Task Metrics")
                if metrics:
                    totals.add(metrics)
    return totals
