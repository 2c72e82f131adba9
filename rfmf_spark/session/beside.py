"""Work in a thread of its own, while something else goes on.

A small job of Spark mostly waits, and so does whoever asks for it: two of them, or one and a sum on
the driver, take little longer together than alone.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


@contextlib.contextmanager
def beside(work: Callable[[], T]) -> Iterator[Callable[[], T]]:
    """Do ``work`` while the block goes on, which gets what waits for its result, or its error.

    A block that fails does not wait: a job that is still running then ends with its session.
    """
    pool = ThreadPoolExecutor(1)
    try:
        yield pool.submit(work).result
    finally:
        pool.shutdown(wait=False)
