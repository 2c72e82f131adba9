"""Segments: how clusters are numbered and named, and what is known about each."""
