"""Commands as typed methods: the signature is the grammar.

A family of commands is a class; each method is one command in one form::

    class Example(Family):
        @command.set("+HTTPDATA", test=True)
        def data(self, size: Annotated[int, Range(0, "post_limit")]) -> Collect:
            "Take the bytes to post."

The annotated parameters say what may follow the `=`; wrong arguments never reach the
body. The test form's text, the reference page and the coverage list come from the same place.
`CommandTable` is what one model knows of them.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Annotated, Any, ClassVar, TypeVar, get_args, get_origin, get_type_hints

from atwin.at.cme import Cme
from atwin.at.grammar import (
    Argument,
    Command,
    Form,
    MalformedLine,
    parse_line,
    split_arguments,
    unquote,
)
from atwin.at.kinds import BadArgument, ParameterKind, ProfileLimits, Tail
from atwin.at.reply import Answer, AtError, CmeError, Reply, UnknownCommandError, literal

Method = TypeVar("Method", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a command: from the method's signature."""

    name: str
    kind: ParameterKind
    required: bool


@dataclass(frozen=True, slots=True)
class Declaration:
    """One command, as its method declares it."""

    name: str
    #: Usually one; a basic command, and a set form that may stand bare, has two.
    forms: tuple[Form, ...]
    #: The method's name in its family.
    method: str = ""
    parameters: tuple[Parameter, ...] = ()
    doc: str = ""
    #: The profile feature without which the module does not know the command.
    needs: str | None = None
    #: Answered with plain ERROR instead of +CME ERROR when an argument is wrong.
    plain_errors: bool = False
    #: Has a generated `=?` text; otherwise the test form is just OK.
    test: bool = False
    #: Takes data after a prompt or ends without OK, so nothing may follow it in its line.
    last: bool = False

    def arguments(self, raw: str) -> tuple[object, ...]:
        """The values for the method. Raises `BadArgument`."""
        pieces, parameters = self._pieces(raw), self.parameters
        if len(pieces) > len(parameters):
            raise BadArgument(raw)
        # None that is required comes after one that is not.
        if len(pieces) < len(parameters) and parameters[len(pieces)].required:
            raise BadArgument(parameters[len(pieces)].name)
        if any(piece.unclosed for piece in pieces):
            raise BadArgument(raw)
        return tuple(
            parameter.kind.convert(piece)
            for parameter, piece in zip(parameters, pieces, strict=False)
        )

    def test_text(self) -> str:
        """`+NAME: (0-2),(…)`, generated from the parameters."""
        return f"{self.name}: " + ",".join(p.kind.shown() for p in self.parameters)

    def on(self, limits: ProfileLimits) -> Declaration:
        """The same with the limits of one profile in its parameters."""
        bound = tuple(replace(p, kind=p.kind.on(limits)) for p in self.parameters)
        return self if bound == self.parameters else replace(self, parameters=bound)

    def _pieces(self, raw: str) -> list[Argument]:
        if not (self.parameters and isinstance(self.parameters[-1].kind, Tail)):
            return split_arguments(raw)
        # A tail swallows the rest of the line, so only the commas in front of it separate.
        before = len(self.parameters) - 1
        parts = raw.split(",", before)
        return [unquote(part) for part in parts] if raw.strip() else []


_MARK = "__at_declaration__"


def _declare(name: str, *forms: Form, **options: Any) -> Callable[[Method], Method]:
    def mark(method: Method) -> Method:
        setattr(method, _MARK, Declaration(name.upper(), forms, **options))
        return method

    return mark


def execute(
    name: str, *, needs: str | None = None, last: bool = False
) -> Callable[[Method], Method]:
    """`AT<name>`."""
    return _declare(name, Form.EXECUTE, needs=needs, last=last)


def read(name: str, *, needs: str | None = None) -> Callable[[Method], Method]:
    """`AT<name>?`."""
    return _declare(name, Form.READ, needs=needs)


def test(name: str, *, needs: str | None = None) -> Callable[[Method], Method]:  # noqa: PT028
    """`AT<name>=?`, where the text cannot be generated from the set form."""
    return _declare(name, Form.TEST, needs=needs)


def set(  # noqa: A001 - the form's name in every AT manual; used as command.set
    name: str,
    *,
    bare: bool = False,
    needs: str | None = None,
    plain_errors: bool = False,
    test: bool = False,
    last: bool = False,
) -> Callable[[Method], Method]:
    """`AT<name>=…`; with `bare` also `AT<name>` alone, all parameters at their defaults."""
    forms = (Form.SET, Form.EXECUTE) if bare else (Form.SET,)
    return _declare(name, *forms, needs=needs, plain_errors=plain_errors, test=test, last=last)


