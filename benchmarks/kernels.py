"""Each kernel of the sweep against what the machine can do: memory bandwidth, and fused multiply-adds.

    python benchmarks/kernels.py --qubits 22 --precision single --threads 2 --json kernels.json

A row of a program is run many times on each block, so its time is that of data in the cache. The limit of arithmetic is
what the BLAS of NumPy reaches on a product of large matrices; the limit of memory is a copy of the state.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from clock import best
from report import machine

from qsim.engines.statevector import block_bits, block_chunks, fill_tables
from qsim.kernels import load
from qsim.kernels.threads import for_chunks
from qsim.memory import aligned
from qsim.plan.diagonal import Diagonal
from qsim.plan.encode import Encoded, encode
from qsim.plan.schedule import Sweep
from qsim.plan.steps import Flip, Pair, Phase, Turn
from qsim.states.record import DTYPES

REPEATS = 20  # of a row in a program
REAL = {"single": np.float32, "double": np.float64}


def programs(block: int, lanes: int) -> dict[str, tuple[list[Any], float]]:
    """Steps by name, and what they need at least: real multiplications and additions an amplitude, of all rows."""
    low = lanes.bit_length() - 1
    bits = [1 << bit for bit in range(low, block)]
    rng = np.random.default_rng(1)
    dense, _ = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))
    coupled = np.eye(4)[::-1] * 0.8j + np.eye(4) * 0.6

    def turns(weights: list[int], before: float = 0.0) -> list[Any]:
        return [Turn(weight, before, 0.3, 0.0) for weight in weights]

    inside = [1 << bit for bit in range(low)] + bits[: 3 - low]
    return {
        "three turns": (turns(bits[2:5]) * REPEATS, 12 * REPEATS),
        "three turns and flips": (
            [*turns(bits[2:5]), Flip(bits[3], bits[2]), Flip(bits[4], bits[6]), Flip(bits[2], bits[5])] * REPEATS,
            12 * REPEATS,
        ),
        "three turns after phases": ([*turns(bits[2:5], 0.1), Phase(bits[2] | bits[6], 0.1)] * REPEATS, 18 * REPEATS),
        "turns inside the vectors": ([*turns(inside), *turns(bits[4:7])] * REPEATS, 24 * REPEATS),
        "pair, two blocks": ([Pair(bits[3], bits[5], coupled)] * REPEATS, 16 * REPEATS),
        "pair, dense": ([Pair(bits[3], bits[5], dense)] * REPEATS, 32 * REPEATS),
    }


def sweep_seconds(state: Any, precision: str, encoded: Encoded, threads: int, repeats: int) -> float:
    """Of one sweep over the state."""
    kernels = load(precision)
    fill_tables(kernels, encoded)
    chunks = block_chunks(state, kernels, encoded, threads)

    return best(lambda: for_chunks(chunks.one, chunks.number, threads), repeats)


def matrix_product_flops(precision: str, repeats: int) -> float:
    """Multiplications and additions a second of NumPy's BLAS."""
    a = np.ones((1024, 1024), dtype=REAL[precision])
    return 2 * 1024**3 / best(lambda: a @ a, repeats)


def measure(n: int, precision: str, threads: int, repeats: int) -> list[dict[str, Any]]:
    """A record for each kernel, and for sweeps that only read and write."""
    block, low = block_bits(precision, n)
    lanes = load(precision).lanes
    state = aligned(1 << n, DTYPES[precision])
    state[:] = 2 ** (-n / 2)
    everything = (1 << n) - 1
    flops = matrix_product_flops(precision, repeats)
    records = []
    contiguous = (1 << block) - 1
    scattered = ((1 << low) - 1) | ((1 << (block - low)) - 1) << (n - block + low)
    empty = 0.0
    for name, local in (("read and write, scattered", scattered), ("read and write, in order", contiguous)):
        encoded = encode(Sweep(local, []), n, everything, lanes, REAL[precision], Diagonal())
        empty = sweep_seconds(state, precision, encoded, threads, repeats)
        records.append({"kernel": name, "ms": 1e3 * empty, "GB/s": 2e-9 * state.nbytes / empty})
    for name, (steps, least) in programs(block, lanes).items():
        encoded = encode(Sweep(contiguous, steps), n, everything, lanes, REAL[precision], Diagonal())
        rows = len(encoded.program)
        seconds = sweep_seconds(state, precision, encoded, threads, repeats) - empty
        rate = least * (1 << n) / seconds
        records.append(
            {"kernel": name, "ms a row": 1e3 * seconds / rows, "GFLOP/s": 1e-9 * rate, "of BLAS": rate / flops}
        )
    return records


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--qubits", type=int, default=22)
    parser.add_argument("--precision", choices=["single", "double"], default="single")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    records = measure(arguments.qubits, arguments.precision, arguments.threads, arguments.repeats)
    print(", ".join(f"{key} {value}" for key, value in machine().items()), end="\n\n")
    print("| kernel | ms | GB/s | ms a row | GFLOP/s | of BLAS |\n| --- | ---: | ---: | ---: | ---: | ---: |")
    for record in records:
        cells = (record.get(key) for key in ("ms", "GB/s", "ms a row", "GFLOP/s", "of BLAS"))
        print(f"| {record['kernel']} | " + " | ".join("" if cell is None else f"{cell:.2f}" for cell in cells) + " |")
    if arguments.json:
        arguments.json.write_text(json.dumps({"machine": machine(), "kernels": records}, indent=1))


if __name__ == "__main__":
    main()
