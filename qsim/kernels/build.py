"""Compile kernels with numba to an object file that needs neither numba nor Python.

Run as a program in a child process, `python -m qsim.kernels.build`: numba's memory stays there, and a compilation can
be interrupted, which LLVM itself cannot be. A *kernel module* has a function

    build(lanes, precision) -> {"name": (function, signature), ...}

whose functions take int64 and float64 arguments, return an int64, and neither allocate nor raise. Numba gives them the
C signature `int32 f(int64 *result, void **exception, …)`, where 0 means that nothing was raised. Around each comes

    int64 name(…):  if f(&result, &exception, …) ≠ 0 then call the undefined function "name raises"; return result

and then everything but these is made internal. If LLVM can prove that f never raises, the call goes away, and so do
numba's tables of exceptions; whatever may stay undefined is named in `_EXTERNAL`, anything else is refused.
"""

import argparse
import importlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numba
from llvmlite import binding as llvm
from llvmlite import ir

from qsim.kernels.cache import ObjectFile, pack

__all__ = ["compile_kernels", "main"]

_OPTIONS: dict[str, Any] = {
    "error_model": "numpy",
    "boundscheck": False,
    "nogil": True,
    "no_cpython_wrapper": True,
    "no_cfunc_wrapper": True,
}
_LETTERS = {numba.types.int64: "q", numba.types.float64: "d"}
_IR_TYPES = {"q": ir.IntType(64), "d": ir.DoubleType()}
_MEMORY = {"memcpy", "memmove", "memset"}
_LIBM = {"atan2", "cos", "exp", "floor", "fma", "fmod", "hypot", "log", "pow", "rint", "sin", "sqrt", "tan"}
_EXTERNAL = _MEMORY | _LIBM | {name + "f" for name in _LIBM}
_RAISES = " raises"  # with a space: no function's name ends so


def compile_kernels(kernels: dict[str, tuple[Any, Any]], cpu: str, features: str) -> ObjectFile:
    """Object code of the kernels that a kernel module's `build` gave.

    Args:
        kernels: function (plain or numba's) and signature by name.
        cpu: LLVM's name of the processor.
        features: LLVM's list of its features.

    Raises:
        ValueError: a kernel allocates, raises, calls Python, or takes something else than int64 and float64.
    """
    arguments = {name: _letters(name, signature) for name, (_, signature) in kernels.items()}
    module = llvm.parse_assembly("")
    for name, (function, signature) in kernels.items():
        for part in _numba_modules(name, function, signature, arguments[name]):
            module.link_in(llvm.parse_assembly(part))
    for symbol in (*module.functions, *module.global_variables):
        if not symbol.is_declaration and symbol.name not in kernels:
            symbol.linkage = "internal"
    target = llvm.Target.from_triple(llvm.get_process_triple())
    machine = target.create_target_machine(cpu=cpu, features=features, opt=3, reloc="pic", codemodel="default")
    _clean(module, machine)
    _refuse_undefined(s.name for s in (*module.functions, *module.global_variables) if s.is_declaration)
    return ObjectFile(arguments, machine.emit_object(module))


def main(arguments: list[str] | None = None) -> None:
    """Compile one kernel module into one file."""
    parser = argparse.ArgumentParser(prog="python -m qsim.kernels.build", description="Compile kernels to a file.")
    parser.add_argument("--module", required=True, help="module whose `build` gives the kernels")
    parser.add_argument("--precision", required=True, choices=("double", "single"))
    parser.add_argument("--lanes", required=True, type=int, help="numbers in a vector")
    parser.add_argument("--cpu", required=True, help="LLVM's name of the processor")
    parser.add_argument("--features", required=True, help="LLVM's list of the processor's features")
    parser.add_argument("--output", required=True, type=Path)
    wanted = parser.parse_args(arguments)
    kernels = importlib.import_module(wanted.module).build(wanted.lanes, wanted.precision)
    wanted.output.write_bytes(pack(compile_kernels(kernels, wanted.cpu, wanted.features)))


def _letters(name: str, signature: Any) -> str:
    if signature.return_type != numba.types.int64 or not set(signature.args) <= set(_LETTERS):
        raise ValueError(
            f"Kernel {name} must take int64 and float64 and return int64, but its signature is {signature}."
        )
    return "".join(_LETTERS[kind] for kind in signature.args)


def _numba_modules(name: str, function: Any, signature: Any, letters: str) -> tuple[str, str]:
    """LLVM's text of the compiled function, and of the plain C function around it."""
    dispatcher = numba.njit(**_OPTIONS)(getattr(function, "py_func", function))
    dispatcher.compile(signature.args)
    compiled = dispatcher.overloads[signature.args]
    convention, described = compiled.target_context.call_conv, compiled.fndesc

    module = ir.Module(name)
    inner_type = convention.get_function_type(described.restype, described.argtypes)
    inner = ir.Function(module, inner_type, described.llvm_func_name)
    outer_type = ir.FunctionType(_IR_TYPES["q"], [_IR_TYPES[letter] for letter in letters])
    outer = ir.Function(module, outer_type, name)
    raised = ir.Function(module, ir.FunctionType(ir.VoidType(), []), name + _RAISES)
    builder = ir.IRBuilder(outer.append_basic_block())
    status, result = convention.call_function(builder, inner, described.restype, described.argtypes, outer.args)
    with builder.if_then(status.is_error):
        builder.call(raised, [])
    builder.ret(result)
    return compiled.library.get_llvm_str(), str(module)


def _clean(module: llvm.ModuleRef, machine: llvm.TargetMachine) -> None:
    """Propagate constants between functions (no error is possible, no error is looked for), drop what is unused.

    Numba optimised each function already; doing all of it again would double the time and change nothing.
    """
    if hasattr(llvm, "create_module_pass_manager"):  # llvmlite before 0.45
        passes = llvm.create_module_pass_manager()
        passes.add_ipsccp_pass()
        passes.add_global_dce_pass()
        passes.add_strip_dead_prototypes_pass()
        passes.run(module)
    else:
        passes = llvm.create_new_module_pass_manager()
        passes.add_ipsccp_pass()
        passes.add_global_dead_code_eliminate_pass()
        passes.add_strip_dead_prototype_pass()
        passes.run(module, llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options()))


def _refuse_undefined(names: Iterable[str]) -> None:
    """Refuse code that refers to more than memory and mathematics: it would crash when loaded without numba."""
    undefined = sorted(name for name in names if not name.startswith("llvm.") and name not in _EXTERNAL)
    if undefined:
        raise ValueError(
            f"Kernels must not allocate, raise or call Python, but theirs refer to: {', '.join(undefined)}."
        )


if __name__ == "__main__":
    main()
