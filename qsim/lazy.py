"""Lazy attributes of packages: what small programs do not need is loaded when it is first asked for.

Half of the time that a Bell state takes beyond NumPy's own start is the loading of modules, a fifth of a millisecond
each.
"""

from importlib import import_module

TYPE_CHECKING = False  # type checkers take it for typing's, which the command line's help does not wait for
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

__all__ = ["lazy_attributes"]


def lazy_attributes(package: str, homes: "Mapping[str, str]") -> "Callable[[str], Any]":
    """The `__getattr__` of a package some of whose names are loaded when first used, and kept.

    Args:
        package: its full name.
        homes: name → the module or package below it that has the name; a module by its own name is that itself.

    >>> load = lazy_attributes("qsim", {"testing": "testing", "KroneckerSum": "algebra"})
    >>> load("testing").__name__, load("KroneckerSum").__name__
    ('qsim.testing', 'KroneckerSum')
    """

    def load(name: str) -> "Any":
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module = import_module(f"{package}.{homes[name]}")
        value = module if name == homes[name] else getattr(module, name)
        setattr(import_module(package), name, value)
        return getattr(import_module(package), name)  # `qsim` has a say in what it is

    return load
