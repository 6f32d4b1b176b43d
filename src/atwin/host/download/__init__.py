"""Whole files through a module that holds a part of one at a time (spec: flows.md §3)."""

from atwin.host.download.download import Download, Order, Strategy
from atwin.host.download.events import DownloadResult, Progress

__all__ = ["Download", "DownloadResult", "Order", "Progress", "Strategy"]
