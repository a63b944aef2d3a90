"""Public names that stand in one list, a package's stub, and are imported when first asked for (SPEC 1, PEP 562)."""

import importlib
import sys
from collections.abc import Callable
from typing import Any


def attach_stub(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """The ``__getattr__``, ``__dir__`` and ``__all__`` of a package whose stub has ``from module import X as X`` lines.

    Args:
        package: its ``__name__``.
        file: its ``__file__``; the stub stands beside it.
    """
    with open(file.removesuffix("c") + "i", encoding="utf-8") as stub:  # noqa: PTH123 - pathlib takes longer than all this
        lines = [line.split() for line in stub if line.startswith("from ")]
    modules = {words[-1]: words[1] for words in lines}

    def get(name: str) -> Any:  # noqa: ANN401 - any public name
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(modules[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return get, lambda: sorted({*vars(sys.modules[package]), *modules}), sorted(modules)
