"""What modules say of SIM, signal, attachment and registration, and what follows from it."""

from __future__ import annotations

import pytest

from atwin.at.events import Final
from atwin.clock import LoopClock, run_virtual
from atwin.host.bring_up import Word, attached_of, bring_up, registered_of, signal_of, sim_of
from atwin.host.channel.channel import Channel
from atwin.host.channel.exchange import Reply
from atwin.host.errors import CommandRefusedError, WantsPersonError
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS
from atwin.twin.twin import Twin
from support.modules.fake_module import FakeModule
from support.servers.no_network import NoNetwork


def told(*lines: str) -> Reply:
    return Reply(lines, Final("OK", ok=True))


def refused(code: int | None = None) -> Reply:
    return Reply((), Final("ERROR", ok=False, code=code))


@pytest.mark.parametrize(
    ("reply", "ready", "lasting", "advice"),
    [
        (told("+CPIN: READY"), True, False, None),
        (told("Call Ready", "+CPIN:READY"), True, False, None),
        (told('+CPIN: "READY"'), True, False, None),
        (told("+CPIN: SIM PIN"), False, True, "needs its PIN"),
        (told("+CPIN: SIM PIN2"), False, True, "needs its PIN"),
        (told("+CPIN:  SIM PUK"), False, True, "needs its PUK"),
        (told("+CPIN: PH-SIM PIN"), False, True, "bound to another"),
        (told("+CPIN: PH-NET PUK"), False, True, "bound to another"),
        (told("+CPIN: SIM REMOVED"), False, False, "insert one"),
        (told("+CPIN: NOT INSERTED"), False, False, "insert one"),
        (told("+CPIN: NOT READY"), False, False, None),
        (told(), False, False, None),
        (told("+CSQ: 1,1"), False, False, None),
        (refused(), False, False, None),
        (refused(14), False, False, None),
        (refused(10), False, False, "insert one"),
        (refused(13), False, False, "cannot be read"),
        (refused(15), False, False, "use another"),
        (refused(5), False, True, "bound to another"),
        (refused(11), False, True, "needs its PIN:"),
        (refused(12), False, True, "needs its PUK:"),
        (refused(17), False, True, "PIN2"),
        (refused(18), False, True, "PUK2"),
        (refused(45), False, True, "bound to another"),
    ],
)
def test_sim(reply: Reply, ready: bool, lasting: bool, advice: str | None) -> None:
    sim = sim_of(reply)
    assert (sim.ready, sim.lasting) == (ready, lasting)
    assert (sim.advice is None) == (advice is None)
    assert (advice or "") in (sim.advice or "")


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (told("+CSQ: 22,0"), Word.YES),
        (told("noise", "+CSQ:  22 , 99"), Word.YES),
        (told("+CSQ: 22"), Word.YES),
        (told("+CSQ: 0,0"), Word.NOT_YET),
        (told("+CSQ: 99,99"), Word.NOT_YET),
        (told(), Word.NOTHING),
        (told("+CSQ: " + "9" * 5000), Word.NOTHING),
        (refused(), Word.NOTHING),
    ],
)
def test_signal(reply: Reply, word: Word) -> None:
    assert signal_of(reply) is word


@pytest.mark.parametrize(
    ("reply", "word"),
    [
        (told("+CGATT: 1"), Word.YES),
        (told("+CGATT:0"), Word.NOT_YET),
        (told(), Word.NOTHING),
        (refused(53), Word.NOTHING),
    ],
)
def test_attached(reply: Reply, word: Word) -> None:
    assert attached_of(reply) is word


@pytest.mark.parametrize(
    ("value", "word"),
    [
        ("0,1", Word.YES),
        ("2, 5", Word.YES),
        ('2,1,"1A2B","01A2B3C4",7', Word.YES),
        ('1,"1A2B","01A2B3C4",7', Word.YES),
        ("1", Word.YES),
        ("0,9", Word.YES),
        ("0,0", Word.NOT_YET),
        ("0,2", Word.NOT_YET),
        ("0,3", Word.NOT_YET),
        ("0,4", Word.NOTHING),
        ("", Word.NOTHING),
        ("0,x", Word.NOT_YET),
        ("0," + "1" * 5000, Word.NOT_YET),
    ],
)
def test_registered(value: str, word: Word) -> None:
    assert registered_of("+CEREG", told("+CREG: 0,1", f"+CEREG: {value}")) is word
    assert registered_of("+CEREG", refused(50)) is Word.NOTHING


