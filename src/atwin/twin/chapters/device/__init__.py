"""The module as a device: its battery, free pins, and USB (docs/spec/general.md §2)."""

from __future__ import annotations

from atwin.twin.chapters.device.battery import Battery, BatteryCommands
from atwin.twin.chapters.device.notes import NoteCommands
from atwin.twin.chapters.device.pins import PinCommands
from atwin.twin.chapters.device.usb import UsbCommands
from atwin.twin.engine.run import Chapter

CHAPTER = Chapter((BatteryCommands, PinCommands, UsbCommands, NoteCommands), Battery)
