"""Frozen: values that cannot be changed once they are made, since circuits share them."""

from typing import Any, ClassVar, NoReturn, Self, dataclass_transform

__all__ = ["Frozen", "Record", "assign"]

assign = object.__setattr__  # for constructors


class Frozen:
    """Attributes are set by the constructor alone, with `assign`."""

    __slots__ = ()

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError(f"A {type(self).__name__} is immutable: its attribute {name!r} cannot be set.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"A {type(self).__name__} is immutable: its attribute {name!r} cannot be deleted.")


@dataclass_transform(frozen_default=True, eq_default=False)
class Record(Frozen):
    """A frozen dataclass without generated code: that of one, as of a NamedTuple, takes 0.1 ms of every start.

    Subclasses annotate their fields, the last ones with defaults. Records are equal to themselves alone.

    >>> class Point(Record):
    ...     x: int
    ...     y: int = 0
    >>> Point(1), Point(1, y=2).replace(x=3)
    (Point(x=1, y=0), Point(x=3, y=2))
    """

    _fields: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls) -> None:
        cls._fields = tuple(cls.__annotations__)

    def __init__(self, *values: Any, **fields: Any) -> None:
        given = dict(zip(self._fields, values, strict=False))
        if len(values) > len(self._fields) or not fields.keys().isdisjoint(given):
            raise TypeError(f"A {type(self).__name__} takes each of {', '.join(self._fields)} once.")
        given |= fields
        if unknown := given.keys() - self._fields:
            raise TypeError(f"A {type(self).__name__} has no {', '.join(sorted(unknown))}.")
        if missing := [name for name in self._fields if name not in given and not hasattr(type(self), name)]:
            raise TypeError(f"A {type(self).__name__} needs {', '.join(missing)}.")
        self.__dict__.update(given)

    def replace(self, **changes: Any) -> Self:
        """The same with other values of some fields."""
        return type(self)(**(self.__dict__ | changes))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._fields)})"
