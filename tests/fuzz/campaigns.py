"""Plans of campaigns: a `Campaign` that can be used, or an error of one short line."""

from __future__ import annotations

import pickle
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.fleet.campaign.campaign import Campaign, load_campaign
from atwin.fleet.campaign.keys import CampaignError, Rows, Table, keys_of
from fuzz.plans import VALUES
from fuzz.runner import main

if TYPE_CHECKING:
    from random import Random

_TABLES = {
    key.name: key.kind for key in keys_of(Campaign).values() if isinstance(key.kind, Table | Rows)
}
_VALUES = (
    *VALUES, "5", "0.5", "'2M'", "'15 min'", "'1.2M'", "'3 d'", "'max'", "115200", "'none'",
    "'even'", "[[0, 0], [9, 1]]", "[[9, 0], [0, 1]]", "['1 h']", "'22:00-04:00'", "'+08:00'",
    "'random'", "'plan.toml'", "'.'", "'../x.toml'", "{failed = 0.1}", "'air724ug@V1'",
    "'air780e-at?echo_lf=1'", "'http://127.0.0.1/x'", "'http://[::1]:80/'", "'a/b'",
    "2026-12-01T00:00:00Z", "'2026-12-01T00:00:00+25:00'", "0001-01-01T00:00:00+14:00",
    "0x" + "f" * 5000,
)  # fmt: skip


def attempt(dice: Random) -> None:
    """One plan."""
    lines = ["devices = 1500"]
    if dice.random() < 0.3:
        lines.append(f"{dice.choice(('seed', 'x', 'link', 'server'))} = {dice.choice(_VALUES)}")
    lines += ["[download]", "size = 5000", "[[model]]", "model = 'air724ug'"]
    for _ in range(dice.randrange(5)):
        name, kind = dice.choice(list(_TABLES.items()))
        lines.append(f"[[{name}]]" if isinstance(kind, Rows) else f"[{name}]")
        keys = [key.name for key in keys_of(kind.of).values()]
        for key in dice.sample(keys, dice.randrange(min(4, len(keys) + 1))):
            lines.append(f"{key if dice.random() < 0.95 else key[1:]} = {dice.choice(_VALUES)}")
    data = bytearray("\n".join(lines).encode())
    if dice.random() < 0.1:
        place = dice.randrange(len(data) + 1)
        data[place : place + 2] = dice.randbytes(dice.randrange(4))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "plan.toml")
        path.write_bytes(data)
        try:
            made = load_campaign(path)
        except CampaignError as error:
            said = str(error)
            assert said.isprintable(), repr(said)
            assert len(said) < 300, said
            return
    sent = pickle.loads(pickle.dumps(made))
    assert sent.digest == made.digest
    device = sent.device(dice.randrange(made.devices))
    assert device.stratum in made.strata()
    device.model.profile()
    device.fault_plan()
    moments = [made.arrival.moment(share / 10) for share in range(11)]
    assert moments == sorted(moments)


if __name__ == "__main__":
    main(attempt)
