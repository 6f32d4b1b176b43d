"""A real nginx for everything that speaks plain HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.servers.nginx import nginx

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def nginx_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with nginx(tmp_path_factory.mktemp("nginx")) as port:
        yield port
