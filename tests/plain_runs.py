"""A plain interpreter of circuits with measurement and control flow, for tests: every outcome, with its probability.

It is written from the definitions and shares nothing with the engines: states are tensors, a gate is its matrix, and a
circuit is run again for each sequence of outcomes.
"""

from collections import defaultdict

import numpy as np

from qsim.circuit import Break, Continue, ForLoop, IfElse, Switch, WhileLoop
from qsim.circuit.instructions import Barrier, Measurement, Operation, Reset

SMALL = 1e-12


class _Jump(Exception):
    pass


class _Run:
    """One run, in which the measurements that are open have these outcomes, and 0 after them."""

    def __init__(self, circuit, outcomes):
        self.num_qubits = circuit.num_qubits
        self.state = np.zeros((2,) * circuit.num_qubits, dtype=complex)
        self.state[(0,) * circuit.num_qubits] = 1
        self.bits = [0] * circuit.num_bits
        self.outcomes, self.open, self.probability, self.values = outcomes, 0, 1.0, {}
        self.block(circuit)

    def apply(self, matrix, qubits):
        count = len(qubits)
        tensor = matrix.reshape((2,) * (2 * count))
        moved = np.tensordot(tensor, self.state, (range(count, 2 * count), qubits))
        self.state = np.moveaxis(moved, range(count), qubits)

    def look(self, qubit):
        """Measure; the branch of the state is kept and normalised."""
        parts = np.moveaxis(self.state, qubit, 0)
        weights = [float(np.sum(np.abs(part) ** 2)) for part in parts]
        if min(weights) < SMALL:
            found = int(weights[1] > weights[0])
        else:
            found = self.outcomes[self.open] if self.open < len(self.outcomes) else 0
            self.open += 1
        self.probability *= weights[found] / sum(weights)
        self.apply(np.diag([1 - found, found]) / np.sqrt(weights[found]), [qubit])
        return found

    def block(self, instructions):
        for instruction in instructions:
            self.step(instruction)

    def step(self, instruction):
        match instruction:
            case Operation(gate=gate):
                if gate.is_symbolic:
                    angles = [p.bind(self.values) if hasattr(p, "bind") else p for p in gate.params]
                    gate = type(gate)(gate.spec, tuple(map(float, angles)), gate._extra_state)
                self.apply(gate.matrix(), list(instruction.qubits))
            case Measurement(qubit=qubit, bit=bit):
                self.bits[bit] = self.look(qubit)
            case Reset(qubit=qubit):
                if self.look(qubit):
                    self.apply(np.array([[0, 1], [1, 0]]), [qubit])
            case Barrier():
                pass
            case IfElse(condition=condition, blocks=blocks):
                if condition.value(self.bits):
                    self.block(blocks[0])
                elif len(blocks) == 2:
                    self.block(blocks[1])
            case Switch(subject=subject, blocks=blocks):
                chosen = instruction.chosen(subject.value(self.bits))
                if chosen is not None:
                    self.block(blocks[chosen])
            case WhileLoop(condition=condition, blocks=(body,)):
                self.rounds(body, iter(lambda: condition.value(self.bits), 0), None)
            case ForLoop(values=values, parameter=parameter, blocks=(body,)):
                self.rounds(body, values, parameter)
            case Break() | Continue():
                raise _Jump(instruction.name)
            case _:
                value = instruction.value.value(self.bits)
                for bit in reversed(instruction.targets):
                    self.bits[bit], value = value % 2, value // 2

    def rounds(self, body, values, parameter):
        for count, value in enumerate(values):
            assert count < 100
            if parameter is not None:
                self.values = {**self.values, parameter: value}
            try:
                self.block(body)
            except _Jump as jump:
                if str(jump) == "break":
                    return


def runs(circuit, least=1e-9):
    """Every run of a circuit that has at least some probability."""
    waiting = [()]
    while waiting:
        outcomes = waiting.pop()
        run = _Run(circuit, outcomes)
        if run.probability < least:
            continue
        yield run
        waiting += [(*(outcomes + (0,) * run.open)[:k], 1) for k in range(len(outcomes), run.open)]


def distribution(circuit, *names, least=1e-9):
    """Probabilities of the values of registers, each value as the register reads it."""
    found = defaultdict(float)
    readers = [circuit.bits[name]._expression() for name in names]
    for run in runs(circuit, least):
        found[tuple(reader.value(run.bits) for reader in readers)] += run.probability
    return {key if len(names) > 1 else key[0]: value for key, value in found.items()}
