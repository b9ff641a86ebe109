"""Circuits: the fluent builder, instructions, registers and symbolic parameters."""

from typing import TYPE_CHECKING

from qsim.circuit.circuit import Circuit
from qsim.circuit.classical import Expression
from qsim.circuit.flow import Assignment, Break, Continue, ForLoop, IfElse, Switch, WhileLoop
from qsim.circuit.instructions import Barrier, Initialize, Instruction, Measurement, Operation, Reset
from qsim.circuit.registers import Bit, BitRegister, Qubit, QubitRegister
from qsim.lazy import lazy_attributes

if TYPE_CHECKING:
    from qsim.circuit.parameters import Parameter, ParameterExpression
    from qsim.circuit.subcircuits import Subcircuit
else:
    __getattr__ = lazy_attributes(
        __name__,
        {
            "Parameter": "parameters",
            "ParameterExpression": "parameters",
            "Subcircuit": "subcircuits",
            "transforms": "transforms",
        },
    )

__all__ = [
    "Assignment",
    "Barrier",
    "Bit",
    "BitRegister",
    "Break",
    "Circuit",
    "Continue",
    "Expression",
    "ForLoop",
    "IfElse",
    "Initialize",
    "Instruction",
    "Measurement",
    "Operation",
    "Parameter",
    "ParameterExpression",
    "Qubit",
    "QubitRegister",
    "Reset",
    "Subcircuit",
    "Switch",
    "WhileLoop",
]
