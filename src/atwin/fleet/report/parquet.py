"""The rows of a campaign as Parquet, if pyarrow is there."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from atwin.host.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.fleet.device.row import Row

#: Column -> its type in Arrow.
_COLUMNS = {
    **dict.fromkeys(("device", "seed"), "uint64"),
    **dict.fromkeys(("stratum", "model", "link", "faults"), "string"),
    **dict.fromkeys(("ok", "wrong"), "bool"),
    "exit_code": "int64",
    **dict.fromkeys(("cause", "error"), "string"),
    "seconds": "float64",
    **dict.fromkeys(("billed", "payload", "requests", "connections"), "uint64"),
    "connection_seconds": "float64",
    **dict.fromkeys(("rungs", "helped", "fired"), "texts"),
    "traceback": "string",
    "cpu_seconds": "float64",
}
_ATTEMPT = {"began": "float64", "seconds": "float64", "ok": "bool", "cause": "string"}


def need_pyarrow() -> Any:
    """The package. Raises `UsageError` without."""
    try:
        import pyarrow  # type: ignore[import-not-found,unused-ignore]
    except ImportError:
        raise UsageError("Parquet needs pyarrow: pip install pyarrow") from None
    return pyarrow


def parquet(rows: Sequence[Row]) -> bytes:
    """A file with a line for each row: its fields, and `attempts` without their load.

    Raises `UsageError` without pyarrow.
    """
    arrow = need_pyarrow()
    from pyarrow.parquet import write_table  # type: ignore[import-not-found,unused-ignore]

    def kind(of: str) -> Any:
        return arrow.list_(arrow.string()) if of == "texts" else arrow.type_for_alias(of)

    attempt = arrow.struct([(name, kind(of)) for name, of in _ATTEMPT.items()])
    schema = arrow.schema(
        [(name, kind(of)) for name, of in _COLUMNS.items()] + [("attempts", arrow.list_(attempt))]
    )
    lines = [
        {name: getattr(row, name) for name in _COLUMNS}
        | {"attempts": [{name: getattr(one, name) for name in _ATTEMPT} for one in row.attempts]}
        for row in rows
    ]
    file = io.BytesIO()
    write_table(arrow.Table.from_pylist(lines, schema=schema), file)
    return file.getvalue()
