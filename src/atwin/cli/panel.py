"""`--panel`: a page in a browser that shows a module, and steers it, while a command works."""

from __future__ import annotations

from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from atwin.cli.options import FILE, Watching, read_text, shared, takes

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from atwin.control.subject import Subject
    from atwin.host.modem import Modem
    from atwin.line.port import Port
    from atwin.session.opening import OpenLine

#: Characters of a token that others must not guess.
_SHORTEST_TOKEN = 16


class PanelAddress(click.ParamType[Any]):
    """HOST:PORT, or what stands for a free port of this computer."""

    name = "address"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, int]:
        from atwin.net.network import host_and_port

        if isinstance(value, tuple):
            return str(value[0]), int(value[1])
        if (parts := host_and_port(value)) is None:
            self.fail(
                f"{value!r}: give HOST:PORT, such as 127.0.0.1:8080; without it put --panel last, "
                "or before another option",
                param,
                ctx,
            )
        return parts


@dataclass(frozen=True)
class PanelWatching(Watching):
    """Who looks on, and a page that does."""

    panel: tuple[str, int] | None = shared(
        "--panel",
        is_flag=False,
        flag_value="127.0.0.1:0",
        default=None,
        type=PanelAddress(),
        metavar="[HOST:PORT]",
        help="Serve a page that shows the module live and steers it, and an HTTP API, at a port "
        "of this computer (docs/reference/panel.md). stderr has the URL, with a token. Needs "
        "atwin[panel].",
    )
    token_file: str | None = shared(
        "--token-file",
        type=FILE,
        default=None,
        help="Take the token of --panel from FILE, 16 characters or more. Required for an address "
        "that other computers can reach.",
    )

    @property
    def on(self) -> bool:
        return self.recent or super().on

    @property
    def recent(self) -> bool:
        return self.panel is not None

    def check(self) -> None:
        """Raises `click.UsageError` when there can be no such panel."""
        super().check()
        if self.panel is None:
            if self.token_file is not None:
                raise click.UsageError("--token-file is of --panel: give both")
            return
        try:
            import starlette
            import uvicorn
        except ImportError:
            raise click.UsageError("--panel needs more: pip install 'atwin[panel]'") from None
        _ = starlette, uvicorn
        from atwin.control.web.guard import is_loopback

        host, _ = self.panel
        if not is_loopback(host) and self.token_file is None:
            raise click.UsageError(
                f"--panel {host}: other computers reach it; give --token-file FILE with a token"
            )
        self._token()

    def _token(self) -> str | None:
        """Raises `click.UsageError`, which shows none of it."""
        if self.token_file is None:
            return None
        # Quoted, so that what follows is not taken for the token, and masked.
        named = f"--token-file {self.token_file!r}"
        token = read_text(named, self.token_file).strip()
        if len(token) < _SHORTEST_TOKEN or not token.isascii() or not token.isprintable():
            raise click.UsageError(
                f"{named}: it must hold {_SHORTEST_TOKEN} printable ASCII characters or more"
            )
        return token

    @asynccontextmanager
    async def serving(self, subjects: Sequence[Subject]) -> AsyncIterator[None]:
        """The panel that is asked for, with these modules, until the block is left.

        Raises as `check` does, and `OptionError` for an address that cannot be used.
        """
        self.check()
        if self.panel is None:
            yield
            return
        from atwin.control.web.panel import bound, panel
        from atwin.disk.errors import reason
        from atwin.host.errors import OptionError

        host, port = self.panel
        try:
            place = bound(host, port)
        except (OSError, UnicodeError) as error:
            raise OptionError(f"--panel {host}:{port}: {reason(error)}") from None
        async with panel(subjects, place, host, self._token()) as url:
            with suppress(OSError):  # not `say`, which masks tokens
                click.echo(f"atwin: panel {url}", err=True)
            try:
                yield
            finally:
                for subject in subjects:
                    subject.recent.end()


class Beside:
    """The module of a command on its panel, with what the command itself can do with it."""

    def __init__(self, watching: PanelWatching | None) -> None:
        self._watching = watching
        self._subject: Subject | None = None

    @asynccontextmanager
    async def line(self, opened: OpenLine) -> AsyncIterator[None]:
        """Show the line, and its twin if it has one, until the block is left.

        Raises as `PanelWatching.serving` does.
        """
        if self._watching is None or self._watching.panel is None:
            yield
            return
        from atwin.control.subject import Subject
        from atwin.session.tracing import current_recent

        port, twin = opened.port, opened.twin
        name = port.name if twin is None else twin.module.hardware.profile.key
        line = partial(_seen_line, port)
        self._subject = Subject(name, port.name, current_recent(), twin, line=line)
        async with self._watching.serving([self._subject]):
            yield

    def modem(self, modem: Modem) -> None:
        """Commands of the page are sent by it, between its others."""
        if self._subject is not None:
            self._subject.command = partial(_typed, modem)


def _seen_line(port: Port) -> dict[str, Any]:
    from atwin.line.port import SettablePort

    return {"rate": port.rate if isinstance(port, SettablePort) else None}


async def _typed(
    modem: Modem, command: str, seconds: float, data: bytes | None
) -> tuple[list[str], str]:
    from atwin.host.errors import HostError, UsageError
    from atwin.line.port import PortError

    try:
        reply = await modem.command(command, timeout=seconds, data=data)
    except UsageError as error:
        raise ValueError(str(error)) from None
    except (HostError, PortError) as error:
        raise RuntimeError(str(error)) from None
    return [*reply.lines], reply.final.text


PANEL = takes(PanelWatching, "watching")
