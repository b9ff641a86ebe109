"""Circuits: the fluent builder, instructions, registers and symbolic parameters."""

from qsim.circuit.circuit import Circuit
from qsim.circuit.instructions import Barrier, Instruction, Measurement, Operation
from qsim.circuit.parameters import Parameter, ParameterExpression
from qsim.circuit.registers import Bit, BitRegister, Qubit, QubitRegister

__all__ = [
    "Barrier",
    "Bit",
    "BitRegister",
    "Circuit",
    "Instruction",
    "Measurement",
    "Operation",
    "Parameter",
    "ParameterExpression",
    "Qubit",
    "QubitRegister",
]
