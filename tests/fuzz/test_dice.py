"""Dice of given bytes: what they say, and that they can be any fuzzer's."""

from __future__ import annotations

from random import Random

from fuzz.guided.dice import CUT, NUMBERS, GivenDice, text
from fuzz.guided.shrink import shrunk


def test_each_number_is_a_byte_from_the_end() -> None:
    dice = GivenDice(b"text" + bytes([7, 200, 3]) + b"se")
    assert [dice.randrange(256), dice.choice(range(100)), dice.randrange(2, 4)] == [3, 0, 3]
    assert dice.randbytes(4) == b"text"


def test_after_the_bytes_it_goes_on_as_their_end_says() -> None:
    def all_of(data: bytes) -> list[object]:
        dice = GivenDice(data)
        many = [dice.random() for _ in range(30)]
        return [many, dice.sample(range(9), 5), dice.choices("abc", k=5), dice.randbytes(9)]

    assert all_of(b"12345") == all_of(b"12345")
    assert all_of(b"12345")[0][5:] == all_of(b"12745")[0][5:]  # type: ignore[index]
    assert all_of(b"12345")[0] != all_of(b"12346")[0]
    assert all(0 <= one < 1 for one in all_of(b"")[0])  # type: ignore[attr-defined]


def test_a_text_leaves_the_numbers_alone() -> None:
    numbers = bytes(range(NUMBERS - 2)) + b"se"
    dice = GivenDice(b"one" + CUT + b"two" + numbers)
    assert [dice.text(), dice.randrange(256), dice.text(), dice.text()] == [
        b"one", NUMBERS - 3, b"two", b"",
    ]  # fmt: skip
    assert dice.randrange(256) == NUMBERS - 4


def test_without_given_bytes_a_text_is_made() -> None:
    for dice in (Random(1), GivenDice(b""), GivenDice(b"short")):
        assert text(dice, lambda dice: dice.choice([b"made"])) == b"made"


def test_what_is_drawn_lies_within_its_bounds() -> None:
    seeds = Random(5)
    for _ in range(300):
        dice = GivenDice(seeds.randbytes(seeds.randrange(40)))
        most = seeds.choice((1, 2, 3, 255, 256, 257, 70_000, 2**70))
        assert 0 <= dice.randrange(most) < most
        assert 0 <= dice.getrandbits(13) < 1 << 13
        assert len(dice.randbytes(7)) == 7
        assert sorted(dice.sample(range(9), 9)) == list(range(9))
        assert 2 <= dice.uniform(2, 3) < 3


def test_a_find_is_made_as_small_as_it_can_be() -> None:
    data = bytes(range(200))
    assert shrunk(data, lambda less: {3, 90, 177} <= {*less}) == bytes([3, 90, 177])
    assert shrunk(b"one", lambda less: less == b"one") == b"one"
