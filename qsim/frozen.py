"""Frozen: values that cannot be changed once they are made, since circuits share them."""

from typing import Any, NoReturn

__all__ = ["Frozen", "assign"]

assign = object.__setattr__  # for constructors


class Frozen:
    """Attributes are set by the constructor alone, with `assign`."""

    __slots__ = ()

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"A {type(self).__name__} is immutable: its attribute {name!r} cannot be set.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"A {type(self).__name__} is immutable: its attribute {name!r} cannot be deleted.")
