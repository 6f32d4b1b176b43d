"""Faults on a plan: what goes wrong in the module, on its line and on the network, and when."""

from typing import TYPE_CHECKING

from atwin.moved import moved

if not TYPE_CHECKING:  # type checkers need not find what has moved
    __getattr__ = moved(__name__)