def basic(name: str, *, needs: str | None = None) -> Callable[[Method], Method]:
    """`ATE0`, `AT&W`: a letter and its number; a number left out takes the default."""
    return _declare(name, Form.SET, Form.EXECUTE, plain_errors=True, needs=needs)


class Setting:
    """A number that one command sets and reads: both forms, and the test form, in one declaration.

    An attribute of a `Family`, whose `values` keep the number under the attribute's name::

        quick_send = command.Setting("+CIPQSEND", "mode", OneOf(0, 1, 2), "What CIPSEND says.")
    """

    def __init__(
        self,
        name: str,
        parameter: str,
        kind: ParameterKind,
        doc: str,
        *,
        read: str = "The current value.",
        bare: int | None = None,
        test: bool = True,
    ) -> None:
        """`bare`: the value that the set form without an argument sets.

        `test` False: the test form is just OK.
        """
        self._forms = (Form.SET,) if bare is None else (Form.SET, Form.EXECUTE)
        self.name = name
        self._parameter = Parameter(parameter, kind, required=bare is None)
        self._docs = (doc, read)
        self._bare = bare
        self._test = test

    def add_to(self, family: type[Family], field: str) -> Iterator[Declaration]:
        """Give the class the methods of both forms; the declarations of these."""
        bare = self._bare

        def change(self: Family, value: int | None = bare) -> None:
            setattr(self.values, field, value)

        def shown(self: Family) -> str:
            return f"{name}: {self.value_shown(field)}"

        name = self.name
        setattr(family, f"set_{field}", change)
        setattr(family, f"read_{field}", shown)
        doc, read = self._docs
        parameters = (self._parameter,)
        yield Declaration(name, self._forms, f"set_{field}", parameters, doc, test=self._test)
        yield Declaration(name, (Form.READ,), f"read_{field}", doc=read)


class Family:
    """A section of the manual: a class whose marked methods, and `Setting`s, are commands.

    Signatures are checked when the class is made, so a wrong one stops the import, not a call.
    """

    #: The chapter's heading in the reference page; the class docstring is its introduction.
    title: ClassVar[str] = ""
    #: False where the commands only answer, so that programs which send them go on.
    effect: ClassVar[bool] = True
    declarations: ClassVar[tuple[Declaration, ...]] = ()
    #: What its `Setting`s change.
    values: object = None

    def refusal(self, number: int) -> AtError:
        """What wrong arguments are answered with; `number` is the usual one of the profile."""
        return CmeError(number)

    def value_shown(self, field: str) -> str:
        """What the read form of a `Setting` says after its name."""
        return str(getattr(self.values, field))

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.declarations = tuple(_complete(cls))


def _complete(cls: type[Family]) -> Iterator[Declaration]:
    for name, setting in tuple(vars(cls).items()):
        if isinstance(setting, Setting):
            yield from setting.add_to(cls, name)
    for name, member in inspect.getmembers(cls, inspect.isfunction):
        declaration: Declaration | None = getattr(member, _MARK, None)
        if declaration is None:
            continue
        if not member.__doc__:
            raise TypeError(f"{cls.__name__}.{name}: a command needs a one-line meaning")
        yield replace(
            declaration,
            method=name,
            doc=inspect.cleandoc(member.__doc__),
            parameters=tuple(_parameters(cls, member)),
        )


def _parameters(cls: type, method: Callable[..., Any]) -> Iterator[Parameter]:
    hints = get_type_hints(method, include_extras=True)
    for parameter in list(inspect.signature(method).parameters.values())[1:]:
        hint = hints.get(parameter.name)
        kinds = [] if get_origin(hint) is not Annotated else get_args(hint)[1:]
        if len(kinds) != 1 or not hasattr(kinds[0], "convert"):
            raise TypeError(f"{cls.__name__}.{method.__name__}: what does {parameter.name} take?")
        required = parameter.default is inspect.Parameter.empty
        yield Parameter(parameter.name, kinds[0], required)


def _no_more(name: str | None) -> Iterable[type[Family]]:
    return ()


