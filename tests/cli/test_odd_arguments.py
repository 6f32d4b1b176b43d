"""Whatever an argument is: one line, a documented exit code, and never that it is a defect."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from atwin.cli.app import run
from support.running.sampling import some

if TYPE_CHECKING:
    from pathlib import Path

#: Nobody is asked: where an odd value is taken after all, it goes on from the closed port.
URL = "http://127.0.0.1:9/x"
QUICK = "twin://air724ug?time_scale=0"

#: What a person, a script or a program that is attacked may hand over. {d} is a directory.
ODD = [
    "", "\0", "\udc80", "\x1b[2J", "\u202e", "a\nb", "9" * 5000, "-" + "9" * 5000, "-1", "nan",
    "inf", "1e400", "\u0661\u0662", "~nosuchuser/x", "%00", "[::1", "::", "127.0.0.1:0",
    "127.0.0.1:65536", "x" * 300, "/", "..", "{d}", "/dev/full", "/dev/null", "{d}/deep.json",
    "{d}/deep.toml", "{d}/long.toml", "{d}/bin", "{d}/none/x", "@", "@{d}", "@{d}/none", "--",
    "'", '"',
]  # fmt: skip

#: A command line that does no more than look at its arguments, {} being the odd one.
COMMANDS = [
    ["probe", "{}"],
    ["probe", "127.0.0.1:9", "--ca", "{}"],
    ["probe", "127.0.0.1:9", "--cert", "{}", "--key", "{}"],
    ["probe", "127.0.0.1:9", "--name", "{}"],
    ["probe", "127.0.0.1:9", "--timeout", "{}"],
    ["get", "{}", "-o", "f", "--port", "none"],
    ["get", URL, "-o", "f", "--sha256", "{}", "--port", "none"],
    ["get", URL, "-o", "f", "--timeout", "{}", "--port", "none"],
    ["get", URL, "-o", "{}", "--port", "none"],
    ["get", URL, "-o", "f", "--trace", "{}", "--port", "none"],
    ["get", "https://127.0.0.1:9/x", "-o", "f", "--ca", "{}", "--port", "none"],
    ["get", URL, "-o", "f", "--suite", "{}", "--port", "none"],
    ["get", URL, "-o", "f", "--port", "{}", "--give-up", "0"],
    *(
        ["get", URL, "-o", "f", "--give-up", "0", "--port", f"twin://none?{name}={{}}"]
        for name in ("baud", "seed", "state", "faults", "answers", "unknown", "flow")
    ),
    ["get", URL, "-o", "f", "--give-up", "0", "--port", "socket://{}"],
    ["get", URL, "-o", "f", "--give-up", "0", "--port", "rfc2217://{}"],
    ["head", URL, "-o", "{}", "--port", "none"],
    ["post", URL, "--data", "{}", "--port", "none"],
    ["post", URL, "--data", "x", "--content-type", "{}", "--port", "none"],
    ["recover", "--give-up", "{}", "--port", "none"],
    ["recover", "--pins", "{}"],
    ["at", "{}", "--port", "none"],
    ["at", "AT+HTTPDATA=5,1000", "{}", "--port", "none"],
    ["ports", "--no-ask", "twin://none?seed={}", "--timeout", "{}"],
    ["traffic", "--get", "{}"],
    ["traffic", "--run", "{}"],
    ["traffic", "--get", "1", "--interval", "{}"],
    ["traffic", "--get", "1", "--url", "{}"],
    ["traffic", "--get", "1", "--tls", "--chain", "{}"],
    ["twin", "--model", "{}", "--tcp", "nobody"],
    ["twin", "--model", "none", "--tcp", "{}"],
    ["twin", "--faults", "{}", "--tcp", "nobody"],
    ["twin", "--answers", "{}", "--tcp", "nobody"],
    ["faults", "{}"],
    ["trace", "show", "{}"],
    ["replay", "{}", "--as", "host"],
    ["replay", "{d}/bin", "--as", "module", "--ignore", "{}", "--tcp", "{}"],
    ["trace", "plot", "{}", "-o", "{d}/page"],
    ["trace", "plot", "{d}/deep.json", "-o", "{}"],
]


@pytest.fixture(scope="module")
def d(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with files that are not what they should be."""
    place = tmp_path_factory.mktemp("odd")
    (place / "deep.json").write_text('{"a":' * 3000)
    (place / "deep.toml").write_text("a=" + "[" * 5000)
    (place / "long.toml").write_text("seed=" + "9" * 5000)
    (place / "bin").write_bytes(bytes(range(256)) * 4)
    return place


@pytest.mark.sampled
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_odd_argument_is_one_line(
    command: list[str],
    d: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A dozen of them at each place a run, all of them in `make prove`."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ATWIN_PORT", QUICK)
    for odd in some(ODD, 12, " ".join(command)):
        value = odd.replace("{d}", str(d))
        words = [word.replace("{d}", str(d)).replace("{}", value) for word in command]
        code = run(words)
        out, err = capsys.readouterr()
        assert code in (0, 1, 2, 3, 4, 5), words
        assert "ATWIN_DEBUG" not in err, words  # as of a defect
        assert "Traceback" not in err, words
        assert (out + err).replace("\n", "").isprintable(), words
        if code:
            lines = [line for line in err.splitlines() if line.startswith("atwin: ")]
            assert lines or out, words  # what probe found is on stdout
            assert max(map(len, [*lines, ""])) < 2100


PLANS = [
    "inf", "-inf", "nan", "1e400", "-1", "9" * 30, "9" * 5000, "'x'", "[]", "{}", "true",
    "1979-05-27", "[" * 3000, '"\\u001b[2J"', '"\\u202e"', '"\\ud800"',
]  # fmt: skip


@pytest.mark.parametrize("key", ["seed", "name", "fault"])
@pytest.mark.parametrize("value", PLANS)
def test_an_odd_plan_is_one_line(
    key: str, value: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole = "[[fault]]\nkind='hang'\n" if key != "fault" else ""
    (tmp_path / "plan").write_text(f"{key}={value}\n{whole}")
    fields = "".join(
        f"[[fault]]\nkind='{kind}'\n{field}={value}\n"
        for kind, field in (("hang", "at_time"), ("stall", "after"), ("hang", "at_command"))
    )
    (tmp_path / "fields").write_text(fields)
    for name in ("plan", "fields"):
        # The plan is looked at before the line is, and this line cannot be.
        code = run(["twin", "--faults", str(tmp_path / name), "--tcp", "nobody"])
        out, err = capsys.readouterr()
        assert code == 2, err
        assert "defect" not in err
        assert err.count("\n") == 1
        assert (out + err).replace("\n", "").isprintable()


def test_a_state_directory_that_is_not_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "s" / "files").mkdir(parents=True)
    record = tmp_path / "s" / "module.json"
    port = f"{QUICK}&state={tmp_path / 's'}"
    for content in ('{"a":' * 3000, "[" * 100_000, '{"version":NaN}', "9" * 5000, "\0", "null"):
        record.write_text(content)
        assert run(["recover", "--port", port]) == 2
        assert "is damaged" in capsys.readouterr().err
    record.unlink()
    os.mkfifo(record)
    assert run(["recover", "--port", port]) == 2
    assert "a pipe" in capsys.readouterr().err
