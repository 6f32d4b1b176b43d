"""House style: one word for one thing, in English and in Chinese, wherever there is text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from docs.words.pages import ROOMS, read

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Rule:
    """What is not written, what is written in its place, and a text that is wrong."""

    pattern: str
    instead: str
    wrong: str
    right: str = ""

    def found(self, text: str) -> list[str]:
        return [match[0] for match in re.finditer(self.pattern, text)]


_NOUNS = (
    "alert|answer|command|date|device|digit|duration|end|error|event|fault|file|folder|function|"
    "head|header|https?|journal|JSON|line|link|module|name|number|object|package|part|pattern|"
    "pcapng|range|rate|record|redirect|request|result|root|row|secret|socket|strategy|trace|twin|"
    "URL|UTF-8|value|version"
)
_CLAUSES = "that|whether|how|what|which|who|when|where|why"
#: A pattern begins with what stands in the text as it is: that is looked for first, and fast.
RULES = [
    # Words that only look English.
    Rule(rf"is no (?<!here is no )({_NOUNS})\b", "is not a", "'1X' is no number"),
    Rule(rf"are no (?<!here are no )({_NOUNS})s?\b", "are not", "lines that are no records"),
    Rule(r"no TOML file:", "not a TOML file", "plan.toml: no TOML file: what"),
    Rule(r"anew\b", "again, over; restart", "the module starts anew"),
    Rule(r"is wanted", "is needed", "the file that is wanted"),
    Rule(r"are wanted", "are needed", "what files are wanted"),
    Rule(r"to be had\b", "available", "it is not to be had here"),
    Rule(r"hat (?:comes|came|has come|must come) of\b", "the result, the end", "what came of it"),
    Rule(rf"tells (?:of|{_CLAUSES})\b", "says, reports", "it tells how"),
    Rule(r"in the place of\b", "in place of", "in the place of the first"),
    Rule(r"behind (?<=(?:e|s|F|K) behind )(?:it|them)\b", "after", "the CR LF behind it"),
    Rule(r"wants (?:a|its|the) (?:PIN|PUK|APN)\b", "asks for, needs", "the SIM wants its PUK"),
    Rule(r"here are a\b", "there is a", "there are a history and time stamps"),
    # Names.
    Rule(r"AIR7\d\d", "Air780E", "an AIR780E"),
    Rule(r"Air7\d\d[a-z]", "Air780E", "an Air780e", right="AirM2M_780E, Air780EP"),
    Rule(r" RFC2217 ", "RFC 2217", "by RFC2217 only", right="rfc2217://, RFC 2217"),
    Rule(r"master (?:controller|device|MCU|side)\b", "host", "the master device"),
    Rule(r"Openluat", "OpenLuat", "Openluat's module"),
    # One Chinese word for one thing; the vendor's where it has one.
    Rule("模组", "模块", "4G 模组"),
    Rule("上位机", "主机", "上位机程序"),
    Rule("指令", "命令", "发 AT 指令"),
    Rule("缺省", "默认", "缺省值"),
    Rule("密码套件", "加密套件", "六种密码套件"),
    Rule("管脚", "引脚", "RESET 管脚"),
    Rule("掉电", "断电", "掉电保存"),
    Rule("您", "你", "您要"),
    Rule("回放", "重放", "回放一段对话"),
    Rule("追踪", "跟踪", "追踪一次运行"),
]
#: What others wrote, what machines say, and the rules themselves.
FOREIGN = ("tests/transcripts/", "tests/docs/words/", "tests/host/found/test_identity.py")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.wrong)
def test_house_style(rule: Rule) -> None:
    assert rule.found(rule.wrong)
    assert not rule.found(f"{rule.right} {rule.instead}")
    texts = read(".", *ROOMS).items()
    assert {
        name: (found, rule.instead)
        for name, text in texts
        if not name.startswith(FOREIGN) and (found := rule.found(text))
    } == {}


def test_a_program_built_beside_its_source_is_not_text(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "Makefile").write_text("all:\n")
    (tmp_path / "c" / "fetch").write_bytes(b"\x7fELF\0\xff")
    monkeypatch.setattr("docs.words.pages.ROOT", tmp_path)
    assert read.__wrapped__("c") == {"c/Makefile": "all:\n"}


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_the_front_page_is_two_screens(page: str) -> None:
    shown = re.sub(r"<!--.*?-->\n", "", read(".")[page], flags=re.DOTALL).splitlines()
    assert len(shown) <= 80
    assert "demo.svg" in "".join(shown)
