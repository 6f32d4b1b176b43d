"""mkdocs.yml has every page of docs; what stages and checks the site does so.

`make site` builds it; it belongs to `make lint`.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from docs.site import staging
from docs.site.building import BuildError, build
from docs.site.checking import differs, in_style, wrong
from docs.site.staging import (
    CONFIG,
    DOCS,
    ROOT,
    UNTRANSLATED,
    Tree,
    config,
    pages_of,
    renamed,
    titles_of,
)
from docs.site.text import anchors, joined, links, seen, title

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.async_api import Page

#: Pages that the navigation leaves out, each with its reason.
LEFT_OUT: dict[str, str] = {}
SETTINGS = config()
NAV = list(pages_of(SETTINGS["nav"]))
ENGLISH = [path for path in sorted(DOCS.rglob("*.md")) if not path.name.endswith(".zh.md")]


def test_every_page_is_in_the_navigation_once() -> None:
    listed = Counter(path for _, path in NAV)
    there = {str(path.relative_to(DOCS)) for path in ENGLISH}
    missing = sorted(there - listed.keys() - LEFT_OUT.keys())
    lines = "".join(f"\n      - {page}  # {title((DOCS / page).read_text())}" for page in missing)
    assert not missing, f"add to `nav` of {CONFIG.name}, at its place:{lines}"
    assert not listed.keys() - there, "take it out of `nav`: there is no such page"
    assert not [page for page, times in listed.items() if times > 1]


def test_every_title_of_the_navigation_is_there_in_chinese() -> None:
    titles = set(titles_of(SETTINGS["nav"])) | {"Dark", "Light"}
    assert set(SETTINGS["extra"]["chinese"]) == titles, f"`extra.chinese` of {CONFIG.name}"


def test_a_chinese_page_is_beside_an_english_one() -> None:
    for path in DOCS.rglob("*.zh.md"):
        english = path.with_name(path.name.replace(".zh.md", ".md"))
        assert english.exists(), path
        assert (path.name, "") in links(english.read_text("utf-8")), english
        assert (english.name, "") in links(path.read_text("utf-8")), path


@pytest.mark.parametrize("folder", sorted({path.parent for path in ENGLISH}), ids=lambda p: p.name)
def test_a_folder_is_seen_at_a_glance(folder: Path) -> None:
    most = 16 if folder.name == "spec" else 15  # as many as there are chapters
    assert len([path for path in ENGLISH if path.parent == folder]) <= most


@pytest.mark.parametrize("chinese", [False, True])
def test_staged_pages(chinese: bool, tmp_path: Path) -> None:
    """Each in its language, with the other one a link away, and what is no page shown as one."""
    tree = Tree(tmp_path, chinese=chinese)
    tree.stage()
    pages = {path.relative_to(tmp_path) for path in tmp_path.rglob("*.md")}
    assert {path.relative_to(DOCS) for path in ENGLISH} <= pages
    campaign = (tmp_path / "howto/campaign.md").read_text("utf-8")
    assert not {"[English]", "[中文]"} & set(
        campaign.replace("(", "\n").split("\n")
    )  # the head of each page has it
    requests = (tmp_path / "reference/requests.md").read_text("utf-8")
    other = "../../reference/requests.html" if chinese else "../zh/reference/requests.html"
    assert (other, "") in links(requests)
    assert ("../source/examples/fleet/air780e_50000.toml.md", "") in links(campaign)
    shown = (tmp_path / "source/examples/fleet/air780e_50000.toml.md").read_text("utf-8")
    assert shown.startswith("# examples/fleet/air780e_50000.toml\n\n````toml\n#:schema")
    folder = (tmp_path / "source/examples/c/index.md").read_text("utf-8")
    assert folder.splitlines()[0] == (ROOT / "examples/c/README.md").read_text().splitlines()[0]
    assert "- [README.md](README.md.md)\n" in folder
    faults = (tmp_path / "reference/faults.md").read_text("utf-8")
    assert (UNTRANSLATED in faults) == chinese
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    (tmp_path / "stale.md").touch()
    tree.stage()
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.md")} == {
        path: time for path, time in before.items() if path.suffix == ".md"
    }


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The docs of a site of two pages, in the settings of the real one."""
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.md").write_text("# Two\n\n[中文](index.zh.md)\n\nSee [more](more.md).\n")
    (docs / "index.zh.md").write_text("# 二\n\n[English](index.md)\n\n这里有孪生模块。\n")
    (docs / "more.md").write_text("# More\n\n```console\n$ atwin get URL\n```\n")
    settings = config() | {"nav": [{"Start": ["index.md"]}, {"Reference": ["more.md"]}]}
    monkeypatch.setattr(staging, "DOCS", docs)
    monkeypatch.setattr(staging, "config", lambda: settings | {"extra": dict(settings["extra"])})
    return docs


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(site: Path) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


