"""What kernels are compiled from, and for which machine: its name, its instructions, its vector width, its cache."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from qsim.errors import KernelError

__all__ = ["DIRECT", "ITEM_BYTES", "KERNELS", "REDUCE", "SOURCES", "Source", "Target", "host_target"]

ITEM_BYTES = {"double": 8, "single": 4}  # a real number of each precision
_WIDTHS = ((64, {"avx512f"}), (32, {"avx2", "fma"}))  # vector bytes, and what they need; else 16: NEON, SSE2


@dataclass(frozen=True)
class Source:
    """A kernel module (see `qsim.kernels.build`), and the files whose change makes compiled code stale.

    Attributes:
        module: its name.
        files: what is compiled.
        max_lanes: numbers in a vector that it can do with.
    """

    module: str
    files: tuple[str, ...]
    max_lanes: int = 16

    @property
    def name(self) -> str:
        """Of the module, without its package."""
        return self.module.rpartition(".")[2]

    def lanes(self, target: "Target", precision: str) -> int:
        """Numbers in a vector of its kernels: what fills a register of the target, if they can do with so many."""
        return min(target.lanes(precision), self.max_lanes)


def _source(*names: str, max_lanes: int = 16) -> Source:
    files = tuple(str(Path(__file__).with_name(f"{file}.py")) for file in ("build", "vector", *names))
    return Source(f"qsim.kernels.{names[-1]}", files, max_lanes)


KERNELS = _source("passes", "tables", "sweep", max_lanes=8)  # what runs a circuit, in passes that trade 3 bits at most,
DIRECT = _source("direct")  # the same gate by gate,
REDUCE = _source("reduce")  # and what reads the state
SOURCES = (KERNELS, DIRECT, REDUCE)


@dataclass(frozen=True)
class Target:
    """What code is compiled for.

    Attributes:
        cpu: LLVM's name of the processor.
        features: LLVM's list of what it can do, `+avx2,-avx512f,…`; empty: what the name says.
        vector_bytes: width of a vector register.
        l2_bytes: second-level cache of a core, `None` if unknown.

    >>> Target("znver3", "", vector_bytes=32).lanes("single")
    8
    """

    cpu: str
    features: str
    vector_bytes: int
    l2_bytes: int | None = None

    def lanes(self, precision: str) -> int:
        """Real numbers in a vector register."""
        return self.vector_bytes // ITEM_BYTES[precision]


@cache
def host_target() -> Target:
    """This machine, as LLVM sees it; loads llvmlite, not numba.

    Raises:
        KernelError: llvmlite cannot be loaded.

    >>> host_target().lanes("single") == 2 * host_target().lanes("double")
    True
    """
    try:
        from llvmlite import binding as llvm
    except (ImportError, OSError) as error:
        raise KernelError(f"LLVM cannot be loaded: {error}") from error
    features = llvm.get_host_cpu_features()
    able = {name for name, there in features.items() if there}
    width = next((width for width, needed in _WIDTHS if needed <= able), 16)
    return Target(llvm.get_host_cpu_name(), features.flatten(), width, _l2_bytes())


def _l2_bytes() -> int | None:
    """Linux tells the size as `512K`."""
    for index in Path("/sys/devices/system/cpu/cpu0/cache").glob("index*"):
        try:
            if (index / "level").read_text().strip() == "2":
                return int((index / "size").read_text().strip().removesuffix("K")) * 1024
        except (OSError, ValueError):
            continue
    return None
