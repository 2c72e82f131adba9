"""Chance as a pure function of seed, stream and keys: hash columns read as random numbers.

A draw depends on nothing else, so the same row comes out on any number of cores and partitions.
What is drawn, and with which parameters, belongs to the modules that describe users and trades.
"""

from __future__ import annotations

import hashlib
import math

from pyspark.sql import Column
from pyspark.sql import functions as F

_SLICE = 2.0**-52


def stream_salt(seed: int, stream: str) -> int:
    """Signed 64-bit starting value of a named stream; streams of one seed are unrelated."""
    digest = hashlib.sha256(f"{seed}/{stream}".encode()).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def hash_draw(seed: int, stream: str, *keys: Column) -> Column:
    """64 random bits per row as a long; one long key gives distinct values for distinct keys."""
    return F.xxhash64(F.lit(stream_salt(seed, stream)), *keys)


def uniform_draw(seed: int, stream: str, *keys: Column) -> Column:
    """Uniform double in the open interval (0, 1): the middles of 2**52 equal slices."""
    # 52 bits and a half fit a double exactly, so that neither 0 nor 1 can come out.
    high_bits = F.shiftrightunsigned(hash_draw(seed, stream, *keys), 12)
    return (high_bits + F.lit(0.5)) * F.lit(_SLICE)


def normal_draw(seed: int, stream: str, *keys: Column) -> Column:
    """Standard normal double (Box-Muller on two uniforms of the stream)."""
    radius = F.sqrt(F.lit(-2.0) * F.log(uniform_draw(seed, f"{stream}/radius", *keys)))
    angle = F.lit(2.0 * math.pi) * uniform_draw(seed, f"{stream}/angle", *keys)
    return radius * F.cos(angle)


def exponential_draw(seed: int, stream: str, *keys: Column) -> Column:
    """Exponential double with mean 1."""
    return -F.log(uniform_draw(seed, stream, *keys))


def integer_below(bound: Column | int, seed: int, stream: str, *keys: Column) -> Column:
    """Uniform int in [0, ``bound``); ``bound`` is at least 1."""
    return F.floor(uniform_draw(seed, stream, *keys) * bound).cast("int")


def opaque_id(seed: int, stream: str, key: Column) -> Column:
    """16 hexadecimal digits that do not show the order of ``key`` (a long).

    XXH64 of one long is a bijection, so distinct keys never share an id.
    """
    return F.lpad(F.lower(F.hex(hash_draw(seed, stream, key))), 16, "0")


def nearest_whole(value: Column) -> Column:
    """A double rounded half up to a long.

    Ten times faster than Spark's ``round``, which goes through decimals.
    """
    return F.floor(value + F.lit(0.5))
