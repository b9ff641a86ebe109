"""State vectors as arrays: inner product, marginals, partial trace, Schmidt decomposition, projection.

Everything reads a vector block by block, so that a register that fills the memory can still be asked.
"""

import cmath
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qsim import bits
from qsim.errors import StateError
from qsim.states._qubits import BLOCK_QUBITS, isolate, require_entries, unfold, unfold_blocks

if TYPE_CHECKING:
    from qsim.states._compiled import Reader

__all__ = [
    "IMPOSSIBLE",
    "as_amplitudes",
    "as_numbers",
    "distance",
    "divided_by_norm",
    "finite",
    "haar_random",
    "inner",
    "is_normalized",
    "marginal",
    "norm",
    "normalization_error",
    "project",
    "reduce_pure",
    "reader",
    "register_of",
    "schmidt_vectors",
    "squares",
]

Amplitudes = NDArray[np.complexfloating[Any, Any]]

# A vector counts as normalised if its norm is this close to 1: eight digits typed by hand pass, four do not.
NORM_TOLERANCE = {np.dtype(np.complex64): 1e-4, np.dtype(np.complex128): 1e-8}
# An outcome of this probability is the rounding error of an impossible one.
IMPOSSIBLE = {np.dtype(np.complex64): 1e-12, np.dtype(np.complex128): 1e-28}
# Schmidt coefficients below this are rounding errors.
_NO_TERM = {np.dtype(np.complex64): 1e-5, np.dtype(np.complex128): 1e-12}

_COMPILED_LENGTH = 2**14  # fewer amplitudes NumPy reads in 50 µs; kernels need 2^10
MAX_COMPILED_KEPT = 5  # qubits of a reduced density matrix; the arithmetic of more is left to BLAS


def reader(amplitudes: Amplitudes, nanoseconds: float) -> "Reader | None":
    """Compiled kernels to read the amplitudes with; `None` where NumPy is to do it, that long for each amplitude."""
    if len(amplitudes) < _COMPILED_LENGTH:
        return None
    from qsim.states import _compiled  # here, so that importing qsim does not wait for it

    return _compiled.reader(amplitudes, nanoseconds)


def as_numbers(value: Any, name: str) -> NDArray[Any]:
    """The value as an array of numbers; text and objects are refused, as are rows of unequal length."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise StateError(f"Argument `{name}` must be an array of numbers: {error}") from None
    if array.dtype.kind not in "biufc":
        raise TypeError(f"Argument `{name}` must be an array of numbers, but is {value!r}.")
    return array


def as_amplitudes(value: Any) -> Amplitudes:
    """A copy of a vector, or of a single column, as complex numbers; 32-bit numbers give single precision."""
    array = as_numbers(value, "amplitudes")
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim != 1:
        raise StateError(f"Argument `amplitudes` must be a vector, but has shape {array.shape}.")
    single = array.dtype in (np.complex64, np.float32)
    require_entries(register_of(array), "A copy of the amplitudes", itemsize=8 if single else 16)
    return np.array(array, dtype=np.complex64 if single else np.complex128)


def register_of(amplitudes: NDArray[Any]) -> int:
    """Number of qubits of a vector, whose length must be a power of two.

    >>> register_of(np.zeros(8))
    3
    """
    length = len(amplitudes)
    if length == 0 or length & (length - 1):
        raise StateError(f"A state vector must have a power of two as its length, but has {length} amplitudes.")
    return length.bit_length() - 1


def inner(left: Amplitudes, right: Amplitudes) -> complex:
    """⟨left|right⟩, accumulated in double precision."""
    if left.dtype == right.dtype and right.flags.c_contiguous and (compiled := reader(left, 2)):
        return compiled.inner(right)
    block = bits.register_size(BLOCK_QUBITS)
    total = 0j
    for start in range(0, len(left), block):
        bra = left[start : start + block].astype(np.complex128, copy=False)
        ket = right[start : start + block].astype(np.complex128, copy=False)
        total += complex(np.vdot(bra, ket))
    return total


def norm(amplitudes: Amplitudes) -> float:
    """√⟨a|a⟩."""
    return math.sqrt(inner(amplitudes, amplitudes).real)


def distance(left: Amplitudes, right: Amplitudes, factor: complex) -> float:
    """‖left − factor · right‖."""
    block = bits.register_size(BLOCK_QUBITS)
    pieces = (slice(start, start + block) for start in range(0, len(left), block))
    return math.hypot(*(norm(left[piece] - factor * right[piece]) for piece in pieces))


def haar_random(num_qubits: int, rng: np.random.Generator) -> Amplitudes:
    """A vector of the Haar measure: normal real and imaginary parts, normalised."""
    require_entries(num_qubits, f"A state of {num_qubits} qubits")
    amplitudes = rng.standard_normal(2 * bits.register_size(num_qubits)).view(np.complex128)
    amplitudes /= norm(amplitudes)
    return amplitudes


def finite(number: Any) -> complex:
    """The number as a Python one, which keeps an array's precision; infinite ones and NaN are refused."""
    scale = complex(number)
    if not cmath.isfinite(scale):
        raise StateError(f"A state is multiplied and divided by finite numbers only, not by {number}.")
    return scale


