"""Nothing is read or written at another tool; what there is to look at is how its calls are understood."""

from .checks import checks_of

__all__ = ["checks_of"]
