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
