"""The console fed from a pipe."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from support.line.odd_lines import gone, silent, tcp_line
from support.running.program import atwin, only_line, start
from support.servers.file_server import file_server

if TYPE_CHECKING:
    import socket
    from pathlib import Path


def test_lines_in_answers_out() -> None:
    ended = atwin("console", stdin="AT\nAT+CMEE?\n\n")
    assert ended.returncode == 0
    assert ended.stdout.splitlines() == ["OK", "+CMEE: 1", "OK"]
    assert ended.stderr == ""


def test_a_command_that_was_refused_is_exit_code_1() -> None:
    ended = atwin("console", stdin="AT+NONSENSE\nAT+CMEE?\n")
    assert ended.returncode == 1
    assert ended.stdout.splitlines() == ["ERROR", "+CMEE: 1", "OK"]
    assert only_line(ended.stderr) == "atwin: the module refused 1 of 2 command lines"


def test_a_log_has_all_lines_without_secrets_and_data(tmp_path: Path) -> None:
    log = tmp_path / "log"
    script = 'AT+CPIN="1234"\nAT+FSCREATE="a"\nAT+FSWRITE="a",0,6,5\nsecret\nAT+FSREAD="a",0,2,0\n'
    assert atwin("console", "--log", log, stdin=script).returncode == 1
    assert atwin("console", "--log", log, stdin="AT\n").returncode == 0
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    told = [line.partition(" ")[2] for line in log.read_text().splitlines()]
    assert told == [
        "> AT+CPIN=***",
        "< +CME ERROR: 3",
        '> AT+FSCREATE="a"',
        "< OK",
        '> AT+FSWRITE="a",0,6,5',
        "< >",
        "= (6 bytes)",
        "< OK",
        '> AT+FSREAD="a",0,2,0',
        "< se",
        "< OK",
        "> AT",
        "< OK",
    ]


def test_a_log_that_cannot_be_written(tmp_path: Path) -> None:
    ended = atwin("console", "--log", tmp_path, stdin="AT\n")
    assert ended.returncode == 2
    assert only_line(ended.stderr) == f"atwin: cannot write {tmp_path}: Is a directory"


def test_the_last_line_may_lack_its_end() -> None:
    assert atwin("console", stdin="AT+CMEE?").stdout == "+CMEE: 1\nOK\n"


def test_a_request_by_hand() -> None:
    with file_server(**{"hello.txt": b"Hello LuatOS!!!"}) as server:
        script = (
            f'AT+SAPBR=1,1\nAT+HTTPINIT\nAT+HTTPPARA="URL","{server.base}/hello.txt"\n'
            "AT+HTTPACTION=0\nAT+HTTPREAD\nAT+HTTPTERM\n"
        )
        ended = atwin("console", "--port", "twin://air780e-lsat", stdin=script)
    assert ended.stdout.splitlines() == [
        *["OK"] * 4,
        "+HTTPACTION: 0,200,15",
        "+HTTPREAD: 15",
        "Hello LuatOS!!!",
        *["OK"] * 2,
    ]


def test_data_and_data_files(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"\x00\x01\xff")
    script = (
        'AT+FSCREATE="a"\nAT+FSWRITE="a",0,5,5\nhello\nAT+FSREAD="a",0,5,0\n'
        f'AT+FSCREATE="b"\nAT+FSWRITE="b",0,3,5\n@{tmp_path / "data"}\nAT+FSFLSIZE="b"\n'
    )
    ended = atwin("console", "--port", "twin://air780e-at", stdin=script)
    assert ended.returncode == 0
    answers = [line for line in ended.stdout.splitlines() if line not in ("OK", ">")]
    assert answers == ["hello", "+FSFLSIZE: 3"]


def test_a_data_file_that_is_not_there() -> None:
    ended = atwin("console", stdin='AT+FSCREATE="a"\nAT+FSWRITE="a",0,5,5\n@/nowhere\n')
    assert ended.returncode == 2
    assert "/nowhere: No such file or directory" in only_line(ended.stderr)


def test_a_silent_module() -> None:
    with tcp_line(silent) as port:
        ended = atwin("console", "--port", port, "--timeout", "0.3", stdin="AT\n")
    assert ended.returncode == 3
    assert "no answer for 0.3 s" in only_line(ended.stderr)


def test_a_line_that_breaks() -> None:
    with tcp_line(gone) as port:
        ended = atwin("console", "--port", port, stdin="AT\n")
    assert ended.returncode == 3
    assert "the line is gone" in only_line(ended.stderr)


def test_interrupted_while_it_waits_for_input() -> None:
    process = start("console")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"AT\n")
    process.stdin.flush()
    assert process.stdout.readline() == b"OK\n"
    process.send_signal(2)
    assert process.wait(20) == 130
    assert process.communicate() == (b"", b"")


@pytest.mark.parametrize("line", [b"\xff\xfe", "AT+你好".encode("gbk"), b'AT+FSCREATE="\xc4\xe3"'])
def test_bytes_that_are_no_utf_8_go_as_they_are(line: bytes) -> None:
    heard = bytearray()

    def module(accepted: socket.socket) -> None:
        while data := accepted.recv(4096):
            heard.extend(data)
            accepted.sendall(b"\r\nOK\r\n" * data.count(b"\r"))

    with tcp_line(module) as port:
        process = start("console", "--port", port)
        out, err = process.communicate(line + b"\nAT\n", timeout=30)
    assert (process.returncode, err) == (0, b"")
    assert bytes(heard) == line + b"\r\nAT\r\n"
    assert out.count(b"OK") >= 1
