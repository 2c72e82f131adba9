"""Options that several commands have."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, cast

import click

from rfmf_spark.session.connect import is_server

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
            "--remote",
            metavar="URL",
            # Known before the profile, which depends on it.
            is_eager=True,
            help="Spark Connect: sc://HOST:PORT of a server, or local[N]; else SPARK_REMOTE.",
        ),
        click.option(
            "--profile",
            type=click.Choice(["local", "cluster"]),
            callback=_choose_profile,
            help="Which of conf/local.yaml and conf/cluster.yaml applies: local, unless a Connect "
            "server is given.",
        ),
    ]
    command = _with_remote_assigned(command)
    for option in reversed(options):
        command = option(command)
    return command


def _with_remote_assigned(command: Command) -> Command:
    """Let ``--remote`` reach a command as one more ``--set``, the last one."""

    @functools.wraps(command)
    def with_remote(
        *arguments: Any, remote: str | None, assignments: Sequence[str], **others: Any
    ) -> Any:
        if remote is not None:
            assignments = (*assignments, f"session.remote={remote}")
        return command(*arguments, assignments=assignments, **others)

    return cast(Command, with_remote)


def _choose_profile(context: click.Context, parameter: click.Parameter, value: str | None) -> str:
    if value is not None:
        return value
    address = context.params.get("remote") or os.environ.get("SPARK_REMOTE")
    return "cluster" if is_server(address) else "local"


def given(**arguments: object) -> dict[str, object]:
    """The arguments that were given on the command line."""
    return {name: value for name, value in arguments.items() if value is not None}
