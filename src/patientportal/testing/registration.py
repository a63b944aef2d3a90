"""What Hypothesis runs when it is imported: ``st.from_type`` will know this library's types, and nobody else waits.

Importing the domain takes half as long as importing Hypothesis, and everybody who uses Hypothesis in an environment
that has this library would pay for it. So this only watches for the domain to be imported, and registers then.
"""

import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType

WATCHED = "patientportal.domain"


def register() -> None:
    """Makes ``st.from_type`` answer with ``patientportal.testing.strategies``; never raises."""
    if WATCHED in sys.modules:
        register_now()
    elif not any(isinstance(finder, _Watch) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Watch())


def register_now() -> None:
    """Registers every type at once. An error here would break all of Hypothesis: it leaves its defaults instead."""
    with suppress(Exception):
        from hypothesis import strategies as st

        from patientportal.testing.strategies import BY_TYPE

        for wanted in BY_TYPE:
            st.register_type_strategy(wanted, lambda type_: BY_TYPE[type_]())


class _Watch:
    """A finder that finds nothing itself: when the domain is first imported, it steps aside and has it registered."""

    def find_spec(self, name: str, _: Sequence[str] | None = None, __: ModuleType | None = None) -> ModuleSpec | None:
        """See ``importlib.abc.MetaPathFinder.find_spec``."""
        if name != WATCHED:
            return None
        with suppress(ValueError):
            sys.meta_path.remove(self)
        spec = find_spec(name)
        loader = spec.loader if spec else None
        if loader is not None:
            execute = loader.exec_module

            def execute_and_register(module: ModuleType) -> None:
                execute(module)
                register_now()

            loader.exec_module = execute_and_register  # type: ignore[method-assign] # of this one loader
        return spec
