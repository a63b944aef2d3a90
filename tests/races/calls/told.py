"""What a call tells of itself, as it stands on its line."""

from typing import Any

Told = dict[str, Any]
