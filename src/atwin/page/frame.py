"""A page in one HTML file: its data, and the styles and scripts that draw them."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING

from atwin.page import asset

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Files that each such page has, in the order in which they need each other.
_STYLES = ("vendor/uplot.min.css", "style.css", "alone/alone.css")
_MODULES = ("js/chart.js", "alone/words.js", "alone/axis.js")
#: Before it in a style, colours, letters and what can be pressed: what all pages have in common.
_PANEL_ONLY = "/* --- the frame --- */"
_SCRIPT = "vendor/uplot.min.js"
_LICENCE = "vendor/uplot.LICENSE"

#: What could end the element that holds the data, or confuse a reader of it.
_UNSAFE = {ord(char): f"\\u{ord(char):04x}" for char in "<>&"}


def alone(title: str, data: object, *, styles: Sequence[str], modules: Sequence[str]) -> str:
    """A page that needs no other file and no network, and may load none.

    `styles` and `modules` are names of assets, which need each other in this order. They follow
    what all such pages have: uPlot, `js/chart.js` and the folder `alone`. Scripts find `data` as
    JSON in the element `data`.
    """
    style = "\n".join(_text(file).partition(_PANEL_ONLY)[0] for file in (*_STYLES, *styles))
    script, module = _text(_SCRIPT), _as_one(_text(file) for file in (*_MODULES, *modules))
    policy = (
        f"default-src 'none'; script-src {_hash(script)} {_hash(module)}; "
        f"style-src {_hash(style)}; img-src data:; base-uri 'none'; form-action 'none'"
    )
    return "".join(
        (
            '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            '<meta name="referrer" content="no-referrer">\n<link rel="icon" href="data:,">\n',
            f"<title>{escape(title)}</title>\n<style>{style}</style>\n",
            f"<!-- uPlot: {_text(_LICENCE)} -->\n",
            '<body class="plot">\n<noscript>This page draws with JavaScript.</noscript>\n',
            f'<script type="application/json" id="data">{_json(data)}</script>\n',
            f"<script>{script}</script>\n",
            f'<script type="module">{module}</script>\n</html>\n',
        )
    )


def _text(file: str) -> str:
    return asset(file)[0].decode()


def _as_one(modules: Iterable[str]) -> str:
    """One script of modules that import nothing but what stands before them."""
    return re.sub(r"^import [^;]*;\n|^export ", "", "\n".join(modules), flags=re.MULTILINE)


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _json(value: object) -> str:
    """ASCII, with nothing that HTML would take for its own."""
    return json.dumps(value, separators=(",", ":"), allow_nan=False).translate(_UNSAFE)
