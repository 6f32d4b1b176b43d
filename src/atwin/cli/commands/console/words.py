"""Completion: every command the twin knows, with its one-line meaning."""

from collections.abc import Iterable

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from atwin.cli.reference import command_families


class CommandCompleter(Completer):
    """Completes the name after `AT` or after the `;` that separates commands."""

    def __init__(self) -> None:
        self._words = [
            (declaration.name, form.value, declaration.doc.partition("\n")[0])
            for family in command_families()
            for declaration in family.declarations
            for form in declaration.forms
            if declaration.name[0] in "+*^&"
        ]
        self._words.sort()

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterable[Completion]:
        """See `Completer.get_completions`."""
        typed = document.text_before_cursor.rpartition(";")[2].lstrip()
        if ";" not in document.text_before_cursor:
            if typed[:2].upper() != "AT"[: len(typed)]:
                return
            typed = typed[2:]
        for name, sign, meaning in self._words:
            if name.startswith(typed.upper()):
                missing = "AT" if not document.text_before_cursor.strip() else ""
                yield Completion(
                    missing + name + sign, start_position=-len(typed), display_meta=meaning
                )
