"""Whole files through a module that holds a part of one at a time (docs/spec/flows.md §3)."""

from atwin.host.download.download import Download, already_there
from atwin.host.download.order import Order, Strategy
from atwin.host.download.reports import DownloadResult, Progress, tell_rung

__all__ = [
    "Download",
    "DownloadResult",
    "Order",
    "Progress",
    "Strategy",
    "already_there",
    "tell_rung",
]
