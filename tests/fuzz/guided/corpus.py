"""What a fuzzer begins with: inputs made of the repository's own examples, and words to put in.

A fuzzer may have `seeds()`, texts for `dice.text`, and `WORDS`. Without them its dice begin with
some random bytes.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from fuzz.guided.dice import CUT, NUMBERS

if TYPE_CHECKING:
    from types import ModuleType

#: Generated, and never committed.
FOLDER = Path(__file__).parents[3] / ".prove" / "corpus"
#: Inputs of a fuzzer without texts, and bytes of the longest.
_MADE, _LONGEST = 24, 1200


def lay_out(name: str, module: ModuleType) -> tuple[Path, Path]:
    """The folder with its inputs and the file with its words, rewritten."""
    folder, words = FOLDER / name / "seeds", FOLDER / name / "words"
    folder.mkdir(parents=True, exist_ok=True)
    numbers = Random(name)
    texts = list(module.seeds()) if hasattr(module, "seeds") else []
    inputs = [one + numbers.randbytes(NUMBERS) for one in texts] or [
        numbers.randbytes(_LONGEST * part // _MADE) for part in range(1, _MADE + 1)
    ]
    for old in folder.iterdir():
        old.unlink()
    for number, data in enumerate(inputs):
        (folder / f"{number:03}").write_bytes(data)
    known = [*getattr(module, "WORDS", ()), *([CUT] if texts else [])]
    words.write_text("".join(f'"{_quoted(word)}"\n' for word in known if word))
    return folder, words


def _quoted(word: bytes) -> str:
    return "".join(f"\\x{byte:02x}" for byte in word[:64])
