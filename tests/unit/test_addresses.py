from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.addresses.address import way_in


@pytest.mark.parametrize(
    ("note", "expected"),
    [
        ("Code 48B12, 3e étage gauche", ["Code 48B12, 3e étage gauche"]),
        (
            "Bon anniversaire ! Digicode : 1234A. Laissez au gardien",
            ["Digicode : 1234A", "Laissez au gardien"],
        ),
        ("Merci\nÉTAGE 4\nà bientôt", ["ÉTAGE 4"]),
        ("Apt. 12, bât. B. Bisous", ["Apt. 12, bât. B"]),
        ("Le code de la porte est 4812", ["Le code de la porte est 4812"]),
        ("2. Stock links", ["2. Stock links"]),
        ("Bitte bei Müller klingeln. Danke", ["Bitte bei Müller klingeln"]),
        ("Third floor; ring twice", ["Third floor", "ring twice"]),
        ("Piso 3, escalera B", ["Piso 3, escalera B"]),
        ("C'est une surprise : ne pas appeler avant 18 h.", []),
        ("Un code de bonne conduite", []),
        ("transporte", []),
        ("", []),
        ("étage " + "x" * 200, []),
    ],
)
def test_the_way_in_stands_in_the_note(note: str, expected: list[str]) -> None:
    """Door codes, floors and whom to ring for are found by sentence; a greeting is not."""
    assert expected == way_in(note)


@given(st.text(max_size=300))
def test_any_note_can_be_searched(note: str) -> None:
    """Each hint is short and a part of some line of the note, whatever was typed."""
    for hint in way_in(note):
        assert 0 < len(hint) <= 120
