"""A file server on this computer, for downloads and posts through a module.

    python -m atwin.testing DIR [PORT] [--https PORT] [--both-ways]

Modules fetch large files by ranges, and `python -m http.server` knows none.
"""

from __future__ import annotations

import argparse
import asyncio
import errno
import ssl
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from atwin.testing import serve_tcp
from atwin.testing.server.folder import Folder

HOST, PORT = "127.0.0.1", 18080
_UNTIL = "until Ctrl-C"
_MORE = """
What lies in DIR, its folders included, is served on 127.0.0.1. A POST to /post is answered with
the length and the SHA-256 of what came.
"""


async def serve(
    folder: Path, port: int, https: int | None, certificates: Path, *, both_ways: bool
) -> None:
    """Serve `folder` until cancelled. Raises `OSError` when a port or a file cannot be opened."""
    origin = Folder(folder)
    async with AsyncExitStack() as stack:
        bound = await stack.enter_async_context(serve_tcp(origin, HOST, port))
        if https is not None:
            from atwin.testing.server.certificates import make_certificates
            from atwin.testing.server.secure import serve_tls

            make_certificates(certificates)
            tls = serve_tls(origin, HOST, https, certificates, both_ways=both_ways)
            secure = await stack.enter_async_context(tls)
            print(f"serving {folder} at https://{HOST}:{secure}/, with {certificates}/ca.pem")
        print(f"serving {folder} at http://{HOST}:{bound}/, {_UNTIL}", flush=True)
        await asyncio.Event().wait()


def main() -> int:
    """Run it; the exit code is 2 for what cannot be served."""
    parser = argparse.ArgumentParser(
        prog="python -m atwin.testing",
        description=(__doc__ or "").partition("\n")[0] + _MORE,
    )
    add = parser.add_argument
    add("folder", metavar="DIR", type=Path, help="what is served")
    add("port", metavar="PORT", type=int, nargs="?", default=PORT, help="of HTTP (%(default)s)")
    add("--https", metavar="PORT", type=int, help="serve HTTPS too, with suites that modules have")
    add("--certificates", metavar="DIR", type=Path, default=Path("certificates"),
        help="where its certificates are, or are made (%(default)s)")  # fmt: skip
    add("--both-ways", action="store_true", help="HTTPS asks for a client certificate of that CA")
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        parser.error(f"{arguments.folder}: there is no such folder")
    for port in (arguments.port, arguments.https or 0):
        if not 0 <= port <= 65535:
            parser.error(f"{port}: a port is a number from 0 to 65535; 0 takes a free one")
    try:
        asyncio.run(serve(**vars(arguments)))
    except OSError as error:
        parser.error(_why(error, arguments.certificates))
    except KeyboardInterrupt:
        return 130
    return 0


def _why(error: OSError, certificates: Path) -> str:
    """What cannot be opened, and what to do."""
    why = error.strerror or str(error)
    if isinstance(error, ssl.SSLError):
        return f"{certificates}: {why}; give another folder with --certificates"
    if error.filename is not None:
        return f"{error.filename}: {why}; give another folder with --certificates"
    busy = "end what listens there, or " if error.errno == errno.EADDRINUSE else ""
    return f"{why}; {busy}give another port"


if __name__ == "__main__":
    sys.exit(main())