class CommandTable:
    """The commands of one model: families it has, bound to its limits.

    It holds no state of a module, so all that run the same profile share one.
    """

    def __init__(
        self,
        families: Iterable[type[Family]],
        limits: ProfileLimits,
        parameter_error: int = Cme.PARAMETERS_INVALID,
        answers: Mapping[str, tuple[str, ...]] | None = None,
        more: Callable[[str | None], Iterable[type[Family]]] = _no_more,
    ) -> None:
        """`parameter_error`: the CME number for wrong arguments (docs/spec/open-questions.md OQ-4).

        `answers`: what single forms are answered with, whatever a family declares: the lines, the
        last of them the result. `more` gives the families that declare a form of a command, or
        all for None: they are asked for when somebody types it. Raises TypeError when two families
        declare the same form.
        """
        #: Kept, so that a search for tables by the identity of their limits finds the right one.
        self.limits = limits
        self._parameter_error = parameter_error
        self._entries: dict[tuple[str, Form], tuple[Declaration, type[Family]]] = {}
        self._families: dict[type[Family], None] = {}
        self._more = more
        self._add(families)
        entries = self._entries
        #: Programs say the same commands again and again; see `parse_line`.
        self._arguments = lru_cache(maxsize=64)(
            lambda name, form, raw: entries[name, form][0].arguments(raw)
        )
        #: By name and form: by arguments in capitals.
        self._answers: dict[tuple[str, Form], dict[str, tuple[str, ...]]] = {}
        for text, lines in (answers or {}).items():
            with suppress(MalformedLine):  # nor can anybody type it
                for command in parse_line(text) or ():
                    of_form = self._answers.setdefault((command.name, command.form), {})
                    of_form[command.arguments.upper()] = lines

    @property
    def names(self) -> list[str]:
        """What there is, without AT."""
        self._add(self._more(None))
        return sorted({name for name, _ in self._entries})

    def ends_line(self, command: Command) -> bool:
        """Whether nothing may follow `command` in its line."""
        entry = self._entry(command.name, command.form)
        return entry is not None and entry[0].last

    def _entry(self, name: str, form: Form) -> tuple[Declaration, type[Family]] | None:
        """What declares that form, found among all that could."""
        if (name, form) not in self._entries:
            self._add(self._more(name))
        return self._entries.get((name, form))

    def _add(self, families: Iterable[type[Family]]) -> None:
        for family in families:
            if family in self._families:
                continue
            entries: dict[tuple[str, Form], tuple[Declaration, type[Family]]] = {}
            for declaration in family.declarations:
                if declaration.needs is not None and not self.limits.has(declaration.needs):
                    continue
                bound = declaration.on(self.limits)
                for key in ((bound.name, form) for form in bound.forms):
                    # Modules on another thread may have added the same family just now.
                    if key in entries or self._entries.get(key, (bound, family))[1] is not family:
                        raise TypeError(f"{bound.name} is declared twice as {key[1].name}")
                    entries[key] = bound, family
            self._entries.update(entries)
            self._families[family] = None

    def call(
        self, command: Command, of: Callable[[type[Family]], Family]
    ) -> Answer | Awaitable[Answer]:
        """Run `command` with checked arguments; `of` gives the module's instance of a family.

        Raises `AtError`: unknown command or form, wrong arguments, refusal. One that waits may
        find only then that its arguments are wrong (`BadArgument`); see `refusal`.
        """
        key = command.name, command.form
        if answers := self._answers.get(key):
            lines = answers.get(command.arguments.upper())
            if lines is not None:
                return literal(lines[:-1], lines[-1] if lines else None)
        entry = self._entries.get(key) or self._entry(*key)
        if entry is None:
            return self._test_text(command)
        declaration, family = entry
        try:
            arguments = self._arguments(*key, command.arguments)
            answer: Answer | Awaitable[Answer] = getattr(of(family), declaration.method)(*arguments)
        except BadArgument:
            raise self.refusal(command, of) from None
        return answer

    def refusal(self, command: Command, of: Callable[[type[Family]], Family]) -> AtError:
        """What wrong arguments of a known command are answered with."""
        declaration, family = self._entries[command.name, command.form]
        return AtError() if declaration.plain_errors else of(family).refusal(self._parameter_error)

    def _test_text(self, command: Command) -> Answer:
        """The test form of every known command answers; all else is unknown here."""
        known = any((command.name, form) in self._entries for form in Form)
        if command.form is not Form.TEST or not known:
            raise UnknownCommandError(f"{command.name}: unknown command or form")
        entry = self._entries.get((command.name, Form.SET))
        if entry is not None and entry[0].test:
            return entry[0].test_text()
        return Reply()
