"""Where a run starts: the initial amplitudes, and the array that it works on."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits, states
from qsim.engines.control import start_stage
from qsim.errors import StateError
from qsim.frozen import Record
from qsim.memory import aligned
from qsim.states import State

if TYPE_CHECKING:
    from qsim.states.storage import StateFile

__all__ = ["Start", "prepare"]


class Start(Record):
    """The array that a run works on, and what is to be in it first.

    Attributes:
        amplitudes: of length 2^n; a new array, `out`, or those of a file.
        source: what is to be copied into them; `None` for |0…0⟩, or where they hold the initial state.
        is_filled: whether they hold the initial state.
        is_zero: whether that is |0…0⟩.
        file: the file that they are mapped from, if they are.
        is_in_place: whether the caller gave `initial` and `out` as one, so that the initial state is lost by the run.
    """

    amplitudes: NDArray[Any]
    source: NDArray[Any] | None
    is_filled: bool
    is_zero: bool
    file: "StateFile | None"
    is_in_place: bool = False

    def fill(self) -> None:
        """Write the initial state."""
        if not self.is_filled:
            chunks = start_stage(self.amplitudes, self.source)(1)
            for chunk in range(chunks.number):
                chunks.one(0, chunk)


def prepare(num_qubits: int, dtype: np.dtype[Any], initial: Any, out: Any) -> Start:
    """Check `initial=` and `out=`, allocate what is missing, write nothing yet.

    Args:
        num_qubits: of the circuit.
        dtype: of the amplitudes.
        initial: `None` for |0…0⟩, a State, a label or amplitudes; normalised.
        out: `None`, an array, or a `State.memmap`.
    """
    file = out._file if isinstance(out, State) else None
    if out is not None:
        _check_out(out, file, num_qubits, dtype)
    target = out if file is None else file.amplitudes
    size = bits.register_size(num_qubits)
    if initial is None:
        is_new = target is None
        amplitudes = aligned(size, dtype, zeroed=True) if is_new else target
        if is_new:
            amplitudes[0] = 1
        return Start(amplitudes, None, is_new, True, file)
    if file is not None and isinstance(initial, State) and _is_same_file(initial._file, file):
        if not file.unreadable:
            _check_normalized(initial)
        return Start(file.amplitudes, None, True, False, file, True)
    source = _amplitudes_of(initial)
    if len(source) != size:
        found = len(source).bit_length() - 1
        raise StateError(f"Argument `initial` has {found} qubits, but the circuit has {num_qubits}.")
    if isinstance(initial, str) and target is None and source.dtype == dtype:
        return Start(source, None, True, False, None)  # made here: nobody else has it
    if target is None:
        target = aligned(size, dtype)
    elif np.may_share_memory(source, target):
        if source.ctypes.data == target.ctypes.data and source.dtype == dtype:
            return Start(target, None, True, False, file, True)
        source = source.copy()  # it would be overwritten before it is read
    return Start(target, source, False, False, file)


def _check_out(out: Any, file: "StateFile | None", num_qubits: int, dtype: np.dtype[Any]) -> None:
    if isinstance(out, State) and file is None:
        raise TypeError("Argument `out` must be an array or a State.memmap: other states are immutable.")
    array = out if file is None else file.amplitudes
    if not isinstance(array, np.ndarray):
        raise TypeError(f"Argument `out` must be an array or a State.memmap, but is {type(out).__name__}.")
    if not array.flags.writeable:
        raise StateError("Argument `out` must be writeable, but is read-only.")
    size = bits.register_size(num_qubits)
    if array.shape != (size,) or array.dtype != dtype or not array.flags.c_contiguous:
        raise StateError(
            f"Argument `out` must be a contiguous array of {size} {dtype}, but has shape {array.shape} and dtype "
            f"{array.dtype}."
        )


def _amplitudes_of(initial: Any) -> NDArray[Any]:
    """Amplitudes of a normalised state; arrays of complex numbers are not copied."""
    if isinstance(initial, str):
        return states.labels.label_amplitudes(initial)
    if isinstance(initial, np.ndarray) and initial.dtype.kind == "c" and initial.ndim == 1:
        contiguous = np.ascontiguousarray(initial, dtype=None if initial.dtype.itemsize in (8, 16) else np.complex128)
        initial = State._wrap(contiguous, normalized=False)
    state = initial if isinstance(initial, State) else State(initial)
    _check_normalized(state)
    return state.amplitudes


def _check_normalized(state: State) -> None:
    if not state.is_normalized:
        raise StateError(f"Argument `initial` must be normalised, but its norm is {state.norm:.6g}: use .normalized().")


def _is_same_file(one: "StateFile | None", other: "StateFile") -> bool:
    return one is not None and (one is other or one.path.samefile(other.path))
