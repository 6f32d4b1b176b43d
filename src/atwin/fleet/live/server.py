"""What a real server has, before a fleet comes."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
import threading
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final

from atwin.disk.errors import reason
from atwin.fleet.campaign.keys import CampaignError
from atwin.net.network import ResolveError
from atwin.net.real import RealNetwork
from atwin.net.url import Url
from atwin.plan.job import RealServer
from atwin.text import shown

if TYPE_CHECKING:
    from http.client import HTTPMessage

    from atwin.fleet.campaign.campaign import Campaign

#: Seconds of silence after which the server is given up, and bytes that are read at a time.
_PATIENCE, _PIECE = 30.0, 1 << 16
_USER_AGENT: Final = "atwin fleet"


async def look_at(campaign: Campaign) -> RealServer:
    """The server of `[server] url`, by one GET of the whole file.

    Raises `CampaignError`: there is none, it has another file, or the campaign asks for what real
    time has not.
    """
    url = campaign.server.url
    if url is None:
        raise _wrong(campaign, "[server]: url is missing: give that of a server on this computer")
    asked = Url.parse(url.encode())
    if asked.secure != campaign.download.tls:
        told = "true" if asked.secure else "false"
        raise _wrong(campaign, f"[server] url is {url}: [download] tls must be {told} with it")
    try:
        address = await RealNetwork().resolve(asked.host)
    except ResolveError as error:
        raise _wrong(campaign, f"[server] url: {error}") from None
    return RealServer(url, address, asked.port, await _looked(campaign, url))


async def _looked(campaign: Campaign, url: str) -> str:
    """What `_digest` gives, in a thread that nobody has to wait for: a server may never end."""
    loop = asyncio.get_running_loop()
    found: asyncio.Future[str] = loop.create_future()

    def settle(digest: str, error: Exception | None) -> None:
        if found.done():
            return
        if error is None:
            found.set_result(digest)
        else:
            found.set_exception(error)

    def look() -> None:
        digest, failed = "", None
        try:
            digest = _digest(campaign, url)
        except Exception as error:
            failed = error
        with suppress(RuntimeError):  # the loop has gone meanwhile
            loop.call_soon_threadsafe(settle, digest, failed)

    threading.Thread(target=look, name="atwin-look", daemon=True).start()
    return await found


def _digest(campaign: Campaign, url: str) -> str:
    """Of the file there, in hex."""
    wanted = campaign.download.size
    request = urllib.request.Request(url, headers={"User-Agent": _USER_AGENT})
    digest, size = hashlib.sha256(), 0
    try:
        # Neither a proxy nor a redirect: either would lead away from this computer.
        handlers = (urllib.request.ProxyHandler({}), _Stay(), _unverified())
        with urllib.request.build_opener(*handlers).open(request, timeout=_PATIENCE) as answer:
            while (data := answer.read(_PIECE)) and size <= wanted:
                digest.update(data)
                size += len(data)
    except (OSError, ValueError, HTTPException) as error:
        why = reason(error) if type(error) is OSError else str(error)
        if isinstance(error, HTTPException):
            why = f"it does not speak HTTP: {type(error).__name__}: {why}"
        raise _wrong(campaign, f"[server] url: {url}: {shown(why, limit=200)}") from None
    if size != wanted:
        than = f"more than {wanted:,}" if size > wanted else f"{size:,}"
        raise _wrong(
            campaign, f"[download]: size is {wanted:,}: the file at {url} has {than} bytes"
        )
    return digest.hexdigest()


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is the answer."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        """It leads nowhere."""


def _unverified() -> urllib.request.HTTPSHandler:
    """What suits a module must do here: it has old suites, and verifies no certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    return urllib.request.HTTPSHandler(context=context)


def _wrong(campaign: Campaign, text: str) -> CampaignError:
    return CampaignError(f"{campaign.name}: {text}")
