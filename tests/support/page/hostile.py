"""Texts that a server, a line or a file may hold to get at whoever looks at them in a browser.

Each may come as a URL, a header, a body, a URC, a file's name, a module's name, a record of a
trace. A page shows them as text, and `harm_done` is empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.async_api import Page

_SCRIPT = "<script data-harm>window.harm = 1</script>"
#: Printable ASCII: what a URL, a header or an AT line carries as it is.
PRINTABLE = {
    "script": _SCRIPT,
    "image": '<img data-harm src=x onerror="window.harm = 1">',
    "drawing": "<svg/data-harm/onload=window.harm=1>",
    "frame": f"<iframe data-harm srcdoc='{_SCRIPT}'></iframe>",
    "end of a script": f"</script>{_SCRIPT}",
    "end of a style": "</style><style data-harm>* { display: none }</style>",
    "end of a title": f"</title></textarea>{_SCRIPT}",
    "comment": "<!--<script>",
    "end of an attribute": "\"' data-harm autofocus onfocus='window.harm=1' x=\"",
    "link": "javascript:window.harm=1//",
    "quotes": "\"'`\\",
    "template": "${window.harm=1}{{window.harm=1}}<%=1%>",
    "entities": "&lt;b data-harm&gt;&amp;&#60;i&#62;",
    "end of a record": '"}{"kind":"end","event":"',
    "number": "NaN",
    "name of an object": "__proto__",
    "long": "W" * 3000,
}
#: What only a body, a file's name or a meddled file may hold.
UNPRINTABLE = {
    "control": "a\x00b\x01\x07\x08\x1b[31m\x7fc",
    "more control": "a\x80\x85\x9b31mb",
    "lines": "a\r\nb\nc\u2028d\u2029e\tf",
    "right to left": "a\u202egnp.exe\u202c\u2066b\u2069\u200f",
    "no width": "a\u200b\u200d\ufeff\u00adb",
    "stacked": "a" + "\u0301" * 80,
    "half a pair": "a\ud800b",
}
HOSTILE = PRINTABLE | UNPRINTABLE

_HARM = """() => [
    ...("harm" in window ? ["a script ran"] : []),
    ...[...document.querySelectorAll('[data-harm], [href^="javascript:" i], [onfocus]')]
        .map(element => element.outerHTML),
]"""


async def harm_done(page: Page) -> list[str]:
    """What of these texts became more than a text."""
    found: list[str] = await page.evaluate(_HARM)
    return found
