"""Options that several commands have."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


def common_options(command: Command) -> Command:
    options = [
        click.option(
            "--config",
            "config_files",
            multiple=True,
            metavar="FILE",
            help="YAML file of settings; repeatable, later files win.",
        ),
        click.option(
            "--set",
            "assignments",
            multiple=True,
            metavar="KEY=VALUE",
            help="One setting, for example clustering.k_max=8; repeatable, wins over files.",
        ),
        click.option(
            "--profile",
            type=click.Choice(["local", "cluster"]),
            default="local",
            show_default=True,
            help="Which of conf/local.yaml and conf/cluster.yaml applies.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def given(**arguments: object) -> dict[str, object]:
    """The arguments that were given on the command line."""
    return {name: value for name, value in arguments.items() if value is not None}
