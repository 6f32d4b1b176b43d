"""One HTTP session of the module, and what it is set up with."""

from typing import TYPE_CHECKING

from atwin.moved import moved

if not TYPE_CHECKING:  # type checkers need not find what has moved
    __getattr__ = moved(__name__)
