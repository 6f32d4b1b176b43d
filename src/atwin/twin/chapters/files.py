"""File commands: the FS* family (docs/spec/fs.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, TypeVar

from atwin.at import command
from atwin.at.dialect.commands import SIGN
from atwin.at.kinds import OneOf, Range, Text
from atwin.at.reply import AtError, Block, CmeError, Collect, Reply, frame_prompt
from atwin.twin.board.flash import FileMissing
from atwin.twin.engine.run import Chapter, Commands, Run

if TYPE_CHECKING:
    from collections.abc import Callable

Found = TypeVar("Found")

#: Bytes one FSREAD or FSWRITE moves at most, and the largest number of a position or a time.
LARGEST_PIECE = 10240
LARGEST_NUMBER = 4_294_967_295


class FileCommands(Commands):
    """Files on the module's flash (docs/spec/fs.md).

    Names may begin with `C:`, a slash or neither; `\\` and `/` are the same. Errors are a plain
    ERROR; on some models +CME ERROR: 62 says that there is no such file or directory.
    """

    title = "Files"

    def __init__(self, run: Run) -> None:
        self._flash = run.hardware.flash
        self._prompt = frame_prompt(SIGN, blank=run.profile.has("fs_prompt_space"))
        self._missing = run.profile.value("fs_missing_cme")
        self._header = False

    @command.set("+FSCREATE", plain_errors=True)
    def create(self, name: Annotated[str, Text("filename")]) -> None:
        """Create an empty file; its name has at most 64 bytes."""
        self._flash.create(name)

    @command.set("+FSDEL", plain_errors=True)
    def delete(self, name: Annotated[str, Text("filename")]) -> None:
        """Delete a file."""
        self._found(self._flash.delete, name)

    @command.set("+FSMKDIR", plain_errors=True)
    def make_directory(self, name: Annotated[str, Text("directory")]) -> None:
        """Create a directory in one that exists."""
        self._flash.make_directory(name)

    @command.set("+FSRMDIR", plain_errors=True)
    def remove_directory(self, name: Annotated[str, Text("directory")]) -> None:
        """Delete an empty directory."""
        self._found(self._flash.remove_directory, name)

    @command.set("+FSLS", plain_errors=True)
    def listing(self, name: Annotated[str, Text("directory")]) -> Reply:
        """What is in a directory: files, then directories with a backslash after the name."""
        files, directories = self._found(self._flash.listing, name)
        return Reply((*files, *(directory + "\\" for directory in directories)))

    @command.execute("+FSMEM")
    def free(self) -> str:
        """Free bytes."""
        return f"+FSMEM: {self._flash.free} bytes"

    @command.set("+FSFLSIZE", plain_errors=True)
    def size(self, name: Annotated[str, Text("filename")]) -> str:
        """The size of a file in bytes."""
        return f"+FSFLSIZE: {len(self._found(self._flash.read, name))}"

    @command.set("+FSDRIVE", plain_errors=True)
    def drive(self, number: Annotated[int, OneOf(0)]) -> str:
        """The letter of a drive: there is drive 0, the flash."""
        return "+FSDRIVE: C"

    @command.read("+FSREADHEAD", needs="fs_read_head")
    def header(self) -> str:
        """Whether FSREAD puts its name in front of the bytes."""
        return f"+FSREADHEAD: {int(self._header)}"

    @command.set("+FSREADHEAD", needs="fs_read_head", plain_errors=True)
    def set_header(self, on: Annotated[int, OneOf(0, 1)]) -> None:
        """FSREAD prints the bytes alone (0), or `+FSREAD: ` in front of them (1)."""
        self._header = bool(on)

    @command.set("+FSREAD", plain_errors=True)
    def read(
        self,
        name: Annotated[str, Text("filename")],
        mode: Annotated[int, OneOf(0, 1)],
        length: Annotated[int, Range(1, LARGEST_PIECE)],
        position: Annotated[int, Range(0, LARGEST_NUMBER)],
    ) -> Block:
        """Read up to 10240 bytes from the start (mode 0) or from `position` (mode 1)."""
        data = self._found(self._flash.read, name)
        if mode == 1 and position >= len(data):
            raise AtError
        start = position if mode == 1 else 0
        piece = data[start : start + length]
        # In front of the bytes, without their number or a line end (docs/spec/fs.md §2).
        return Block(None, b"+FSREAD: " + piece if self._header else piece)

    @command.set("+FSWRITE", plain_errors=True, last=True)
    def write(
        self,
        name: Annotated[str, Text("filename")],
        mode: Annotated[int, OneOf(0, 1)],
        length: Annotated[int, Range(1, LARGEST_PIECE)],
        seconds: Annotated[int, Range(1, LARGEST_NUMBER)],
    ) -> Collect:
        """Take `length` bytes (at most 10240) within `seconds` into a file that exists.

        Mode 0 replaces its content, 1 appends. When the time is over first: TimeOut, and nothing
        is written.
        """
        self._flash.read(name)

        def done(data: bytes) -> Reply | None:
            if len(data) < length:
                return Reply(("TimeOut",), final=None)
            store = self._flash.append if mode else self._flash.write
            store(name, data)
            return None

        return Collect(self._prompt, length, float(seconds), done)

    def _found(self, look: Callable[[str], Found], name: str) -> Found:
        """What `look` gives for `name`, or the firmware's own error where nothing is there."""
        try:
            return look(name)
        except FileMissing as missing:
            if self._missing:
                raise CmeError(self._missing) from missing
            raise


CHAPTER = Chapter((FileCommands,))
