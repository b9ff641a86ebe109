"""Fingerprints: whether a run that was stopped and the one that is to go on are the same."""

import hashlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from qsim.circuit import Circuit, Operation
from qsim.engines.start import Start
from qsim.gates import Gate

__all__ = ["fingerprint", "start_key"]


def fingerprint(circuit: Circuit, *settings: str) -> bytes:
    """32 bytes that differ where operations, their order, or anything else that matters to the amplitudes does.

    >>> fingerprint(Circuit(1).rx(0.5, 0)) == fingerprint(Circuit(1).rx(0.5, 0).measure_all())
    True
    >>> fingerprint(Circuit(1).rx(0.5, 0)) == fingerprint(Circuit(1).rx(0.5000000001, 0))
    False
    """
    digest = hashlib.sha256()
    for part in (*settings, circuit.num_qubits):
        digest.update(repr(part).encode() + b"\n")
    for instruction in circuit:
        if isinstance(instruction, Operation):
            for part in _parts(instruction.gate):
                digest.update(repr(part).encode() if not isinstance(part, bytes) else part)
            digest.update(repr(instruction.qubits).encode() + b"\n")
    return digest.digest()


def start_key(start: Start) -> str:
    """The initial state in a few characters."""
    if start.is_zero:
        return "zero"
    if start.is_filled and start.file is not None:
        return "in place"  # what it was is not there any more when the run goes on
    source = start.amplitudes if start.is_filled else start.source
    return hashlib.sha256(np.ascontiguousarray(source).data).hexdigest()


def _parts(gate: Gate) -> Iterator[Any]:
    """What makes a gate what it is; numbers with all their digits."""
    yield gate.name, gate.control_state, gate.structure, [float(param) for param in gate.params]
    if gate.is_from_table:
        return
    if gate.base.spec.data is not None:
        yield gate.base.spec.data.tobytes()
    else:
        yield [(term.coefficient, term.key) for term in gate.base.operator.terms]
