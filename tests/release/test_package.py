"""What is in the wheel and the sdist, and what the package says of itself."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
from email import message_from_bytes
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest
from hatch_build import absolute

from atwin import __version__
from atwin.models import MODELS
from atwin.twin.faults.plans import PLANS
from release.dist import ROOT

if TYPE_CHECKING:
    from email.message import Message
    from pathlib import Path

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
ADDRESS = PROJECT["tool"]["hatch"]["metadata"]["hooks"]["custom"]["address"]
#: Folders and files of the repository that no user runs.
OURS = ("tests", "docs", "bench", "examples", ".ci", ".github")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run([sys.executable, "-m", "hatchling", "build", "-d", folder], cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> ZipFile:
    return ZipFile(next(built.glob("*.whl")))


@pytest.fixture(scope="module")
def said(wheel: ZipFile) -> Message:
    return message_from_bytes(wheel.read(f"atwin-{__version__}.dist-info/METADATA"))


def test_a_wheel_has_what_runs_and_nothing_else(wheel: ZipFile) -> None:
    names = set(wheel.namelist())
    source = (ROOT / "src").rglob("*")
    there = {
        path.relative_to(ROOT / "src").as_posix()
        for path in source
        if path.is_file() and path.suffix != ".pyc"
    }
    assert {name for name in names if ".dist-info/" not in name} == there
    data = [f"models/{name}.toml" for name in MODELS]
    data += [f"twin/faults/plans/{name}.toml" for name in PLANS]
    assert {f"atwin/{name}" for name in ("py.typed", "page/index.html", *data)} <= names
    licences = {name for name in names if "/licenses/" in name}
    assert {name.rpartition("/")[2] for name in licences} == {"LICENSE", "uplot.LICENSE"}


def test_an_sdist_has_what_its_tests_need(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as packed:
        names = {name.partition("/")[2] for name in packed.getnames()}
    needed = [path for folder in OURS for path in (ROOT / folder).rglob("*")]
    needed += [path for path in ROOT.glob("*") if path.suffix in (".md", ".toml", ".py", ".yml")]
    generated = ("__pycache__", ".hypothesis")
    missing = {
        path.relative_to(ROOT).as_posix()
        for path in needed
        if path.is_file() and not {*path.parts} & {*generated}
    } - names
    assert not missing


def test_no_link_of_the_readme_is_relative_and_each_leads_to_a_file(said: Message) -> None:
    page = re.sub(r"^```.*?^```$", "", str(said.get_payload()), flags=re.DOTALL | re.MULTILINE)
    targets = re.findall(r"\]\(([^\s)]*)|\b(?:href|src|srcset)=\"([^\"]*)", page)
    links = [one or other for one, other in targets]
    assert links
    assert [link for link in links if not re.match(r"https://[a-z]", link)] == []
    links += [line.partition(", ")[2] for line in said.get_all("Project-URL", [])]
    bare = {ADDRESS, f"{ADDRESS}/issues"}
    paths = [link for link in links if link.startswith(ADDRESS) and link not in bare]
    there = re.compile(
        rf"{re.escape(ADDRESS)}/(?:blob|raw|tree)/v{__version__}(?:/([^#]*))?(?:#.*)?"
    )
    for link in paths:
        found = there.fullmatch(link)
        assert found is not None, link
        assert (ROOT / (found[1] or "")).exists(), link


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("[a](docs/a.md#b)", "[a](P/docs/a.md#b)"),
        ("![a](docs/a.png)", "![a](F/docs/a.png)"),
        ("[![a](a.png)](b.md)", "[![a](F/a.png)](P/b.md)"),
        ('<a href="./b.md"><img src="a.png"></a>', '<a href="P/b.md"><img src="F/a.png"></a>'),
        ("[a](#below)", "[a](P/README.md#below)"),
        ("[a](https://x/y) [b](mailto:a@b)", "[a](https://x/y) [b](mailto:a@b)"),
        ("```\n[a](b)\n```\n[a](b)", "```\n[a](b)\n```\n[a](P/b)"),
    ],
)
def test_a_link_becomes_absolute(text: str, made: str) -> None:
    assert absolute(text, "P", "F") == made


def test_the_address_is_in_one_place(said: Message) -> None:
    assert {line.partition(",")[0] for line in said.get_all("Project-URL", [])} == {
        "Homepage", "Documentation", "Source", "Changelog", "Issues",
    }  # fmt: skip
    pages = [*ROOT.glob("*"), *(ROOT / "docs").rglob("*"), *(ROOT / "src").rglob("*")]
    pages += (ROOT / ".github").rglob("*")
    having = [
        path.name for path in pages if path.is_file() and ADDRESS.encode() in path.read_bytes()
    ]
    assert {*having} - {"PKG-INFO"} == {"pyproject.toml"}  # the former is in an sdist


def test_the_changelog_has_this_version_with_its_date() -> None:
    newest = re.search(r"^## \[(.+)\](.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.M)
    assert newest is not None
    assert newest[1] == __version__ == PROJECT["project"]["version"]
    assert re.fullmatch(r" - 20\d\d-\d\d-\d\d", newest[2])
