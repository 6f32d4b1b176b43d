"""Commands that are answered and not modelled, a row each (docs/spec/stubs.md).

::

    rows = (Row("+CRC", {"on": OneOf(0, 1)}, "Tell a call by +CRING (1) or RING (0).", kept=(0,)),)

What is set is kept in RAM and read back; nothing else comes of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from atwin.at.command import Declaration, Parameter
from atwin.at.grammar import Form
from atwin.at.kinds import Tail
from atwin.at.reply import CmeError, Reply
from atwin.twin.engine.run import Commands, Run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from atwin.at.grammar import Argument
    from atwin.at.kinds import ParameterKind, ProfileLimits


@dataclass(frozen=True, slots=True)
class Omitted:
    """As `kind`, or nothing between two commas: what it was before."""

    kind: ParameterKind

    def convert(self, argument: Argument) -> object:
        """None for nothing."""
        return None if argument.text == "" and not argument.quoted else self.kind.convert(argument)

    def shown(self) -> str:
        """As the kind's."""
        return self.kind.shown()

    def on(self, limits: ProfileLimits) -> Omitted:
        """With the limits of a profile."""
        return Omitted(self.kind.on(limits))


@dataclass(frozen=True, slots=True)
class Row:
    """One command: what its set form takes, and what its other forms say after the name."""

    name: str
    takes: Mapping[str, ParameterKind]
    doc: str
    #: How many of the parameters must be given; None: all of them.
    least: int | None = None
    #: The values of a fresh module, or the name of that text of the profile.
    kept: tuple[object, ...] | str = ()
    #: What the read form says: the values are put in; with "" it is OK. None: the values in a row,
    #: if there are any.
    read: str | None = None
    #: What the form without arguments says; with "" it is OK.
    execute: str | None = None
    #: What the test form says in place of the generated text; with "" it is OK, as it is where
    #: the set form takes anything.
    test: str | None = None
    #: The feature without which the module does not know the command, see `command.set`.
    needs: str | None = None
    #: The feature without which all but the test form is refused with that CME number; with ""
    #: always.
    refused: tuple[str, int] | None = None

    def declarations(
        self, add: Callable[[str, Callable[..., Reply | None]], None]
    ) -> Iterator[Declaration]:
        """Its forms; `add` gives the class of the family the method of each."""
        least = len(self.takes) if self.least is None else self.least
        methods = self._methods()
        for form, method in methods.items():
            name = f"{self.name}{form.value}"
            add(name, method)
            doc = self.doc if not self.takes else _DOCS.get(form, self.doc)
            declaration = Declaration(self.name, (form,), name, doc=doc, needs=self.needs)
            if form is Form.SET:
                parameters = tuple(
                    Parameter(called, kind if at < least else Omitted(kind), at < least)
                    for at, (called, kind) in enumerate(self.takes.items())
                )
                declaration = replace(declaration, parameters=parameters, test=self._is_listed)
            yield declaration

    @property
    def _is_listed(self) -> bool:
        """Whether the test form lists what the set form takes."""
        return self.test is None and not any(isinstance(k, Tail) for k in self.takes.values())

    def _methods(self) -> dict[Form, Callable[..., Reply | None]]:
        def change(family: Answered, *arguments: object) -> Reply | None:
            family.keep(self, arguments)
            return None

        def shown(family: Answered) -> Reply | None:
            values = family.kept(self)
            text = ",".join(["{}"] * len(values)) if self.read is None else self.read
            return self._says(text.format(*values))

        def done(family: Answered) -> Reply | None:
            family.check(self)
            return self._says(self.execute or "")

        def test(family: Answered) -> Reply | None:
            return self._says(self.test or "")

        methods: dict[Form, Callable[..., Reply | None]] = {}
        if self.takes:
            methods[Form.SET] = change
        if self.execute is not None:
            methods[Form.EXECUTE] = done
        if self.kept or self.read is not None:
            methods[Form.READ] = shown
        if self.test is not None:
            methods[Form.TEST] = test
        return methods

    def _says(self, text: str) -> Reply | None:
        """A line of `text` is one of the answer; no other character ends one."""
        return Reply(tuple(f"{self.name}: {line}" for line in text.split("\n") if text))


_DOCS = {Form.READ: "The current values.", Form.TEST: "What there is to set."}


class Answered(Commands):
    """A family of such commands; a class of its own methods beside the rows where it needs some."""

    effect = False
    rows: ClassVar[tuple[Row, ...]] = ()

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()

        def add(name: str, method: Callable[..., Reply | None]) -> None:
            setattr(cls, name, method)

        cls.declarations += tuple(each for row in cls.rows for each in row.declarations(add))

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self._kept: dict[str, list[Any]] = {}

    def check(self, row: Row) -> None:
        """Raises `CmeError` on a module that refuses the command."""
        feature, number = row.refused or (None, 0)
        if feature is not None and not (feature and self.run.profile.has(feature)):
            raise CmeError(number)

    def kept(self, row: Row) -> list[Any]:
        """The values of a row as they are now."""
        self.check(row)
        if row.name not in self._kept:
            fresh = row.kept
            values = self.run.profile.texts[fresh].split(",") if isinstance(fresh, str) else fresh
            self._kept[row.name] = list(values)
        return self._kept[row.name]

    def keep(self, row: Row, arguments: tuple[object, ...]) -> None:
        """Take what the set form brought; None, and what is not there, stays as it was."""
        values = self.kept(row)
        for at, argument in enumerate(arguments[: len(values)]):
            if argument is not None:
                values[at] = argument