def divided_by_norm(amplitudes: Amplitudes) -> Amplitudes:
    """The vector with norm 1."""
    length = norm(amplitudes)
    if length == 0 or not math.isfinite(length):
        raise StateError(f"A vector of norm {length} cannot be normalised.")
    return amplitudes / length


def is_normalized(amplitudes: Amplitudes) -> bool:
    """Whether the norm is 1 within `NORM_TOLERANCE`; of NaN and infinite numbers it is not."""
    return abs(norm(amplitudes) - 1) <= NORM_TOLERANCE[amplitudes.dtype]


def normalization_error(amplitudes: Amplitudes, what: str, hint: str) -> StateError:
    """The error for a vector that is not normalised: it names the norm, or the first number that is not finite."""
    wrong = np.flatnonzero(~np.isfinite(amplitudes))
    if len(wrong):
        index = int(wrong[0])
        return StateError(f"{what} must be finite, but has {complex(amplitudes[index])} at index {index}.")
    return StateError(f"{what} must have norm 1, but has norm {norm(amplitudes):.6g}: {hint}.")


def marginal(amplitudes: Amplitudes, qubits: tuple[int, ...], num_qubits: int) -> NDArray[np.float64]:
    """Probabilities of what the listed qubits spell, indexed by it: the first listed qubit is most significant."""
    require_entries(len(qubits), f"The distribution of {len(qubits)} qubits", itemsize=8)
    if compiled := reader(amplitudes, 6):
        return compiled.squares() if qubits == tuple(range(num_qubits)) else compiled.marginal(qubits)
    if len(qubits) == num_qubits:
        return squares(unfold(amplitudes, qubits, num_qubits).reshape(-1))
    total = np.zeros(bits.register_size(len(qubits)))
    # Blocks of a few columns at least, so that the total is not swept more often than the amplitudes.
    for block in unfold_blocks(amplitudes, qubits, num_qubits, max(BLOCK_QUBITS, len(qubits) + 4)):
        total += squares(block).sum(axis=1)
    return total


def squares(amplitudes: Amplitudes) -> NDArray[np.float64]:
    """|a|² of each amplitude, in double precision."""
    squares = np.square(amplitudes.real, dtype=np.float64)
    squares += np.square(amplitudes.imag, dtype=np.float64)
    return squares


def reduce_pure(amplitudes: Amplitudes, keep: tuple[int, ...], num_qubits: int) -> NDArray[np.complex128]:
    """Density matrix M M† of the kept qubits, where M is the vector unfolded along them."""
    kept = len(keep)
    require_entries(2 * kept + 1, f"The density matrix of {kept} qubits")  # the result and one product
    if kept <= MAX_COMPILED_KEPT and (compiled := reader(amplitudes, 20)):
        return compiled.density(keep)
    total = np.zeros([bits.register_size(kept)] * 2, dtype=np.complex128)
    # Blocks as large as the result at least, so that the result is not swept more often than the amplitudes.
    for block in unfold_blocks(amplitudes, keep, num_qubits, max(BLOCK_QUBITS, 2 * kept)):
        columns = block.astype(np.complex128, copy=False)
        total += columns @ columns.conj().T
    return total


def schmidt_vectors(
    amplitudes: Amplitudes, qubits: tuple[int, ...], num_qubits: int
) -> tuple[NDArray[np.float64], NDArray[np.complex128], NDArray[np.complex128]]:
    """Singular values of the unfolded vector, descending, and as rows the left and the right singular vectors."""
    require_entries(num_qubits + 2, f"A Schmidt decomposition of {num_qubits} qubits")  # the matrix, U, V, workspace
    matrix = unfold(amplitudes, qubits, num_qubits).astype(np.complex128, copy=False)
    left, coefficients, right = np.linalg.svd(matrix, full_matrices=False)
    rank = int(np.count_nonzero(coefficients > _NO_TERM[amplitudes.dtype]))
    return coefficients[:rank], np.ascontiguousarray(left.T[:rank]), right[:rank]


def project(amplitudes: Amplitudes, outcome: str, qubits: tuple[int, ...], num_qubits: int) -> tuple[Amplitudes, float]:
    """The normalised vector after the listed qubits were found as the outcome says, and its probability."""
    require_entries(num_qubits, "The collapsed state", itemsize=amplitudes.itemsize)
    shape, axes = isolate(qubits, num_qubits)
    index: list[Any] = [slice(None)] * len(shape)
    for axis, bit in zip(axes, outcome, strict=True):
        index[axis] = int(bit)
    result = np.zeros_like(amplitudes)
    result.reshape(shape)[tuple(index)] = amplitudes.reshape(shape)[tuple(index)]
    length = norm(result)
    if length**2 <= IMPOSSIBLE[amplitudes.dtype]:
        raise StateError(f"Outcome {outcome!r} on qubits {qubits} has probability 0: nothing is left to collapse to.")
    result /= length
    return result, min(length**2, 1.0)
