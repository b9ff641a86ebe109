"""Amplitudes of states that have a name: kets of labels, basis states, Bell, GHZ and W states."""

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.errors import StateError
from qsim.memory import aligned
from qsim.states._qubits import check_num_qubits, require_entries

__all__ = ["basis_amplitudes", "bell_amplitudes", "ghz_amplitudes", "label_amplitudes", "w_amplitudes"]

ComplexArray = NDArray[np.complex128]

# Amplitudes of |0⟩ and |1⟩ in each one-qubit ket; those of the superpositions are divided by √2.
_KETS = {"0": (1, 0), "1": (0, 1), "+": (1, 1), "-": (1, -1), "r": (1, 1j), "l": (1, -1j)}
_BELL = {"phi+": (0b00, 0b11, 1), "phi-": (0b00, 0b11, -1), "psi+": (0b01, 0b10, 1), "psi-": (0b01, 0b10, -1)}


def label_amplitudes(label: str) -> ComplexArray:
    """The Kronecker product of the label's kets, qubit 0 first.

    `0` and `1` are the basis states, `+` and `-` are (|0⟩ ± |1⟩)/√2, `r` and `l` are (|0⟩ ± i|1⟩)/√2.

    >>> label_amplitudes("1r").round(4).tolist()
    [0j, 0j, (0.7071+0j), 0.7071j]
    """
    for position, character in enumerate(label):
        if character not in _KETS:
            raise StateError(
                f"Argument `label` must consist of 0, 1, +, -, r and l, "
                f"but {label!r} has {character!r} at position {position}."
            )
    if not label.strip("01"):
        return basis_amplitudes(bits.parse_bitstring(label), len(label))
    _require_state(len(label))
    halves = sum(character not in "01" for character in label)
    amplitudes = aligned(bits.register_size(len(label)), np.complex128, zeroed=True)
    amplitudes[0] = 2 ** (-halves / 2)  # one factor for all: |++⟩ has amplitudes 0.5 exactly
    size = 1
    for character in reversed(label):  # the ket of one qubit more, in the same array
        zero, one = _KETS[character]
        if one:
            np.multiply(amplitudes[:size], one, out=amplitudes[size : 2 * size])
        if not zero:
            amplitudes[:size] = 0
        size *= 2
    return amplitudes


def basis_amplitudes(index: int, num_qubits: int) -> ComplexArray:
    """|index⟩ of a register."""
    check_num_qubits(num_qubits)
    if not 0 <= index < bits.register_size(num_qubits):
        raise StateError(f"A basis index of {num_qubits} qubits lies in 0 … 2^{num_qubits} - 1, but is {index}.")
    return _superposition([index], num_qubits)


def bell_amplitudes(kind: str) -> ComplexArray:
    """One of the four Bell states: phi± = (|00⟩ ± |11⟩)/√2, psi± = (|01⟩ ± |10⟩)/√2."""
    if kind not in _BELL:
        raise StateError(f"Argument `kind` must be one of {', '.join(_BELL)}, but is {kind!r}.")
    first, second, sign = _BELL[kind]
    amplitudes = _superposition([first, second], 2)
    amplitudes[second] *= sign
    return amplitudes


def ghz_amplitudes(num_qubits: int) -> ComplexArray:
    """(|0…0⟩ + |1…1⟩)/√2."""
    number = check_num_qubits(num_qubits, least=1)
    return _superposition([0, bits.register_size(number) - 1], number)


def w_amplitudes(num_qubits: int) -> ComplexArray:
    """Equal superposition of the basis states with a single 1."""
    number = check_num_qubits(num_qubits, least=1)
    return _superposition([bits.qubit_weight(qubit, number) for qubit in range(number)], number)


def _superposition(indices: list[int], num_qubits: int) -> ComplexArray:
    """Equal positive amplitudes on the listed basis states."""
    _require_state(num_qubits)
    amplitudes = aligned(bits.register_size(num_qubits), np.complex128, zeroed=True)
    amplitudes[indices] = np.sqrt(1 / len(indices))
    return amplitudes


def _require_state(num_qubits: int) -> None:
    require_entries(num_qubits, f"A state of {num_qubits} qubits")
