"""Sensitivity: how many users change segment when one choice of the analyst moves."""
