"""Lines of JSON objects, read many at a time: the same as one by one, whatever they are."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING

import pytest

from atwin.disk import json_lines
from atwin.disk.json_lines import read_json_lines
from atwin.text import parse_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GOOD = b'{"a":1}'
#: Alone, or together with one of the others, some of them would make another number of objects.
ODD = (
    b"", b" ", b"{}", b'{"a":1}\r', b" {} ", b"{},{}", b"{} , {}", b"{},1", b"1,{}", b",{}", b"{},",
    b'{"a":1', b'"b":2}', b'{"a":"', b'"}', b'{"a":[{}', b'{"b":1}],"a":1}', b"{}]", b"[{}", b"[",
    b"]", b"[]", b"1", b'"x"', b"null", b"NaN", b'{"a":NaN}', b'{"a":1e999}', b"\xff",
    b"\xef\xbb\xbf{}",
    b'{"a":"\xed\xa0\x80"}', "{}".encode("utf-16-le"), b"{}\x00", b'{"a":' * 3000, b'{"a":"},{"}',
    b'{"a":' + b"9" * 5000 + b"}",
)  # fmt: skip


def one_by_one(lines: tuple[bytes, ...]) -> Iterator[object]:
    for line in lines:
        try:
            value = parse_json(line)
        except ValueError:
            value = None
        yield value if isinstance(value, dict) else None


def read(path: Path, data: bytes) -> list[object]:
    path.write_bytes(data)
    return list(itertools.chain.from_iterable(read_json_lines(str(path))))


@pytest.mark.parametrize("first", ODD)
def test_lines_do_not_become_part_of_each_other(first: bytes, tmp_path: Path) -> None:
    for second in ODD:
        for lines in ((first, second), (first, GOOD, second, GOOD), (GOOD, first, second)):
            got = read(tmp_path / "x", b"\n".join(lines) + b"\n")
            assert json.dumps(got) == json.dumps(list(one_by_one(lines))), lines


def test_the_same_in_pieces_of_any_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"\n".join((GOOD, b'{"b":"two"}', b"", b"x", b'{"c":"\xe4\xbd\xa0"}'))
    whole = [{"a": 1}, {"b": "two"}, None, None, {"c": "你"}]
    for size in range(1, len(data) + 1):
        monkeypatch.setattr(json_lines, "_BLOCK", size)
        assert read(tmp_path / "x", data) == whole
        assert read(tmp_path / "x", data[:-1]) == [*whole[:-1], None]


def test_a_line_without_an_end_takes_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines, "_LONGEST_LINE", 100)
    monkeypatch.setattr(json_lines, "_BLOCK", 10)
    got = read(tmp_path / "x", GOOD + b"\n" + b" " * 1050 + b"\n" + GOOD)
    assert got == [{"a": 1}, *[None] * 11, {"a": 1}]


def test_a_file_that_is_written_again_while_it_is_followed_is_read_from_its_start(
    tmp_path: Path,
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b'{"n":1}\n{"n":2}\n')
    lines = read_json_lines(str(path), follow=True)
    assert [next(lines), next(lines)] == [[{"n": 1}, {"n": 2}], []]
    with path.open("ab") as file:
        file.write(b'{"n":3}\n')
    assert [next(lines), next(lines)] == [[{"n": 3}], []]
    for text in (b'{"m":1}\n' * 9, b'{"n":1}\n'):  # longer than it was, and shorter
        path.write_bytes(text)
        assert [one for one in (next(lines), next(lines)) if one] == [
            [json.loads(line) for line in text.splitlines()]
        ]
        assert next(lines) == []
