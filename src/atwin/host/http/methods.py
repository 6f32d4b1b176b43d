"""The methods of a request, by the numbers that HTTPACTION gives them (spec: http.md §3.6)."""

from __future__ import annotations

from typing import Final

GET: Final = 0
POST: Final = 1
HEAD: Final = 2
