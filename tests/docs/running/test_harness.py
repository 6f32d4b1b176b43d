"""The harness of pages finds what is wrong in one, and says it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docs.running.matching import diff, same, steady
from docs.running.page import Page, Shown, Step, differences
from docs.running.shell import ROOT, play
from support.running.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """\
<!-- not run: installs from the registry -->
```sh
pip install atwin
```

```text title="plan/x.txt"
one
  two at 18081
```

1. In a list:

   ```console
   $ cat plan/x.txt; cd plan
   one
     two at 18081
   $ for word in a b; do  # a comment
   >   echo $word
   > done > /tmp/words
   $ cat /tmp/words x.txt | \\
       head -n 1
   a
   ```

```console
$ seq 100; echo "sha256 0a1b2c in 7.25 s" >&2
1
...
50
...
sha256 0a… in 31.0 s
$ (exit 3)
$ echo $?
3
$ cat << END
$HOME
END
/home/you
$ { sleep 0.1; echo ready $PWD; sleep 60; echo never; } &
ready /home/you/plan
```
"""


def page_of(folder: Path, text: str, name: str = "page.md") -> Page:
    (folder / name).write_text(text, "utf-8")
    return Page(folder / name)


def faults(page: Page) -> list[str]:
    return [fault for _, _, fault in play(page) if fault]


def test_a_page_that_is_right(tmp_path: Path) -> None:
    page = page_of(tmp_path, GOOD)
    assert faults(page) == []
    assert [type(item) for item in page.items] == [Shown, *[Step] * 8]
    assert page.not_run == [(2, "installs from the registry")]


@pytest.mark.parametrize(
    ("shown", "instead", "told"),
    [
        ("50\n", "500\n", "-500"),  # a line that does not come
        ("a\n   ```", "```", "+a"),  # one that is not shown
        ("$ (exit 3)\n$ echo $?\n3\n", "$ (exit 3)\n", "exit code 3, and no `$ echo $?` shows it"),
        ("$?\n3\n", "$?\n4\n", "-4\n+3"),
        ("$ for word", "$ four word", "syntax error"),
        ("ready /", "ready to /", "-ready to /home/you/plan\n+ready /home/you/plan"),
        ("> done > /tmp/words", "> done > /tmp/letters", "/tmp/words: No such file"),
        ('title="plan/x.txt"', 'title="x.txt"', "cat: plan/x.txt: No such file"),
        ("two at 18081\n```", "two at 18082\n```", "+  two at 18082"),
    ],
)
def test_a_page_that_is_wrong(shown: str, instead: str, told: str, tmp_path: Path) -> None:
    assert shown in GOOD
    assert told in "\n".join(faults(page_of(tmp_path, GOOD.replace(shown, instead))))


def test_a_command_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match=r"page.md:2: output of no command"):
        page_of(tmp_path, "```console\none\n```\n")


def test_a_device_is_a_twin(tmp_path: Path) -> None:
    text = "<!-- /dev/ttyUSB0: --model air724ug -->\n```console\n$ atwin at AT+CGMM{}\n{}OK\n```\n"
    page = page_of(tmp_path, text.format(" --port /dev/ttyUSB0", '+CGMM: "Air780E"\n'))
    (fault,) = faults(page)
    assert fault.splitlines()[1:3] == ['-+CGMM: "Air780E"', '++CGMM: "Air724UG"']


PROGRAMS = """\
```console
$ atwin twin --tcp 127.0.0.1:18080 2> log &
ready tcp 127.0.0.1:18080
$ kill $!; wait $!
$ echo $?
143
$ atwin twin --pty /tmp/module 2> log &
ready /tmp/module
$ disown; kill -9 $!
$ atwin at AT+NOSUCH 2> log
ERROR
$ echo $?
1
$ python -c 'import atwin; print(__name__)'
__main__
```
"""


@pytest.mark.parametrize("forks", [True, False])
def test_programs_are_the_same_when_forked(forks: bool, tmp_path: Path) -> None:
    page = page_of(tmp_path, PROGRAMS)
    assert [fault for _, _, fault in play(page, forks=forks) if fault] == []


@pytest.mark.parametrize(
    ("translated", "told"),
    [
        ("$ cat x  # Datei\na # b\n", []),
        ("$ cat y  # file\na # b\n", ["'cat x': not so in page.zh.md"]),
        ("$ cat x  # file\na # c\n", ["'cat x': not so in page.zh.md"]),
        ("$ cat x  # file\na # b\n$ ls\n", ["page.zh.md shows other commands, files or devices"]),
    ],
)
def test_a_translation(translated: str, told: list[str], tmp_path: Path) -> None:
    fences = "```console\n{}```\n"
    page = page_of(tmp_path, fences.format("$ cat x  # file\na # b\n"))
    other = page_of(tmp_path, fences.format(translated), "page.zh.md")
    assert differences(page, other) == told


def test_written_again(tmp_path: Path) -> None:
    for name in ("page.md", "page.zh.md"):
        page_of(tmp_path, f"{name}\n- x\n\n  ```console\n  $ seq 2\n  1\n  3\n  ```\nend\n", name)
    command = [sys.executable, "-m", "tests.docs.running", "--write", str(tmp_path / "page.md")]
    run = [
        subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        for _ in range(2)
    ]
    assert [each.returncode for each in run] == [1, 0], run
    assert "-3\n+2" in run[0].stdout
    for name in ("page.md", "page.zh.md"):
        text = f"{name}\n- x\n\n  ```console\n  $ seq 2\n  1\n  2\n  ```\nend\n"
        assert (tmp_path / name).read_text() == text


LINES = st.lists(st.text(st.characters(codec="ascii", exclude_categories=["C"]), max_size=9))


@given(LINES, LINES, LINES)
def test_lines_left_out_are_those_of_the_dots(
    before: list[str], between: list[str], after: list[str]
) -> None:
    def text(*lines: str) -> str:
        return "".join(f"{line}\n" for line in lines)

    printed = text(*before, *between, *after)
    assert same(printed, printed)
    assert same(text(*before, "...", *after), printed)
    assert not same(text(*before, "...", *after, "and more"), printed)
    assert same(text(*before, *after), printed) == (
        steady(text(*before, *after)) == steady(printed)
    )


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("17 files in 3.2 s (1.1 MB/s)", "17 files in 12 s (830.4 kB/s)"),
        ("date: mon, 30 nov 2026 18:00:00 gmt", "date: tue, 01 dec 2026 09:10:11 gmt"),
        ("    0.301276 > AT", "   12.000000 > AT"),
        ("2026-11-30 18:22:36,733 atwin.twin on", "2027-01-01 00:00:00,001 atwin.twin on"),
        ('etag: "18abcdef0123-4a4"', 'etag: "28abcdef0123-4a4"'),
        ("ready /dev/pts/3", "ready /dev/pts/12"),
    ],
)
def test_what_varies(shown: str, printed: str) -> None:
    assert same(shown, printed)
    assert not same(shown, printed + " again")
    assert diff(shown, printed) == ""
