"""The commands one module knows: families bound to its profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atwin.at.cme import Cme
from atwin.at.grammar import Command, Form
from atwin.at.kinds import BadArgument, Limits
from atwin.at.reply import Answer, AtError, CmeError, Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.at.command import Declaration, Family


class CommandTable:
    """Finds the method behind a command and calls it with checked arguments."""

    def __init__(self, limits: Limits, parameter_error: int = Cme.PARAMETERS_INVALID) -> None:
        """`parameter_error`: the CME number for wrong arguments (spec: open-questions.md OQ-4)."""
        self._limits = limits
        self._parameter_error = parameter_error
        self._bound: dict[tuple[str, Form], tuple[Declaration, Callable[..., Any]]] = {}
        self._names: set[str] = set()

    def add(self, family: Family) -> None:
        """Make the family's commands known, except those the profile lacks."""
        for declaration in family.declarations:
            if declaration.needs is not None and not self._limits.has(declaration.needs):
                continue
            self._names.add(declaration.name)
            for form in declaration.forms:
                key = (declaration.name, form)
                if key in self._bound:
                    raise TypeError(f"{declaration.name} is declared twice as {form.name}")
                self._bound[key] = (declaration, getattr(family, declaration.method))

    def ends_line(self, command: Command) -> bool:
        """Whether nothing may follow `command` in its line."""
        entry = self._bound.get((command.name, command.form))
        return entry is not None and entry[0].last

    def call(self, command: Command) -> Answer | Awaitable[Answer]:
        """Run `command`. Raises `AtError`: unknown command or form, wrong arguments, refusal."""
        entry = self._bound.get((command.name, command.form))
        if entry is None:
            return self._test_text(command)
        declaration, method = entry
        try:
            answer: Answer | Awaitable[Answer] = method(
                *declaration.arguments(command.arguments, self._limits)
            )
        except BadArgument:
            error = AtError() if declaration.plain_errors else CmeError(self._parameter_error)
            raise error from None
        return answer

    def _test_text(self, command: Command) -> Answer:
        """The test form of every known command answers; all else is unknown here."""
        if command.form is not Form.TEST or command.name not in self._names:
            raise AtError(f"{command.name}: unknown command or form")
        entry = self._bound.get((command.name, Form.SET))
        if entry is not None and entry[0].test:
            return entry[0].test_text(self._limits)
        return Reply()
