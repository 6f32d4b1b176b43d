"""The list of faults cannot rot: each still has its place in the source."""

from __future__ import annotations

import ast

import pytest

from prove.frame import PROOFS
from prove.mutants.table import BY_NAME, MUTANTS, SOURCE, Mutant

TEXTS = {str(file.relative_to(SOURCE / "atwin")): file.read_text() for file in SOURCE.rglob("*.py")}


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_it_replaces_stands_once_in_the_source(mutant: Mutant) -> None:
    """If this fails because that line has changed: have the mutant break the new one as well."""
    places = [file for file, text in TEXTS.items() for _ in range(text.count(mutant.old))]
    assert places == [mutant.file]
    changed = TEXTS[mutant.file].replace(mutant.old, mutant.new)
    assert changed != TEXTS[mutant.file]
    ast.parse(changed)


def test_the_list_is_a_list() -> None:
    assert len(BY_NAME) == len(MUTANTS) >= 20
    assert {proof for mutant in MUTANTS for proof in mutant.likely} <= PROOFS.keys()
