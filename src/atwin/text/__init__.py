"""Text that others wrote: what may be shown of it, what must not be written down, what it says."""

from atwin.text.mask import hide, is_secret_header, masked, masked_url
from atwin.text.parse import decimal, parse_json, parse_toml
from atwin.text.shown import shown
from atwin.text.tables import check_keys, nearest, rows_of, told

__all__ = [
    "check_keys",
    "decimal",
    "hide",
    "is_secret_header",
    "masked",
    "masked_url",
    "nearest",
    "parse_json",
    "parse_toml",
    "rows_of",
    "shown",
    "told",
]