def test_one_firmware_answers_under_another_name() -> None:
    """EC718: AT+CEREG? is answered with +CGREG: (docs/spec/network.md §2)."""
    assert registered_of("+CEREG", told("+CGREG: 0,5")) is Word.YES
    assert registered_of("+CEREG", told("+CGREG: 1", "+CEREG: 0,2")) is Word.NOT_YET
    assert registered_of("+CREG", told("+CGREG: 0,1")) is Word.NOTHING


def module_that_says(**answers: str) -> tuple[Channel, FakeModule]:
    near, far = memory_pair()
    module = FakeModule(far)
    for command, answer in answers.items():
        text = f"\r\n{answer}\r\n"
        if answer not in ("OK", "ERROR") and not answer.startswith("+CME"):
            text += "\r\nOK\r\n"
        module.instead[f"AT+{command}"] = text.encode()
    return Channel(near), module


@pytest.mark.parametrize(
    "answers",
    [
        {"CEREG": "ERROR", "CGREG": "+CGREG: 0,1"},
        {"CEREG": "+CME ERROR: 50", "CGREG": "ERROR", "CREG": "+CREG: 0,5"},
        {"CEREG": "ERROR", "CGREG": "ERROR", "CREG": "ERROR"},
        {"CEREG": "OK", "CGREG": "OK", "CREG": "+CREG: 0,1"},
        {"CEREG": "+CEREG: 0,4", "CGREG": "+CGREG: 0,1"},
        {"CGATT": "ERROR"},
        {"CGATT": "+CME ERROR: operation not supported"},
        {"CSQ": "ERROR"},
        {"CPIN": "ERROR"},
        {"CMEE": "ERROR"},
    ],
)
def test_questions_a_module_does_not_know_are_no_end(answers: dict[str, str]) -> None:
    async def main() -> None:
        channel, _ = module_that_says(**answers)
        await bring_up(channel)
        assert LoopClock().now() < 15

    run_virtual(main())


@pytest.mark.parametrize(
    "answer",
    [
        "+CPIN: SIM PIN",
        "+CPIN: SIM PUK",
        "+CPIN: PH-SIM PIN",
        "+CME ERROR: 11",
        "+CME ERROR: SIM PIN required",
        "+CME ERROR: SIM PUK required",
    ],
)
def test_a_locked_sim_is_told_at_once(answer: str) -> None:
    async def main() -> None:
        channel, module = module_that_says(CPIN=answer)
        with pytest.raises(WantsPersonError, match=r"PIN|PUK|unlock") as caught:
            await bring_up(channel)
        assert caught.value.exit_code == 3
        assert module.heard.count("AT+CPIN?") == 1
        assert LoopClock().now() < 1

    run_virtual(main())


def test_a_missing_sim_may_come_while_the_module_starts() -> None:
    async def main() -> None:
        channel, module = module_that_says()
        left = iter(range(5))

        def missing(line: str) -> bytes:
            if next(left, None) is None:
                return b"\r\n+CPIN: READY\r\n\r\nOK\r\n"
            return b"\r\n+CME ERROR: 10\r\n"

        module.instead["AT+CPIN"] = missing
        await bring_up(channel)
        module.instead["AT+CPIN"] = b"\r\n+CME ERROR: 10\r\n"
        with pytest.raises(WantsPersonError, match="insert one"):
            await bring_up(channel)
        module.instead["AT+CPIN"] = b"\r\nERROR\r\n"
        module.instead |= dict.fromkeys(("AT+CEREG", "AT+CGREG", "AT+CREG"), b"\r\nERROR\r\n")
        with pytest.raises(CommandRefusedError, match="does it want a PIN"):
            await bring_up(channel)

    run_virtual(main())


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("grants", [1, 5])
def test_every_model_is_brought_up_where_it_roams_and_where_it_tells_everything(
    model: str, grants: int
) -> None:
    """Reports with place, a signal that is told, and a search that ends meanwhile."""

    async def main() -> None:
        near, far = memory_pair()
        async with Twin(model, far, network=NoNetwork()) as twin:
            channel = Channel(near)
            for name in ("+CREG=2", "+CGREG=2", "+CEREG=2", "*CSQ=1", "*BANDIND=1", "+CCED=1,1"):
                assert (await channel.command(f"AT{name}")).ok
            assert (await channel.command("AT+CGEREP=1")).ok
            twin.change_cell(grants=2)
            twin.change_cell(grants=grants, band=3)
            await bring_up(channel)
            assert twin.radio.stat == grants
            assert registered_of("+CEREG", await channel.command("AT+CEREG?")) is Word.YES
            assert LoopClock().now() < 20

    run_virtual(main())
