"""Readout: from states and classical bits at the ends of runs to counts and probabilities of the whole record."""

from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.circuit import Circuit
from qsim.circuit.analysis import Parts, is_from_table
from qsim.circuit.flow import walk
from qsim.states import Counts, State
from qsim.states._layout import BitLayout
from qsim.states._outcomes import OutcomeTable, pack_words
from qsim.states.sampling import check_total

if TYPE_CHECKING:
    from qsim.engines.branch import Register
    from qsim.states.distribution import Distribution

__all__ = ["Readout"]

_WORD_BITS = 64


class Readout:
    """The record of a circuit: its classical bits, or, where nothing is measured, all its qubits.

    Args:
        circuit: whose record.
        split: its body and final measurements.
    """

    def __init__(self, circuit: Circuit, split: Parts) -> None:
        final = split.final
        self.is_unitary = all(map(is_from_table, walk(split.body)))
        self.measures = bool(final) or (split.is_dynamic and any(instruction.written for instruction in split.body))
        if self.measures:
            self.layout = BitLayout.of_registers([(r.name, r.size) for r in circuit.bits.registers])
            self._sources = [final.get(bit) for bit in range(circuit.num_bits)]
        else:
            self.layout = BitLayout.of_labels([f"q{qubit}" for qubit in range(circuit.num_qubits)])
            self._sources = list(range(circuit.num_qubits))
        self.qubits = sorted({qubit for qubit in self._sources if qubit is not None})

    def sample(
        self, register: "Register", memory: Sequence[int], shots: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """Records of so many shots of the final measurements, and how often each was seen.

        Args:
            register: the state before them.
            memory: the classical bits before them.
            shots: number of shots.
            rng: where randomness comes from.
        """
        active, known = self._split(register.known)
        state = State._wrap(register.amplitudes, normalized=self.is_unitary)
        if not active:
            state._checked()
            return self._records(np.zeros(1, np.uint64), active, known, memory), np.array([shots])
        outcomes, counts = state._draw(register.places(active), shots, rng)
        return self._records(outcomes, active, known, memory), counts

    def sample_state(
        self, state: State, memory: Sequence[int], shots: int, rng: np.random.Generator
    ) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        """The same from the state of all qubits."""
        outcomes, counts = state._draw(tuple(self.qubits), shots, rng)
        return self._records(outcomes, self.qubits, {}, memory), counts

    def probabilities(
        self, register: "Register", memory: Sequence[int]
    ) -> tuple[NDArray[np.uint64], NDArray[np.float64]]:
        """All records of the final measurements that can be, and their probabilities."""
        active, known = self._split(register.known)
        found = register.probabilities(active) if active or not self.is_unitary else np.ones(1)
        check_total(float(found.sum()))
        possible = np.flatnonzero(found)
        return self._records(possible, active, known, memory), found[possible] / found.sum()

    def _split(self, known: Mapping[int, int]) -> tuple[list[int], Mapping[int, int]]:
        """The qubits that are read out and whose value is not known, and what is known."""
        return [qubit for qubit in self.qubits if qubit not in known], known

    def _records(
        self, outcomes: NDArray[Any], active: Sequence[int], known: Mapping[int, int], memory: Sequence[int]
    ) -> NDArray[np.uint64]:
        """Records as 64-bit words from what the active qubits spell."""
        place = {qubit: number for number, qubit in enumerate(active)}
        columns: list[int | None] = []
        fixed = ""
        for bit, qubit in enumerate(self._sources):
            value = memory[bit] if qubit is None else known.get(qubit)
            columns.append(place[qubit] if value is None and qubit is not None else None)
            fixed += str(value or 0)
        words = bits.spread_columns(outcomes, columns, len(active))
        return words | self._words(bits.parse_bitstring(fixed or "0"))

    def _words(self, record: int) -> NDArray[np.uint64]:
        size = max(-(-len(self._sources) // _WORD_BITS), 1)
        words = np.frombuffer(record.to_bytes(8 * size, "big"), ">u8").astype(np.uint64)
        return words if size > 1 else words[0]

    # ── What all branches gave ────────────────────────────────────────────────────────────────────────────────────

    def counts(self, found: Sequence[tuple[NDArray[np.uint64], NDArray[np.int64]]]) -> Counts:
        """The counts of all branches together."""
        return Counts._wrap(self._table(found, np.int64))

    def distribution(
        self, found: Sequence[tuple[NDArray[np.uint64], NDArray[np.float64]]], bound: float, pruned: float
    ) -> "Distribution":
        """The distribution of all branches together, without outcomes below the bound."""
        from qsim.states.distribution import Distribution

        table = self._table(found, np.float64)
        kept = table.values >= bound
        pruned += float(table.values[~kept].sum())
        return Distribution(OutcomeTable.collect(self.layout, table.outcomes[kept], table.values[kept]), pruned)

    def _table(self, found: Sequence[tuple[NDArray[np.uint64], NDArray[Any]]], dtype: Any) -> OutcomeTable:
        num_bits = self.layout.num_bits
        words = [outcomes for outcomes, _ in found] or [np.zeros((0, max(-(-num_bits // _WORD_BITS), 1)), np.uint64)]
        values = [values for _, values in found] or [np.zeros(0, dtype)]
        packed = pack_words(np.concatenate(words), num_bits)
        return OutcomeTable.collect(self.layout, packed, np.concatenate(values).astype(dtype))

    def in_order(self, counts: Counts, rng: np.random.Generator) -> list[str]:
        """The records shot by shot: those of the counts in an order drawn at random."""
        keys = counts._table.bitstrings()
        numbers = np.repeat(np.arange(len(keys)), counts._table.values)
        return [keys[number] for number in rng.permutation(numbers).tolist()]

    def key(self, memory: Sequence[int]) -> str:
        """Classical bits before the final measurements as a key of counts, with `-` for what these will write."""
        if not self.measures:
            return ""
        written = iter("".join("-" if q is not None else str(memory[bit]) for bit, q in enumerate(self._sources)))
        return " ".join("".join(islice(written, width)) for _, width in self.layout.registers)
