"""How received data look on the line (spec: network.md §5, Receive formats)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import ReceivedFrom

if TYPE_CHECKING:
    from atwin.twin.chapters.tcp.link import Link
    from atwin.twin.chapters.tcp.settings import SocketSettings


def frame_packet(settings: SocketSettings, link: Link, packet: bytes) -> bytes:
    """One packet as the host sees it when it does not fetch it itself."""
    return b"".join((_head(settings, link, len(packet)), packet, _tail(settings)))


def _head(settings: SocketSettings, link: Link, size: int) -> bytes:
    if settings.mux:
        return f"\r\n+RECEIVE,{link.number},{size}:\r\n".encode("latin-1")
    head = ""
    if settings.show_source:
        head += f"\r\n{ReceivedFrom(f'{link.address}:{link.port}')}\r\n"
    if settings.head:
        protocol = f",{link.kind}" if settings.show_protocol else ""
        head += f"{'' if head else chr(13) + chr(10)}+IPD,{size}{protocol}:"
    return head.encode("latin-1")


def _tail(settings: SocketSettings) -> bytes:
    return b"" if settings.bare_packets else b"\r\n"
