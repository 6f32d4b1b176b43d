"""Framing, byte by byte (docs/spec/http.md §1, uart.md §2, §9)."""

from dataclasses import dataclass

import pytest

from atwin.at.cme import Wording, cme_text, code_of
from atwin.at.dialect.results import HttpHead, HttpRead
from atwin.at.reply import (
    AtError,
    Block,
    CmeError,
    CmsError,
    frame_block,
    frame_error,
    frame_final,
    frame_lines,
    frame_urc,
)


@dataclass
class Style:
    verbose: bool = True
    quiet: bool = False
    cmee: int = 1


def test_final_results() -> None:
    assert frame_final("OK", Style()) == b"\r\nOK\r\n"
    assert frame_final("OK", Style(verbose=False)) == b"0\r"
    assert frame_final("ERROR", Style(verbose=False)) == b"4\r"
    assert frame_final("OK", Style(quiet=True)) == b""


def test_information_text() -> None:
    assert frame_lines(("a", "b"), Style()) == b"\r\na\r\nb\r\n"
    assert frame_lines(("a",), Style(verbose=False)) == b"a\r\n"
    assert frame_lines(("+CREG: 0,1",), Style(quiet=True)) == b"\r\n+CREG: 0,1\r\n"


@pytest.mark.parametrize(
    ("error", "cmee", "framed"),
    [
        (CmeError(3), 0, b"\r\nERROR\r\n"),
        (CmeError(3), 1, b"\r\n+CME ERROR: 3\r\n"),
        (CmeError(3), 2, b"\r\n+CME ERROR: operation not allowed\r\n"),
        (CmeError(49), 2, b"\r\n+CME ERROR: EXE_NOT_SURPORT\r\n"),
        (CmeError(50), 2, b"\r\n+CME ERROR: incorrect parameters\r\n"),
        (CmeError(12345), 2, b"\r\n+CME ERROR: 12345\r\n"),
        (CmeError(65535, ("+PDP: DEACT",)), 1, b"\r\n+PDP: DEACT\r\n\r\n+CME ERROR: 65535\r\n"),
        (CmeError(65535, ("+PDP: DEACT",)), 0, b"\r\n+PDP: DEACT\r\n\r\nERROR\r\n"),
        (AtError(), 1, b"\r\nERROR\r\n"),
        (AtError(), 2, b"\r\nERROR\r\n"),
    ],
)
def test_errors(error: AtError, cmee: int, framed: bytes) -> None:
    assert frame_error(error, Style(cmee=cmee)) == framed


ENGINE = Wording(engine=True)


@pytest.mark.parametrize(
    ("error", "cmee", "wording", "told"),
    [
        # The 8910's engine, its spelling kept; what it does not word the table does.
        (CmeError(3), 2, ENGINE, "+CME ERROR: Operation not allowed"),
        (CmeError(52), 2, ENGINE, "+CME ERROR: The command not support,check your input,pls"),
        (CmeError(53), 2, ENGINE, "+CME ERROR: parameters are invalid"),
        (CmeError(12345), 2, ENGINE, "+CME ERROR: 12345"),
        (CmeError(3), 1, ENGINE, "+CME ERROR: 3"),
        (CmsError(321), 1, Wording(), "+CMS ERROR: 321"),
        (CmsError(321), 2, Wording(), "+CMS ERROR: invalid memory index"),
        # EC718 V1011: words, although the host asked for numbers.
        (CmsError(321), 1, Wording(cms_always=True), "+CMS ERROR: invalid memory index"),
        (CmsError(500), 1, Wording(cms_always=True), "+CMS ERROR: unknown error"),
        (CmsError(999), 2, Wording(), "+CMS ERROR: 999"),
        (CmeError(3), 1, Wording(cms_always=True), "+CME ERROR: 3"),
        (CmsError(321), 0, Wording(cms_always=True), "ERROR"),
    ],
)
def test_each_model_has_its_words(error: AtError, cmee: int, wording: Wording, told: str) -> None:
    assert frame_error(error, Style(cmee=cmee), wording) == f"\r\n{told}\r\n".encode()


@pytest.mark.parametrize(
    ("what", "kind", "code"),
    [
        ("3", "CME", 3),
        ("Operation not allowed", "CME", 3),
        ("operation not allowed", "CMS", 302),
        ("incorrect parameters", "CME", 50),
        ("The command not support,check your input,pls", "CME", 52),
        ("invalid memory index", "CMS", 321),
        ("something else", "CME", None),
    ],
)
def test_words_are_read_back_as_numbers(what: str, kind: str, code: int | None) -> None:
    assert code_of(what, kind) == code


def test_block_has_one_crlf_between_data_and_result() -> None:
    block = Block(HttpRead(15), b"Hello LuatOS!!!")
    assert frame_block(block, Style()) == b"\r\n+HTTPREAD: 15\r\nHello LuatOS!!!\r\nOK\r\n"
    head = Block(HttpHead(1), b"x", tail=b"\r\n")
    assert frame_block(head, Style()) == b"\r\n+HTTPHEAD: 1\r\nx\r\n\r\nOK\r\n"


def test_block_without_a_header_line() -> None:
    assert frame_block(Block(None, b"x"), Style()) == b"\r\nx\r\nOK\r\n"
    assert frame_block(Block(None, b"x"), Style(verbose=False)) == b"x0\r"


def test_urcs_are_whole_lines() -> None:
    assert frame_urc("+SAPBR 1: DEACT") == b"\r\n+SAPBR 1: DEACT\r\n"


def test_cme_texts_are_the_first_meaning() -> None:
    assert cme_text(267) == "SIM UNBLOCK FAIL NO LEFT"
    assert cme_text(53) == "parameters are invalid"
