"""Program: a circuit as steps for the kernels of `kernels/direct.py`."""

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.circuit import Circuit, Operation
from qsim.engines.templates import DENSE, MAX_TARGETS, Template, template
from qsim.frozen import Record
from qsim.gates import GateSpec

if TYPE_CHECKING:
    from qsim.circuit import Parameter
    from qsim.circuit.parameters import Evaluator

__all__ = ["Program", "encode"]

_ROW = 6  # integers a step: opcode, mask, a, b, number, taken
_A, _NUMBER = 2, 4  # columns of a and number
_REMEMBERED = 2**14  # gates on qubits: circuits repeat their placements


class Program(Record):
    """A circuit's operations as arrays, which several threads may use at once.

    Attributes:
        num_qubits: of the circuit.
        rows: the steps; shape (number of steps, 6).
        places: the indices that dense steps work on, one step after the other.
        numbers: complex numbers of the steps; those that depend on angles are still 0.
        jobs: a row for each gate with angles: address of its formula, its first angle, its first number.
        angles: of these gates, one after the other; where parameters are symbolic, `evaluator` gives them.
        evaluator: from values of the parameters to the angles; `None` where all angles are numbers.
        pauses: operations on so many qubits that NumPy does them, each with the number of steps before it.
        formulas: what the addresses in `jobs` lead to.
    """

    num_qubits: int
    rows: NDArray[np.int64]
    places: NDArray[np.int64]
    numbers: NDArray[np.complex128]
    jobs: NDArray[np.int64]
    angles: NDArray[np.float64]
    evaluator: "Evaluator | None"
    pauses: list[tuple[int, Operation]]
    formulas: list[Template]


class _Placed(Record):
    """A gate on qubits.

    Attributes:
        base: the gate without its controls.
        rows: the steps as they lie in memory, `number` counted from the gate's first one.
        num_rows: how many these are.
        places: the indices of each dense step among them.
    """

    base: Template
    rows: bytes
    num_rows: int
    places: tuple[list[int], ...]


def encode(circuit: Circuit, parameters: "Sequence[Parameter]" = ()) -> Program:
    """The program of a circuit, measurements left out.

    Args:
        circuit: what to run.
        parameters: its symbolic parameters, in the order in which their values will come.
    """
    n = circuit.num_qubits
    rows: list[bytes] = []
    first: list[int] = []  # of each step: where its gate's numbers begin
    places: list[list[int]] = []
    jobs: list[tuple[int, int, int]] = []
    angles: list[Any] = []
    pauses: list[tuple[int, Operation]] = []
    formulas: list[Template] = []
    fixed: dict[int, tuple[int, Template]] = {}  # gates without angles, which share their numbers
    total = 0
    for operation in circuit:
        if not isinstance(operation, Operation):
            continue
        gate = operation.gate
        placed = _place(gate.spec, gate.control_state, operation.qubits, n)
        if placed is None:
            pauses.append((len(first), operation))
            continue
        base = placed.base
        if base.formula is not None:
            jobs.append((base.address, len(angles), total))
            angles += gate.params
            formulas.append(base)
            number, total = total, total + base.num_numbers
        elif (known := fixed.get(id(base))) is not None:
            number = known[0]
        else:
            fixed[id(base)] = total, base
            number, total = total, total + base.num_numbers
        rows.append(placed.rows)
        first += [number] * placed.num_rows
        places += placed.places
    steps = np.frombuffer(bytearray(b"".join(rows)), dtype=np.int64).reshape(-1, _ROW)
    steps[:, _NUMBER] += np.array(first, dtype=np.int64)
    if places:
        steps[steps[:, 0] == DENSE, _A] = np.cumsum([0, *map(len, places[:-1])])
    numbers = np.zeros(total, dtype=np.complex128)
    for at, base in fixed.values():
        numbers[at : at + base.num_numbers] = base.numbers
    evaluator = None
    if parameters:
        from qsim.circuit.parameters import compile_expressions

        evaluator = compile_expressions(angles, parameters)
    return Program(
        num_qubits=n,
        rows=steps,
        places=np.array([index for listed in places for index in listed], dtype=np.int64),
        numbers=numbers,
        jobs=np.array(jobs, dtype=np.int64).reshape(-1, 3),
        angles=np.array([] if evaluator else angles, dtype=np.float64),
        evaluator=evaluator,
        pauses=pauses,
        formulas=formulas,
    )


@lru_cache(maxsize=_REMEMBERED)
def _place(spec: GateSpec, control_state: str, qubits: tuple[int, ...], num_qubits: int) -> _Placed | None:
    """The steps of a gate on qubits, controls first; `None` if it has too many targets."""
    targets = qubits[len(control_state) :]
    if len(targets) > MAX_TARGETS:
        return None
    base = template(spec.base or spec)
    mask, value = bits.fixed_bits(qubits, control_state + "0" * len(targets), num_qubits)
    rows: list[int] = []
    places: list[list[int]] = []
    number = 0
    for opcode, states in base.steps:
        at = [value | bits.fixed_bits(targets, bits.bitstring(state, len(targets)), num_qubits)[1] for state in states]
        if opcode == DENSE:
            rows += [opcode, mask, 0, len(at), number, len(qubits)]
            places.append(at)
        else:
            rows += [opcode, mask, at[0], at[-1], number, len(qubits)]
        number += len(at) ** 2 if base.num_numbers else 0
    return _Placed(base, np.array(rows, dtype=np.int64).tobytes(), len(base.steps), tuple(places))
