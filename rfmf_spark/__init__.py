"""Customer segmentation by recency, frequency and management fee (RFMF) on Spark."""

from __future__ import annotations

__version__ = "0.1.0"
