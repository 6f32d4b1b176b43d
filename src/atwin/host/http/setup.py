"""What every request of a session carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from atwin.host.channel.quoted import quoted, quoted_headers
from atwin.host.errors import UsageError
from atwin.host.http.redirects import Header, Redirects, shown_url
from atwin.host.http.url import check_url, origin_of

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What says where a body ends.
_OF_THE_MODULE = ("content-length", "transfer-encoding")


@dataclass(frozen=True, slots=True)
class Setup:
    """What every request of a session carries.

    `timeout` is the module's own, in seconds, 1 to 65535; `headers` are added to each request,
    `redirects` says which are followed.
    """

    url: str
    timeout: int = 120
    redirects: Redirects = field(default_factory=Redirects)
    content_type: str = ""
    headers: tuple[Header, ...] = ()

    def __post_init__(self) -> None:
        """Raises `UsageError` for what cannot be said in an AT command."""
        check_url(self.url)
        if self.redirects.https_only and origin_of(self.url)[0] != "https":
            raise UsageError(
                f"{shown_url(self.url)} is not an https URL, and nothing else is allowed"
            )
        if not 1 <= self.timeout <= 65535:
            raise UsageError(f"a timeout of {self.timeout} s is not 1 to 65535")
        quoted(self.content_type, "CONTENT", "the Content-Type")
        for header in self.headers:
            quoted_headers([header.line], "USER_DEFINED")
            if header.name.lower() in _OF_THE_MODULE:
                raise UsageError(f"the header {header.name} is the module's own: leave it away")

    @classmethod
    def of(
        cls,
        url: str,
        *,
        timeout: int = 120,
        redirects: bool | Redirects = True,
        content_type: str = "",
        headers: Mapping[str, str] | Iterable[Header] | None = None,
    ) -> Setup:
        """With headers as they come: a mapping, or `Header`s. Raises `UsageError`."""
        lines = headers.items() if isinstance(headers, Mapping) else headers or ()
        return cls(
            url,
            timeout,
            Redirects.of(redirects),
            content_type,
            tuple(Header(*line) for line in lines),
        )

    def for_download(self) -> Setup:
        """Asking for the entity as it is, unless the caller has said which coding to take.

        Raises `UsageError` for headers that say which bytes: a download says that itself.
        """
        named = {header.name.lower() for header in self.headers}
        if named & {"range", "if-range"}:
            raise UsageError("a download asks for ranges by itself: leave the header Range away")
        if "accept-encoding" in named:
            return self
        identity = Header("Accept-Encoding", "identity", courtesy=True)
        return replace(self, headers=(*self.headers, identity))
