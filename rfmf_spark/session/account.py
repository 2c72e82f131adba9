"""Who works here: the account and the computer of this process, as the system names them."""

from __future__ import annotations

import contextlib
import getpass
import os
import socket


def account() -> str:
    """The name of the account, or its number where the system knows no name (as in containers)."""
    with contextlib.suppress(KeyError, OSError, ImportError):
        return getpass.getuser()
    return f"user {os.getuid()}"


def who() -> str:
    """Account and computer, for people."""
    return f"{account()} on {socket.gethostname()}"
