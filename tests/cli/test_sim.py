"""`--pin`, `--apn`, `--sim` and their like: where they come from, and who sees them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import click
import pytest

from atwin.cli.options import SimOptions
from atwin.cli.says import shown_command
from atwin.host.errors import OptionError
from atwin.session.url import parse_card, parse_twin_url
from support.running.program import atwin, only_line, twin_running
from support.servers.file_server import FileServer, file_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MODULE = "twin://air780e-at?time_scale=0"
LOCKED = f"{MODULE}&pin=4711&puk=12344321"
PRIVATE = f"{MODULE}&apn=corp&apn_user=u&apn_password=geheim&apn_auth=chap"
ACCESS = ("--apn", "corp", "--apn-user", "u")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server(**{"file.bin": b"content"}) as server:
        yield server


def test_a_locked_sim(server: FileServer, tmp_path: Path) -> None:
    url, trace = f"{server.base}/file.bin", tmp_path / "trace"
    without = atwin("head", url, "--port", LOCKED)
    assert without.returncode == 3
    assert "the SIM needs its PIN: give it (--pin)" in only_line(without.stderr)
    right = atwin("head", url, "--port", LOCKED, "--trace", trace, env={"ATWIN_PIN": "4711"})
    assert right.returncode == 0
    assert "the SIM asked for its PIN: entered" in right.stderr
    said = right.stderr + trace.read_text()
    # Not the end of some time in millionths of a second.
    assert not re.search(r"\b4711\b", said)
    assert "12344321" not in said


def test_a_program_is_told_that_trying_again_cannot_help(server: FileServer) -> None:
    ended = atwin("get", f"{server.base}/file.bin", "--port", LOCKED, "--json")
    told = json.loads(ended.stdout)
    assert (told["exit_code"], told["wants_person"]) == (3, True)
    away = atwin("get", f"{server.base}/file.bin", "--port", "/nowhere/tty", "--json")
    assert "wants_person" not in json.loads(away.stdout)


def test_a_private_apn(server: FileServer, tmp_path: Path) -> None:
    url, trace = f"{server.base}/file.bin", tmp_path / "trace"
    ended = atwin(
        *("post", url.replace("file.bin", "take"), "--data", "12345", "--port", PRIVATE),
        *(*ACCESS, "--apn-password", "geheim", "--apn-auth", "chap", "--trace", trace),
    )
    assert ended.returncode == 0
    assert "the APN corp: set in the module by AT+CGDCONT, AT+CGAUTH, AT+SAPBR" in ended.stderr
    assert "geheim" not in ended.stderr + trace.read_text()
    env = {"ATWIN_APN_PASSWORD": "verkehrt"}
    wrong = atwin("recover", "--port", PRIVATE, *ACCESS, "--trace", trace, env=env)
    assert wrong.returncode == 3
    assert "gives no PDP with the APN corp: check --apn" in wrong.stderr.splitlines()[-1]
    assert "verkehrt" not in wrong.stderr + trace.read_text()


def test_the_card_of_a_twin_that_is_served(tmp_path: Path) -> None:
    (tmp_path / "card").write_text("puk=12344321&apn=corp\n")
    with twin_running("--tcp", "127.0.0.1:0", "--sim", f"@{tmp_path / 'card'}") as (_, address):
        port = f"socket://{address}"
        ended = atwin("recover", "--port", port, "--apn", "corp")
        assert ended.returncode == 0
        assert "set in the module by AT+CGDCONT, AT+SAPBR" in ended.stderr


def test_where_secrets_come_from(tmp_path: Path) -> None:
    (tmp_path / "p").write_text("ge heim\r\n")
    options = SimOptions(pin=f"@{tmp_path / 'p'}", apn="a", apn_password=f"@{tmp_path / 'p'}")
    assert options.sim() == {
        "pin": "ge heim",
        "pin_last_try": False,
        "apn": "a",
        "user": "",
        "password": "ge heim",
        "auth": "pap",
    }
    assert SimOptions().sim()["pin"] is None
    for alone in (SimOptions(apn_user="u"), SimOptions(apn_password="geheim")):
        with pytest.raises(click.UsageError, match="is of an access point: name it with --apn"):
            alone.sim()
    with pytest.raises(click.UsageError, match="--pin: cannot read /nowhere/pin"):
        SimOptions(pin="@/nowhere/pin").sim()


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("get u --pin 4711", "get u --pin '***'"),
        ("get u --pin=4711", "get u '--pin=***'"),
        ("get u --pin @file --apn-password @f2", "get u --pin @file --apn-password @f2"),
        ("get u --apn a --apn-password geheim", "get u --apn a --apn-password '***'"),
        ("twin --sim pin=4711&puk=12345678", "twin --sim '***'"),
        ("twin --set pin=4711 --set parser=3", "twin --set 'pin=***' --set parser=3"),
    ],
)
def test_a_command_line_that_is_written_down(words: str, shown: str) -> None:
    assert shown_command(words.split()) == shown


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pin=47", "pin takes 4 to 8 digits"),
        ("pin=", "pin takes 4 to 8 digits"),
        ("puk=4711", "puk takes 8 digits"),
        ("apn_auth=md5&apn=a", "apn_auth takes one of none, pap, chap"),
        ("apn_user=u", "apn has the apn too"),
        ("colour=red", "colour: a card has pin, puk, apn,"),
    ],
)
def test_what_is_no_card_is_told(text: str, said: str) -> None:
    with pytest.raises(OptionError, match=said):
        parse_card(text)


def test_a_card_in_the_url_of_a_twin() -> None:
    wanted = parse_twin_url("twin://air780e-at?pin=4711&apn=a.b&apn_user=me%20&seed=3")
    assert wanted.sim == {"pin": "4711", "apn": "a.b", "apn_user": "me "}
    assert "4711" not in repr(wanted)
    assert parse_twin_url("twin://air780e-at").sim is None
