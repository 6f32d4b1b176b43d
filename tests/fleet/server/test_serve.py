"""A few devices at a server, counted by hand."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import atwin.fleet
from atwin.fleet.server import serving
from atwin.fleet.server.serving import serve
from atwin.host.errors import UsageError
from support.fleet.made import attempt, campaign, row, span

if TYPE_CHECKING:
    from atwin.fleet.device.row import Row
    from atwin.fleet.server.run import ServerRun

#: Ten seconds on one connection, at 100 bytes and half a request a second.
TEN = attempt(span(0, 10, down=1000, requests=5))


def serve_many(devices: int, one: Row, **tables: Any) -> ServerRun:
    return serve(campaign(devices, **tables), [one])


def ends(run: ServerRun) -> list[float]:
    return [round(at, 5) for at, _ in run.ended]


# --- connections --------------------------------------------------------------------------------


def test_one_waits_for_the_connection_of_the_other() -> None:
    run = serve_many(2, row(TEN), server={"connections": 1})
    assert ends(run) == [10, 20]
    assert (run.done, run.waits, run.waited, run.longest_wait) == (2, 1, 10, 10)
    assert list(run.load.connections) == [1] * 20 + [0]
    assert (run.full, run.busy, run.saturated) == (10, 20, 0)


def test_who_finds_the_backlog_full_comes_again() -> None:
    """The first is in, the second waits 10 s, the third comes at 7 s and 14 s, and waits 6 s."""
    run = serve_many(
        3,
        row(TEN),
        server={"connections": 1, "backlog": 1},
        retry={"after": [7, 7]},
    )
    assert ends(run) == [10, 20, 30]
    assert (run.refused, run.waited, run.attempts_by_number) == (2, 16, [3, 1, 1])


def test_who_is_refused_too_often_has_failed() -> None:
    run = serve_many(
        2,
        row(TEN),
        server={"connections": 1, "backlog": 0},
        retry={"attempts": 3, "after": [1, 2]},
    )
    assert run.ended == [(3, False), (10, True)]
    assert (run.causes, run.refused, run.attempts_by_number) == ({"server": 1}, 3, [2, 1, 1])


def test_a_mean_of_half_a_connection_leaves_the_other_half() -> None:
    half = row(attempt(span(0, 10, connections=0.5)))
    run = serve_many(3, half, server={"connections": 1})
    assert ends(run) == [10, 10, 20]


def test_who_will_need_a_whole_one_has_it_from_the_beginning() -> None:
    """Nobody who has been let in is stopped in the middle; half of it is free at the end."""
    grows = row(
        attempt(
            span(0, 5, connections=0.2), span(5, 10), span(10, 15, connections=0.5), span(15, 16)
        )
    )
    run = serve_many(2, grows, server={"connections": 1})
    assert ends(run) == [16, 32]
    shrinks = row(attempt(span(0, 5), span(5, 10, connections=0.5)))
    # The second one needs all of it, and has it when the first is through.
    assert ends(serve_many(2, shrinks, server={"connections": 1})) == [10, 20]
    half = row(attempt(span(0, 5), span(5, 10, connections=0.25)), device=0)
    later = row(attempt(span(1, 4, connections=0.75)), device=1)
    assert ends(serve(campaign(2, server={"connections": 1}), [half, later])) == [8, 10]


def test_nobody_overtakes() -> None:
    """The second one needs more than is left; the third would find enough, but came later."""
    rows = [
        row(attempt(span(0, 10, connections=0.5)), device=0),
        row(attempt(span(1, 11)), device=1),
        row(attempt(span(2, 12, connections=0.5)), device=2),
    ]
    assert ends(serve(campaign(3, server={"connections": 1}), rows)) == [10, 20, 30]


@pytest.mark.parametrize("before", [0, 1])
def test_what_a_refused_device_has_got_it_keeps(before: float) -> None:
    """Both fetch at once, and pause; then one finds the other one's connection taken.

    It begins like the first time, `before` its contact, and goes on with the second half.
    """
    two = row(attempt(span(1, 3, connections=0.5), span(6, 16), before=before))
    run = serve_many(
        2, two, server={"connections": 1, "backlog": 0}, retry={"attempts": 2, "after": [60]}
    )
    assert ends(run) == [16, 6 + 60 + before + 10]
    assert sum(run.load.requests) == pytest.approx(4)


# --- bytes and requests -------------------------------------------------------------------------


def test_half_the_bandwidth_is_twice_the_time() -> None:
    run = serve_many(2, row(TEN), server={"bandwidth": 100})
    assert ends(run) == [20, 20]
    assert list(run.load.sent) == pytest.approx([100] * 20 + [0])
    assert list(run.load.connections) == pytest.approx([2] * 20 + [0])
    assert (run.slowest, run.saturated, run.busy) == (0.5, 20, 20)


def test_half_the_requests_is_twice_the_time() -> None:
    run = serve_many(2, row(TEN), server={"requests": 0.5})
    assert ends(run) == [20, 20]
    assert sum(run.load.requests) == pytest.approx(10)


def test_who_waits_for_its_own_line_is_not_slower() -> None:
    """The second half is a connection with nothing on it: the module hands over what it has."""
    stream = row(attempt(span(0, 10, down=1000), span(10, 30, requests=0)))
    run = serve_many(2, stream, server={"bandwidth": 100})
    assert ends(run) == [40, 40]
    assert (run.busy, run.saturated) == (40, 20)
    # Nor by others, who fetch at half speed meanwhile.
    others = [row(attempt(span(10, 20, down=1000)), device=n) for n in (1, 2)]
    assert ends(serve(campaign(3, server={"bandwidth": 100}), [stream, *others])) == [30, 30, 30]


def test_who_needs_what_is_not_scarce_is_not_slower() -> None:
    """Requests go at half speed; the bytes that come with them need half of what there is."""
    asks = row(attempt(span(0, 10, down=1000, requests=10)), device=0)
    takes = row(attempt(span(0, 10, down=1000, requests=0)), device=1)
    server = {"bandwidth": 150, "requests": 0.5}
    run = serve(campaign(2, server=server), [asks, takes])
    assert ends(run) == [10, 20]
    assert list(run.load.sent) == pytest.approx([150] * 10 + [50] * 10 + [0])
    # The same with the bytes scarce, and a third that asks for none.
    only = row(attempt(span(0, 10, requests=10)), device=1)
    run = serve(campaign(2, server={"bandwidth": 50, "requests": 1.5}), [asks, only])
    assert ends(run) == [10, 20]
    assert list(run.load.requests) == pytest.approx([1.5] * 10 + [0.5] * 10 + [0])


def test_who_is_alone_again_goes_on_at_full_speed() -> None:
    """At half speed from 5 s on, when the second comes, to 15 s; then the second alone."""
    run = serve_many(
        2,
        row(TEN),
        server={"bandwidth": 100},
        stage=[{"share": 0.5}],
    )
    assert ends(run) == [10, 20]  # one stage after the other: no contact at all
    late = [row(TEN), row(attempt(span(5, 15, down=1000)), device=1)]
    run = serve(campaign(2, server={"bandwidth": 100}), late)
    assert ends(run) == [15, 20]
    assert list(run.load.sent) == pytest.approx([100] * 20 + [0])


def test_own_time_is_not_slower() -> None:
    rests = row(attempt(span(5, 15, down=1000), rest=7))
    assert ends(serve_many(2, rests, server={"bandwidth": 100})) == [32, 32]


# --- a device's own way -------------------------------------------------------------------------


def test_own_failures_are_those_of_the_row() -> None:
    twice = row(attempt(span(0, 10), cause="line"), attempt(span(610, 620)))
    run = serve_many(2, twice)
    assert ends(run) == [620, 620]
    assert run.attempts_by_number == [2, 2]


def test_refusals_count_as_attempts() -> None:
    """One of the two is refused, then fails by itself; that was its second attempt of two."""
    twice = row(attempt(span(0, 10), cause="line"), attempt(span(610, 620)))
    run = serve_many(
        2,
        twice,
        server={"connections": 1, "backlog": 0},
        retry={"attempts": 2, "after": [20]},
    )
    assert run.ended == [(30, False), (620, True)]
    assert run.causes == {"line": 1}


def test_what_follows_the_last_attempt_is_waited_for() -> None:
    assert ends(serve_many(1, replace(row(TEN), seconds=12))) == [12]


def test_a_crash_is_a_device_that_failed() -> None:
    crash = replace(row(TEN), ok=False, cause="crash", attempts=(), seconds=0.0)
    run = serve_many(3, crash)
    assert (run.failed, run.causes, run.attempts_by_number) == (3, {"crash": 3}, [])


# --- the rules of the campaign ------------------------------------------------------------------


def test_what_is_not_done_at_the_end_is_late() -> None:
    """The third would begin at 20 s."""
    run = serve_many(3, row(TEN), server={"connections": 1}, rules={"lasts": 15})
    assert run.ended == [(10, True), (15, False), (15, False)]
    assert (run.done, run.failed, run.never_started) == (1, 2, 0)
    assert (run.causes, run.seconds, sum(run.load.connections)) == ({"late": 2}, 15, 15)


def test_a_stage_begins_when_the_one_before_has_ended_and_its_hold_is_over() -> None:
    stages = [{"share": 0.1, "hold": 4}, {"share": 0.2, "hold": 60}]
    run = serve_many(20, row(TEN), stage=stages)
    assert [(s.devices, s.began, s.ended, s.gate) for s in run.stages] == [
        (2, 0, 10, True),
        (4, 10, 70, True),
        (14, 70, 80, True),
    ]


def test_a_gate_holds_the_rest_back() -> None:
    rows = [row(attempt(span(0, 1), cause="line"))]
    run = serve(campaign(10, stage=[{"share": 0.2, "failed": 0.5}]), rows)
    assert (run.failed, run.never_started) == (2, 8)
    assert run.aborted == "stage 1: 2 of 2 devices failed, more than 50 %"
    assert [stage.gate for stage in run.stages] == [False]


def test_who_is_in_which_stage_is_chance() -> None:
    rows = [row(attempt(span(0, n + 1)), device=n) for n in range(40)]
    first = []
    for seed in (1, 2):
        plan = campaign(40, stage=[{"share": 0.25, "hold": 50}]).changed(seed=seed)
        run = serve(plan, rows)
        first.append({round(at) for at, _ in run.ended[:10]})
        assert max(first[-1]) <= 40
        assert first[-1] | {round(at) - 50 for at, _ in run.ended[10:]} == set(range(1, 41))
    assert first[0] != first[1]


def test_devices_under_way_at_an_abort_may_be_late() -> None:
    fails = row(attempt(span(0, 5), cause="line"))
    run = serve(
        campaign(
            10,
            arrival={"curve": "even", "over": 20},
            rules={"abort": {"failed": 0, "after": 1}, "lasts": 9},
        ),
        [fails],
    )
    stage = run.stages[0]
    assert run.causes["late"] > 0 < run.never_started
    assert (stage.begun, stage.failed) == (10 - run.never_started, run.failed)


def test_abort_stops_handing_out_and_the_others_go_on() -> None:
    """One comes each second, and fails after 2.5 s: at 4.5 s the third one has, with two more."""
    fails = row(attempt(span(0, 2.5), cause="line"))
    run = serve(
        campaign(
            10,
            arrival={"curve": [[0, 0.1], [9, 1]]},
            rules={"abort": {"failed": 0.5, "after": 3}},
        ),
        [fails],
    )
    assert run.aborted == "abort rule: 3 of 3 devices failed, more than 50 %"
    assert (run.failed + run.never_started, run.failed < 10) == (10, True)
    assert run.ended[2][0] < run.seconds
    third = run.ended[2][0]
    # Whoever ended had begun before that.
    assert all(at - 2.5 <= third for at, _ in run.ended)


def test_windows_and_zones() -> None:
    """At 20:00 in UTC it is 04:00 at +08:00; the window is from 02:00 to 05:00."""
    run = serve_many(
        40,
        row(TEN),
        arrival={"curve": "at once", "window": "02:00-05:00"},
        zone=[{"utc": "+00:00"}, {"utc": "+08:00"}],
        rules={"starts": "2026-12-01T20:00:00Z"},
    )
    assert {at for at, _ in run.ended} == {10, 6 * 3600 + 10}


def test_another_attempt_waits_for_the_window() -> None:
    twice = row(attempt(span(0, 10), cause="line"), attempt(span(4010, 4020)))
    run = serve_many(
        1,
        twice,
        arrival={"curve": "at once", "window": "23:30-00:30"},
        rules={"starts": "2026-12-01T23:45:00Z"},
    )
    assert ends(run) == [86_400 - 15 * 60 + 10]


# --- what always holds --------------------------------------------------------------------------

_MAYBE = st.none() | st.integers(1, 5)
_SPANS = st.lists(
    st.tuples(st.floats(0, 3), st.floats(0.1, 9), st.floats(0.1, 1), st.floats(0, 500)),
    min_size=1,
    max_size=4,
)


@given(
    rows=st.lists(_SPANS, min_size=1, max_size=4),
    connections=_MAYBE,
    bandwidth=_MAYBE,
    requests=_MAYBE,
    backlog=st.integers(0, 3),
)
def test_all_that_was_asked_for_is_served_once(
    rows: list[list[tuple[float, float, float, float]]],
    connections: int | None,
    bandwidth: int | None,
    requests: int | None,
    backlog: int,
) -> None:
    made = []
    for number, spans in enumerate(rows):
        at, asked = 0.0, []
        for pause, long, share, down in spans:
            asked.append(span(at + pause, at + pause + long, connections=share, down=down))
            at = asked[-1].end
        made.append(row(attempt(*asked), device=number))
    limits = {"connections": connections, "bandwidth": bandwidth and 50 * bandwidth}
    limits["requests"] = requests
    server = {name: limit for name, limit in limits.items() if limit is not None}
    run = serve(
        campaign(
            len(rows),
            server=server | {"backlog": backlog},
            retry={"attempts": 100, "after": [50]},
        ),
        made,
    )
    load = run.load
    spans_of = [each for one in made for each in one.attempts[0].load]
    assert run.done == len(rows)
    assert sum(load.requests) == pytest.approx(sum(each.requests for each in spans_of), rel=1e-5)
    assert sum(load.sent) == pytest.approx(sum(each.down for each in spans_of), rel=1e-5, abs=1e-3)
    # Time on a connection is that of the spans, or more if they were slow.
    alone = sum(each.connections * (each.end - each.begin) for each in spans_of)
    assert sum(load.connections) >= alone * (1 - 1e-5)
    if run.slowest == 1:
        assert sum(load.connections) == pytest.approx(alone, rel=1e-5)
    for values, limit in (
        (load.connections, connections),
        (load.sent, server.get("bandwidth")),
        (load.requests, requests),
    ):
        assert limit is None or max(values) <= limit * (1 + 2e-3)


@given(
    connections=_MAYBE,
    backlog=st.integers(0, 3),
    lasts=st.none() | st.integers(1, 90),
    failed=st.sampled_from([0.0, 0.2, 0.5, 1.0]),
    stages=st.lists(st.tuples(st.sampled_from([0, 0.1, 0.3]), st.integers(0, 30)), max_size=3),
    share=st.floats(0, 1),
)
def test_every_device_is_counted_once(
    connections: int | None,
    backlog: int,
    lasts: int | None,
    failed: float,
    stages: list[tuple[float, int]],
    share: float,
) -> None:
    rows = [row(attempt(span(0, 4), cause="line" * (n < 10 * share)), device=n) for n in range(10)]
    server = {"backlog": backlog} | ({"connections": connections} if connections else {})
    rules = {"abort": {"failed": failed, "after": 3}} | ({"lasts": lasts} if lasts else {})
    tables: dict[str, Any] = {"server": server, "rules": rules}
    if stages:
        tables["stage"] = [{"share": s, "hold": hold, "failed": failed} for s, hold in stages]
    plan = campaign(
        40,
        arrival={"curve": "even", "over": 30},
        retry={"attempts": 3, "after": [5]},
        **tables,
    )
    run = serve(plan, rows)
    assert run.done + run.failed + run.never_started == 40
    assert (sum(ok for _, ok in run.ended), len(run.ended)) == (run.done, run.done + run.failed)
    assert run.ended == sorted(run.ended, key=lambda end: end[0])
    assert sum(run.causes.values()) == run.failed
    assert sum(stage.done for stage in run.stages) == run.done
    if run.aborted or not lasts:
        assert sum(stage.failed for stage in run.stages) == run.failed
    assert all(s.done + s.failed <= s.devices and s.begun <= s.devices for s in run.stages)
    begun = sum(stage.begun for stage in run.stages)
    assert lasts or run.attempts_by_number[0] == begun
    assert sum(run.attempts_by_number[1:]) <= run.refused
    assert (run.never_started == 0) or run.aborted
    assert lasts is None or run.seconds <= lasts


def test_without_limits_every_device_fares_as_its_row_says() -> None:
    rows = [
        row(
            attempt(span(n, 3 * n + 7), span(4 * n + 7, 50), rest=n, cause="line"),
            attempt(span(100 + n, 107, connections=0.3, down=5), rest=2 * n),
            device=n,
        )
        for n in range(6)
    ]
    run = serve(campaign(6), rows)
    assert ends(run) == sorted(one.seconds for one in rows)
    assert (run.slowest, run.waited, run.refused, run.notes) == (1, 0, 0, [])


def test_the_same_arguments_give_the_same_run() -> None:
    rows = [row(attempt(span(0, n + 1, down=9)), device=n) for n in range(9)]
    plan = campaign(
        40,
        arrival={"curve": "falling", "over": 60},
        server={"connections": 2, "backlog": 3, "bandwidth": 5},
        stage=[{"share": 0.3}],
    )
    run = serve(plan, rows)
    assert serve(plan, list(reversed(rows))) == run
    assert serve(plan, rows, replicate=1) != run
    assert serve(plan.changed(seed=2), rows) != run


def test_who_was_simulated_has_its_own_row_and_the_others_draw() -> None:
    rows = [row(TEN), row(attempt(span(0, 99)), device=1)]
    assert ends(serve(campaign(2), rows)) == [10, 99]
    assert ends(serve(campaign(2), rows, replicate=7, whole=True)) == [10, 99]
    # A third one has that of the first or the second; in a replicate these are drawn before.
    drawn = [ends(serve(campaign(3), rows, replicate=number)) for number in range(20)]
    assert {tuple(each) for each in drawn} == {(10, 10, 99), (10, 99, 99)}
    with pytest.raises(ValueError, match="not the whole fleet"):
        serve(campaign(3), rows, whole=True)


def test_who_has_nobody_like_it_has_a_row_of_others() -> None:
    run = serve(campaign(3, model=[{"model": "air780eg"}]), [row(TEN, device=9)])
    assert ends(run) == [10, 10, 10]
    assert run.notes == [
        "air780eg/link 1/none: none of its 3 devices was simulated, so they have rows of others"
    ]


def test_a_long_campaign_is_followed_to_its_end() -> None:
    """60 days with nothing between."""
    far = row(attempt(span(0, 10), cause="line"), attempt(span(60 * 86_400, 60 * 86_400 + 10)))
    run = serve_many(2, far, server={"bandwidth": 1})
    assert ends(run) == [60 * 86_400 + 10] * 2
    assert len(run.load) == 60 * 86_400 + 11


def test_no_campaign_takes_for_ever() -> None:
    """Whatever a row says that came from elsewhere."""
    run = serve_many(2, replace(row(TEN), seconds=2.0**62))
    assert (run.seconds, run.causes) == (366 * 86_400, {"late": 2})
    assert len(run.load) == 11


def test_without_rows_there_is_no_fleet() -> None:
    with pytest.raises(ValueError, match="no row"):
        serve(campaign(2), [])


def test_simpy_is_imported_when_a_fleet_is_served_and_not_before() -> None:
    source = Path(atwin.fleet.__file__).parents[1]
    found = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*.py")
        if re.search(r"^(import|from) simpy", path.read_text("utf-8"), re.MULTILINE)
    }
    assert found == {"fleet/server/rollout.py"}
    # Whoever wants to serve a fleet imports this one, which has no need of it.
    assert "import Rollout" not in Path(serving.__file__).read_text("utf-8").split("def serve")[0]


def test_without_simpy_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "simpy", None)
    with pytest.raises(UsageError, match=r"pip install 'atwin\[fleet\]'") as caught:
        serve(campaign(1), [row(TEN)])
    assert (caught.value.exit_code, str(caught.value).count("\n")) == (2, 0)
