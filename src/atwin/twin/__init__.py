"""The virtual module."""

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from atwin.moved import moved

if not TYPE_CHECKING:  # type checkers need not find what has moved
    __getattr__ = moved(__name__)


class _Package(ModuleType):
    """`atwin.twin` is this package and a promised function as well: a call is one of that."""

    def __call__(self, *arguments: Any, **options: Any) -> object:
        # By its name: the function stands on a floor above this one.
        return import_module("atwin.session.serving").twin(*arguments, **options)


sys.modules[__name__].__class__ = _Package