async def test_a_site_in_a_browser(small: Path, tmp_path: Path, page: Page) -> None:
    """It asks nobody else for anything (`page` would tell), and is searched in both languages."""
    assert build(tmp_path / "work", tmp_path / "site") == []
    with served(tmp_path / "site") as base:
        await page.goto(f"{base}/more.html")
        await page.get_by_role("link", name="中文").click()
        await expect(page.locator("html")).to_have_attribute("lang", "zh")
        await expect(page).to_have_url(f"{base}/zh/more.html")
        await expect(page.get_by_text(UNTRANSLATED.strip("*\n"))).to_be_visible()
        await page.get_by_role("button", name="查找").click()
        await page.get_by_role("combobox").fill("孪生")
        await page.get_by_role("option", name="二").click()
        await expect(page.get_by_text("这里有孪生模块")).to_be_visible()
        await page.get_by_role("link", name="English").click()
        await expect(page).to_have_url(f"{base}/index.html")
        # What it still asks for would fail with the server, and be a complaint.
        await page.wait_for_load_state("networkidle")


def test_what_the_builder_warns_of_is_told(small: Path, tmp_path: Path) -> None:
    (small / "more.md").write_text("# More\n[no](no.md)\n")
    with pytest.raises(BuildError, match=r"page does not exist\s.* more\.md:2:6"):
        build(tmp_path / "work", tmp_path / "site")


def test_comments_are_not_shown() -> None:
    shown = "# A\n\n```html\n<!-- kept -->\n```\n"
    assert (
        seen(f"{shown}<!-- of a run:\n```console\n$ ls\n```\n-->\n<!-- b -->\nc\n") == f"{shown}c\n"
    )


def test_lines_of_a_chinese_sentence_are_joined() -> None:
    fence = "```\n四，\n五\n```\n"
    page = "一行，\n二行\n三行 AT\n四行：\n**五**。\n1. 一。\n2. 二，\n   续。\n- 三\n\n"
    told = "一行，二行三行 AT\n四行：**五**。\n1. 一。\n2. 二，续。\n- 三\n\n"
    assert joined(page + fence) == told + fence


def test_a_list_that_only_a_forge_takes_for_one() -> None:
    html = "<nav><ul></ul></nav><article><h1>A</h1><p>text\n- one</p></article>"
    assert differs("# A\ntext\n\n<!-- - one -->", html) == []
    assert differs("# A\ntext\n- one\n", html) == [
        "<li> stands 0 times, and 1 on a forge",
        "<ul> stands 0 times, and 1 on a forge",
    ]


def test_titles_are_renamed_at_every_depth() -> None:
    nav = ["a.md", {"A": [{"B": "b.md"}, "c.md"]}]
    assert renamed(nav, {"A": "甲", "B": "乙"}) == ["a.md", {"甲": [{"乙": "b.md"}, "c.md"]}]


def test_anchors_are_those_of_a_forge() -> None:
    page = "# A `b`: c!\n## 许多模块\n## x\n```\n## no\n```\n## x\n### [to](y.md) z\n"
    assert anchors(page) == {"a-b-c", "许多模块", "x", "x-1", "to-z"}


def test_what_is_wrong_with_a_site_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.html").write_text(
        "<h1 id=top>A</h1><a href=b.html#there>b</a><a href=#top>t</a><a href=http://x.example>x</a>"
    )
    (tmp_path / "b.html").write_text("<p id=there>")
    assert list(wrong(tmp_path)) == []
    (tmp_path / "b.html").write_text(
        "<img src=//x.example/p.png><link rel=stylesheet href=https://x.example/f.css>"
        "<style>p { background: url('http://x.example/b') }</style><a href=../c.html>c</a>"
        "<a href=a.html#no>a</a><link rel=canonical href=https://x.example><img src=d.png>"
    )
    (tmp_path / "s.css").write_text(
        '@import "http://x.example/i.css"; p { background: url(x.png) }'
    )
    assert list(wrong(tmp_path)) == [
        "a.html: b.html#there: there is no such anchor",
        "b.html: fetches //x.example/p.png",
        "b.html: fetches https://x.example/f.css",
        "b.html: fetches http://x.example/b",
        "b.html: d.png: there is no such file",
        "b.html: ../c.html: leads out of the site",
        "b.html: a.html#no: there is no such anchor",
        "s.css: fetches http://x.example/i.css",
    ]
    assert in_style("a { src: url( 'x.woff' ) }") == ["x.woff"]
