"""The command that runs one device of a campaign alone."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.device.row import Row


def rerun(campaign: Campaign, row: Row) -> str:
    """The `atwin get` that downloads in real time by a module like that of `row`.

    Model, seed, line and faults are the same. It is the first attempt of the device, before which
    nothing is restarted. The server is the campaign's, or `URL` stands in its place. A profile or
    plan of faults that came from a file is called as the campaign calls it.
    """
    spec = campaign.device(row.device)
    model, retry = spec.model, campaign.retry
    values: dict[str, object] = dict(model.model.flags)
    values |= {"baud": model.baud or "max", "seed": spec.seed}
    if model.flow != "auto":
        values["flow"] = model.flow
    if spec.faults is not None:
        own = spec.faults.plan is not None
        values["faults"] = f"{spec.faults.name}.toml" if own else f"random:{spec.seed}"
    name = model.model.text if model.model.file is None else f"./{model.model.text}.toml"
    command = ["atwin", "get", campaign.server.url or "URL"]
    command += ["--port", f"twin://{name}?{urlencode(values, safe=':/')}"]
    command += ["--give-up", f"{retry.give_up:g}"]
    strategy, part = campaign.way_of(model)
    if strategy != "auto":
        command += ["--strategy", strategy]
    if part is not None:
        command += ["--chunk", str(part)]
    return shlex.join(command)
