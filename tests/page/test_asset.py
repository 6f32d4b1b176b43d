"""The files of the page: what there is, and nothing else."""

from __future__ import annotations

import re

import pytest

from atwin.page import asset, names


def test_a_file_has_its_content_type() -> None:
    body, kind = asset("index.html")
    assert body.startswith(b"<!doctype html>")
    assert kind == "text/html; charset=utf-8"
    assert asset("js/main.js")[1] == "text/javascript; charset=utf-8"
    assert asset("vendor/uplot.LICENSE")[0].startswith(b"The MIT License")


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "__init__.py",
        "js",
        "/etc/passwd",
        "js/../index.html",
        "../page/index.html",
        "js//main.js",
        "./index.html",
        "index.html\0",
        "INDEX.HTML",
        "js\\main.js",
    ],
)
def test_nothing_else_is_opened(name: str) -> None:
    with pytest.raises(KeyError):
        asset(name)


def text(name: str) -> str:
    return asset(name)[0].decode()


def ours() -> list[str]:
    return sorted(name for name in names() if not name.startswith("vendor/"))


def test_what_the_page_loads_is_there() -> None:
    links = re.findall(r'(?:src|href)="page/([^"]+)"', text("index.html"))
    assert len(links) == 5
    assert set(links) <= names()


@pytest.mark.parametrize("name", ours())
def test_nothing_is_loaded_from_outside_or_run_from_a_text(name: str) -> None:
    """What the content security policy forbids, found before a browser does."""
    body = text(name)
    assert "://" not in body
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|\beval\(|new Function", body)
    assert not re.search(r"<[^>]* (?:on\w+|style)=|<script>", body)
    assert max(map(len, body.splitlines())) <= 100


def luminance(colour: str) -> float:
    """As the guidelines for accessible pages (WCAG 2) count it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(part * weight for part, weight in zip(linear, (0.2126, 0.7152, 0.0722), strict=True))


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_every_text_stands_out_from_what_is_below_it(theme: int) -> None:
    pairs = re.findall(r"--(\w+): light-dark\((#\w+), (#\w+)\);", text("style.css"))
    shade = {name: luminance(both[theme]) for name, *both in pairs}
    below = [shade.pop(name) for name in ("card", "sunk")]
    for name in ("ground", "edge", "mark", "chosen"):
        del shade[name]
    assert len(shade) > 10
    for name, one in shade.items():
        for other in below:
            low, high = sorted((one, other))
            assert (high + 0.05) / (low + 0.05) >= 4.5, name
