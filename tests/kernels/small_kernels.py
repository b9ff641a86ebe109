"""A small kernel module, to test the loader with."""

import math
import os
import tempfile
import warnings

import numba
from llvmlite import ir
from numba import types
from numba.extending import intrinsic


@intrinsic
def peek(context, address):
    """The integer at an address, which somebody else may be writing."""

    def generate(ctx, builder, signature, args):
        return builder.load_atomic(builder.inttoptr(args[0], ir.IntType(64).as_pointer()), "seq_cst", 8)

    return types.int64(types.int64), generate


@numba.njit
def half(n):
    return n // 2


def total(address, length):
    """Sum of integers, and half of their number."""
    result = half(length)
    for k in range(length):
        result += peek(address + 8 * k)
    return result


def wave(length, x):
    result = 0.0
    for k in range(length):
        result += math.sin(x * k)
    return int(1e6 * result)


def wait(address, limit):
    """Whether the number at the address becomes something else than 0."""
    for _ in range(limit):
        if peek(address):
            return 1
    return 0


def build(lanes, precision):
    """The kernels; where a test counts compilations, each leaves a file in its folder."""
    warnings.warn("Some version of numba warns of something.", stacklevel=1)
    if folder := os.environ.get("COUNT_COMPILATIONS"):
        os.close(tempfile.mkstemp(dir=folder)[0])
    words, mixed = types.int64(types.int64, types.int64), types.int64(types.int64, types.float64)
    return {"total": (numba.njit(total), words), "wave": (wave, mixed), "wait": (wait, words)}
