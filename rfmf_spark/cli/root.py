"""The command ``rfmf``, to which all others belong."""

from __future__ import annotations

import click

from rfmf_spark import __version__


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="rfmf")
def cli() -> None:
    """Segments of fund customers by recency, frequency and the management fee they bring."""
