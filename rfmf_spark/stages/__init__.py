"""The stages of a run, in the order of ``pipeline.py``; each can also be a job of its own."""

from __future__ import annotations

STAGE_NAMES = ("clean", "features", "score", "fit", "assign")
