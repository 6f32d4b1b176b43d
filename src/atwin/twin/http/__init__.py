"""The module's HTTP service: session, actions, streaming, downloads into flash (spec: http.md)."""

from atwin.twin.http.commands import HttpCommands
from atwin.twin.http.service import HttpService
from atwin.twin.http.stream import HttpStreamCommands
from atwin.twin.http.tofs import HttpToFlashCommands

__all__ = ["HttpCommands", "HttpService", "HttpStreamCommands", "HttpToFlashCommands"]
