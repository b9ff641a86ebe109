"""What a run gave, as text and as JSON; `docs/cli.md` describes both."""

import argparse
import json
from collections.abc import Iterator
from typing import Any, NamedTuple, Self

import numpy as np

from qsim.bits import bitstring
from qsim.circuit import Circuit
from qsim.cli.files import UsageError
from qsim.result import Result

__all__ = ["Wanted", "as_json", "as_text"]

FORMAT, VERSION = "qsim-result", 1
_DEFAULT_SHOTS = 1000
_LEAST = 1e-12  # amplitudes and probabilities below are rounding, and left out
_SHOWN_LABELS = 16


class Wanted(NamedTuple):
    """What is asked for.

    Attributes:
        shots: number of samples, or None.
        state: the amplitudes.
        probabilities: the exact distribution.
        expect: Pauli strings.
    """

    shots: int | None
    state: bool
    probabilities: bool
    expect: tuple[str, ...]

    @classmethod
    def of(cls, options: argparse.Namespace) -> Self:
        """From the options; refused if they contradict each other."""
        expect = tuple(dict.fromkeys(options.expect or ()))
        others = options.state or options.probabilities or expect
        shots = options.shots if options.shots is not None or (others and not options.plot) else _DEFAULT_SHOTS
        if not shots and options.plot:
            raise UsageError("--plot needs shots.")
        if not shots and not others:
            raise UsageError("--shots 0 leaves nothing to do: ask for --state, --probabilities or --expect.")
        return cls(shots or None, options.state, options.probabilities, expect)


def as_text(circuit: Circuit, result: Result, wanted: Wanted, options: argparse.Namespace) -> None:
    """Print a section for each result."""
    print(f"{circuit!r}")
    print(f"method {result.method} ({result.reason}), {options.precision} precision, {result.timings['total']:.3g} s")
    if result.counts is not None:
        seed = "" if result.seed is None else f", seed {result.seed}"
        print(f"\nCounts of {result.counts.shots} shots{seed}. {_order(result.counts.labels)}")
        print(result.counts)
    if wanted.probabilities and result.distribution is not None:
        print(f"\nProbabilities. {_order(result.distribution.labels)}")
        for key, probability in result.distribution.items():
            if probability > _LEAST:
                print(f"{key}  {probability:.12g}")
    if wanted.state:
        print(f"\nState before the final measurements. {_order(_qubits(circuit))}")
        for key, amplitude in _amplitudes(result):
            print(f"{key}  {amplitude.real:+.12f} {amplitude.imag:+.12f}j")
    if wanted.expect:
        print(f"\nExpectation values. {_order(_qubits(circuit), 'letter')}")
        for paulis in wanted.expect:
            print(f"{paulis}  {result.expectations[paulis]:.12g}")


def as_json(circuit: Circuit, result: Result, wanted: Wanted, options: argparse.Namespace) -> None:
    """Print one object, on one line."""
    counts, distribution = result.counts, result.distribution
    labels = counts.labels if counts is not None else distribution.labels if distribution is not None else ()
    found: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "circuit": {"name": circuit.name, "num_qubits": circuit.num_qubits, "num_bits": circuit.num_bits},
        "bit_order": "leftmost first",
        "bits": list(labels),
        "qubits": list(_qubits(circuit)),
        "method": result.method,
        "precision": options.precision,
        "seconds": result.timings["total"],
    }
    if counts is not None:
        found |= {"shots": counts.shots, "seed": result.seed, "counts": dict(counts.items())}
    if wanted.probabilities and distribution is not None:
        found["probabilities"] = {key: value for key, value in distribution.items() if value > _LEAST}
    if wanted.state:
        found["state"] = {key: [value.real, value.imag] for key, value in _amplitudes(result)}
    if wanted.expect:
        found["expectations"] = {paulis: float(result.expectations[paulis]) for paulis in wanted.expect}
    print(json.dumps(found, ensure_ascii=False))


def _amplitudes(result: Result) -> Iterator[tuple[str, complex]]:
    """Bit strings, qubit 0 first, with the amplitudes that are not 0."""
    assert result.state is not None
    amplitudes = result.state.amplitudes
    for index in np.flatnonzero(np.abs(amplitudes) > _LEAST):
        yield bitstring(int(index), result.state.num_qubits), complex(amplitudes[index])


def _qubits(circuit: Circuit) -> tuple[str, ...]:
    return tuple(f"q{number}" for number in range(circuit.num_qubits))


def _order(labels: tuple[str, ...], what: str = "character") -> str:
    """The order of bits, said."""
    if len(labels) > _SHOWN_LABELS:
        labels = (*labels[: _SHOWN_LABELS - 2], "…", labels[-1])
    return f"The leftmost {what} is the first of: {' '.join(labels)}"
