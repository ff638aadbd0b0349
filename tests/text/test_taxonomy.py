"""The taxonomy's file: what it means, and one sentence with the line where something is wrong."""

from pathlib import Path

import pytest

from stream.errors import SettingsError
from stream.text.comment import analyse
from stream.text.taxonomy import Taxonomy


def test_a_file_of_ones_own_takes_the_place_of_the_default(tmp_path: Path) -> None:
    path = tmp_path / "themes.yaml"
    path.write_text(
        "themes:\n  Accueil & ton:\n    fr: [accueil*]\n  parking:\n    en: [car park]\n    fr: [parking]\n"
    )
    taxonomy = Taxonomy.load(str(path))
    assert taxonomy.themes == ("Accueil & ton", "parking")
    reading = analyse("Accueil glacial, et pas de parking. No car park!", "fr", taxonomy)
    assert reading is not None
    assert reading.themes == ("Accueil & ton", "parking")


def test_an_exception_hides_what_is_inside_it_and_nothing_else() -> None:
    taxonomy = Taxonomy.parse("themes: {price: {en: [cheap*, deal], except: [deal with]}, x: {en: [deal]}}", "x")

    def themes(text: str) -> list[str]:
        return [taxonomy.themes[match.value] for match in taxonomy.find(text.split(), "en")]

    assert themes("i deal with it") == ["x"]
    assert themes("cheap to deal with a deal") == ["price", "x", "price", "x"]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "there are no themes"),
        ("- a", 1, "the file must hold names with a colon"),
        ("other: {}", 1, "'other' in the file is not known"),
        ("themes:", 1, "themes must hold names with a colon"),
        ("themes: {}", 1, "there are 0 themes"),
        ("themes:\n  a:\n    de: [x]", 3, "'de' in theme 'a' is not known; there may be en, except, fr"),
        ("themes:\n  a:\n    en: word", 3, "en of theme 'a' is no list"),
        ("themes:\n  a:\n    en:\n    - b\n    - c: d", 5, "holds something that is no word"),
        ("themes:\n  a:\n    en:\n    - wait\n    - w*", 5, "'w*' would fit too many words"),
        ("themes:\n  a:\n    except: [b]", 2, "theme 'a' has no words; list some under en or fr"),
        ("themes:\n  a: {en: [b]}\n  a: {en: [c]}", 3, "'a' is in themes twice"),
        ("themes:\n  a: {en: [b]}\n  ? [c]\n  : {en: [d]}", 3, "themes has a name that is no text"),
        (f"themes:\n  {'x' * 65}: {{en: [b]}}", 2, "is no name of a theme"),
        ("themes:\n  a: {en: [b]\n", 3, "this is no YAML"),
        ("themes:\n" + "".join(f"  t{n}: {{en: [b]}}\n" for n in range(65)), 1, "there are 65 themes"),
        ("themes: \x00", 1, "this is no YAML"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(SettingsError) as caught:
        Taxonomy.parse(text, "mine.yaml")
    assert str(caught.value).startswith(f"taxonomy mine.yaml, line {line}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        SettingsError, match=r"the taxonomy .*none.yaml \(setting taxonomy\) cannot be read: No such file"
    ):
        Taxonomy.load(str(tmp_path / "none.yaml"))
    (tmp_path / "latin.yaml").write_bytes("themes: {é: {fr: [é]}}".encode("latin-1"))
    with pytest.raises(SettingsError, match="it is not UTF-8"):
        Taxonomy.load(str(tmp_path / "latin.yaml"))
