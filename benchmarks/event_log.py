"""Spark's own metrics of an application, from its event log: totals, and how even its tasks are."""

from __future__ import annotations

import json
import statistics
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class SparkTotals:
    """Sums over all tasks: processor seconds, and bytes read, shuffled, spilled and written.

    ``task_seconds`` has what each task took, by stage.
    """

    cpu_seconds: float = 0.0
    input_bytes: int = 0
    shuffle_bytes: int = 0
    spilled_bytes: int = 0
    output_bytes: int = 0
    task_seconds: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

    def add(self, stage: int, metrics: dict[str, Any]) -> None:
        """Add the metrics of one task."""
        self.task_seconds[stage].append(metrics["Executor Run Time"] / 1e3)
        self.cpu_seconds += metrics["Executor CPU Time"] / 1e9
        self.input_bytes += metrics["Input Metrics"]["Bytes Read"]
        self.shuffle_bytes += metrics["Shuffle Write Metrics"]["Shuffle Bytes Written"]
        self.spilled_bytes += metrics["Disk Bytes Spilled"]
        self.output_bytes += metrics["Output Metrics"]["Bytes Written"]

    def longest_task(self) -> tuple[float, float]:
        """Seconds of the longest task of all, and of the median one of its stage."""
        worst = max(self.task_seconds.values(), key=max)
        return max(worst), statistics.median(worst)


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
                event = json.loads(line)
                if metrics := event.get("Task Metrics"):
                    totals.add(event["Stage ID"], metrics)
    return totals
