"""Columns and types of every input and output table."""
