"""Names of registers, from names that other libraries allow."""

import re

__all__ = ["free_name"]


def free_name(name: str, letter: str, used: set[str]) -> str:
    """An identifier that is new, as near to the name as can be; it is added to those used.

    >>> used = set()
    >>> [free_name(name, "c", used) for name in ("my-bits", "my bits", "0")]
    ['my_bits', 'my_bits2', 'c_0']
    """
    base = re.sub(r"\W", "_", name)
    base = base if base.isidentifier() else f"{letter}_{base}"
    names = (base, *(f"{base}{number}" for number in range(2, len(used) + 3)))
    found = next(candidate for candidate in names if candidate not in used)
    used.add(found)
    return found
