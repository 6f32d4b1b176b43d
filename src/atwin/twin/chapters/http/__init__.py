"""The HTTP service: session, actions, streams, downloads into flash (docs/spec/http.md)."""

from atwin.twin.chapters.http.commands import HttpCommands
from atwin.twin.chapters.http.service import HttpService
from atwin.twin.chapters.http.stream import HttpStreamCommands
from atwin.twin.chapters.http.tofs import HttpToFlashCommands
from atwin.twin.engine.run import Chapter

CHAPTER = Chapter((HttpCommands, HttpStreamCommands, HttpToFlashCommands), HttpService)
