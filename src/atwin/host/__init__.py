"""The host (TE) side: drive a module and bring whole files through it."""

from typing import TYPE_CHECKING

from atwin.moved import moved

if not TYPE_CHECKING:  # type checkers need not find what has moved
    __getattr__ = moved(__name__)
