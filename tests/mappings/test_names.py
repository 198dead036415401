"""Names: one line of text becomes a first and a last name, by the rules of the design."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.names import first_name, full_name, last_name, split_name

ENGLISH = [
    ("Jane Doe", "Jane", "Doe"),
    ("jane doe", "jane", "doe"),
    ("Jane Marie Doe", "Jane Marie", "Doe"),
    ("Mary-Jane Watson-Parker", "Mary-Jane", "Watson-Parker"),
    ("Conan O'Brien", "Conan", "O'Brien"),
    ("J.R.R. Tolkien", "J.R.R.", "Tolkien"),
    ("John D Smith", "John D", "Smith"),
    ("John T. Smith", "John T.", "Smith"),
    ("M Night Shyamalan", "M Night", "Shyamalan"),
    ("Jill St. John", "Jill", "St. John"),
    ("Sister Act Two", "Sister Act", "Two"),
    ("Don Johnson", "Don", "Johnson"),
    ("Ingo Major", "Ingo", "Major"),
    ("Gen Sato", "Gen", "Sato"),
]
ONE_WORD = [
    ("Madonna", "", "Madonna"),
    ("O'Brien", "", "O'Brien"),
    ("Dr. Jane", "", "Jane"),
    ("jane@example.com", "", "jane@example.com"),
    ("山田太郎", "", "山田太郎"),
    ("דנה", "", "דנה"),
    ("Mr.", "", "Mr."),
    ("Dr. Dr.", "", "Dr."),
    ("Jr.", "", "Jr."),
    ("van", "", "van"),
    ("X", "", "X"),
]
TITLES = [
    ("Dr. Jane Doe", "Jane", "Doe"),
    ("dr jane doe", "jane", "doe"),
    ("DR. JANE DOE", "JANE", "DOE"),
    ("Dr.Jane Doe", "Jane", "Doe"),
    ("Prof.Dr. Hans Meyer", "Hans", "Meyer"),
    ("Prof. Dr. h.c. Hans Meyer", "Hans", "Meyer"),
    ("Mr. and Mrs. Smith", "", "Smith"),
    ("Mr & Mrs John Smith", "John", "Smith"),
    ("Mr. Smith", "", "Smith"),
    ("Ms Jane Doe", "Jane", "Doe"),
    ("Dipl.-Ing. Max Mustermann", "Max", "Mustermann"),
    ("Ing. Karel Novák", "Karel", "Novák"),
    ("Herr Dr. Max Mustermann", "Max", "Mustermann"),
    ("Frau van der Berg", "", "van der Berg"),
    ("Herr von Goethe", "", "von Goethe"),
    ("M. Dupont", "", "Dupont"),
    ("M. Jean Dupont", "Jean", "Dupont"),
    ("Mme Marie Curie", "Marie", "Curie"),
    ("Mlle Anne-Sophie Martin", "Anne-Sophie", "Martin"),
    ("Sr. López", "", "López"),
    ("Sra. Ana García", "Ana", "García"),
    ("Dra. Ana Silva", "Ana", "Silva"),
    ("Sig. Mario Rossi", "Mario", "Rossi"),
    ("Sig.ra Anna Rossi", "Anna", "Rossi"),
    ("Dott.ssa Anna Rossi", "Anna", "Rossi"),
    ("Dhr. Jan de Vries", "Jan", "de Vries"),
    ("д-р Иван Петров", "Иван", "Петров"),
    ("الدكتور محمد علي", "محمد", "علي"),
]
SUFFIXES = [
    ("John Doe Jr.", "John", "Doe Jr."),
    ("John Doe Sr", "John", "Doe Sr"),
    ("John Doe III", "John", "Doe III"),
    ("Jane Doe PhD", "Jane", "Doe PhD"),
    ("Jane Doe Ph.D.", "Jane", "Doe Ph.D."),
    ("Jane Doe, PhD, MBA", "Jane", "Doe PhD MBA"),
    ("Dr. Jane Doe M.D.", "Jane", "Doe M.D."),
    ("João Silva Neto", "João", "Silva Neto"),
    ("Jack Ma", "Jack", "Ma"),
    ("Jack Smith M.A.", "Jack", "Smith M.A."),
    ("Jack Smith, MA", "Jack", "Smith MA"),
    ("Madonna Jr.", "", "Madonna Jr."),
    ("Jane Doe (Acme Ltd)", "Jane", "Doe (Acme Ltd)"),
]
TURNED = [
    ("Doe, Jane", "Jane", "Doe"),
    ("Doe,Jane", "Jane", "Doe"),
    ("Doe, Jane Marie", "Jane Marie", "Doe"),
    ("Doe, Jr., John", "John", "Doe Jr."),
    ("Doe Jr., John", "John", "Doe Jr."),
    ("Doe, John, Jr.", "John", "Doe Jr."),
    ("Doe, John Jr.", "John", "Doe Jr."),
    ("Doe, Dr. Jane", "Jane", "Doe"),
    ("Dr. Doe, Jane", "Jane", "Doe"),
    ("Doe, Dr.", "", "Doe"),
    ("van der Berg, Jane", "Jane", "van der Berg"),
    ("Berg, Jane van der", "Jane", "van der Berg"),
    ("García Márquez, Gabriel", "Gabriel", "García Márquez"),
    ("Smith, Robert (Bob)", "Robert (Bob)", "Smith"),
    ("Doe,", "", "Doe"),
    (", Jane", "", "Jane"),
    ("כהן, דנה", "דנה", "כהן"),
]
PARTICLES = [
    ("Jane van der Berg", "Jane", "van der Berg"),
    ("Ludwig van Beethoven", "Ludwig", "van Beethoven"),
    ("Maria Van Buren", "Maria", "Van Buren"),
    ("Otto von Habsburg", "Otto", "von Habsburg"),
    ("Hans von und zu Liechtenstein", "Hans", "von und zu Liechtenstein"),
    ("Oscar de la Hoya", "Oscar", "de la Hoya"),
    ("Juan Carlos de la Vega Martinez", "Juan Carlos", "de la Vega Martinez"),
    ("Benicio del Toro", "Benicio", "del Toro"),
    ("Leonardo da Vinci", "Leonardo", "da Vinci"),
    ("Ana Maria dos Santos", "Ana Maria", "dos Santos"),
    ("Angelo di Marco", "Angelo", "di Marco"),
    ("Osama bin Ali", "Osama", "bin Ali"),
    ("David Ben Gurion", "David", "Ben Gurion"),
    ("Omar al-Sharif", "Omar", "al-Sharif"),
    ("Nawal el Saadawi", "Nawal", "el Saadawi"),
    ("Corrie ten Boom", "Corrie", "ten Boom"),
    ("Ursula le Guin", "Ursula", "le Guin"),
    ("Ian Mac Gregor", "Ian", "Mac Gregor"),
    ("José Ortega y Gasset", "José", "Ortega y Gasset"),
    ("محمد بن سلمان", "محمد", "بن سلمان"),
    ("Van Morrison", "Van", "Morrison"),
    ("Ben Affleck", "Ben", "Affleck"),
    ("van der Berg", "van", "der Berg"),
    ("Mary Ann van", "Mary Ann", "van"),
]
HEBREW = [
    ("דנה כהן", "דנה", "כהן"),
    ("דנה כהן לוי", "דנה", "כהן לוי"),
    ("דוד בן גוריון", "דוד", "בן גוריון"),
    ('ד"ר דנה כהן', "דנה", "כהן"),
    ("ד״ר דנה כהן", "דנה", "כהן"),
    ("פרופ' יוסי לוי", "יוסי", "לוי"),
    ("גב' כהן", "", "כהן"),
    ("מר יוסי לוי", "יוסי", "לוי"),
    ('עו"ד דנה כהן', "דנה", "כהן"),
    ('הרב ד"ר יוסי לוי', "יוסי", "לוי"),
    ('דנה כהן, עו"ד', "דנה", "כהן"),
    ("Dana כהן", "Dana", "כהן"),
]
UNTIDY = [
    ("  Jane \t  Doe \n", "Jane", "Doe"),
    ("Jane\u00a0Doe", "Jane", "Doe"),
    ("山田\u3000太郎", "山田", "太郎"),
    ("Jane 🎉 Doe", "Jane", "Doe"),
    ("👩🏽\u200d💻 Jane Doe 🇮🇱", "Jane", "Doe"),
    ("\u200fדנה\u200f \u202bכהן\u202c", "דנה", "כהן"),
    ("Jane\x00 Do\x07e", "Jane", "Doe"),
    ('"Jane Doe"', "Jane", "Doe"),
    ("“Jane Doe”", "Jane", "Doe"),
    ('Robert "Bob" Smith', 'Robert "Bob"', "Smith"),
    ("Robert (Bob) Smith", "Robert (Bob)", "Smith"),
    ("Jane Doe <jane@example.com>", "Jane", "Doe"),
    ("Jane - Doe .", "Jane", "Doe"),
    ("Smith & Sons Ltd", "Smith & Sons", "Ltd"),
    (b"Jane Doe", "Jane", "Doe"),
    ("Jane " + "x" * 495, "Jane", "x" * 495),
]
NAMES: list[tuple[object, str, str]] = [
    *ENGLISH,
    *ONE_WORD,
    *TITLES,
    *SUFFIXES,
    *TURNED,
    *PARTICLES,
    *HEBREW,
    *UNTIDY,
]
NOTHING: list[object] = [
    "",
    "   ",
    "🎉",
    "🎉 🎊",
    ".",
    "- -",
    ",",
    ",,,",
    "\u200f",
    "\x00",
    None,
    5,
    1.5,
    True,
    [],
    ["Jane"],
    {"a": 1},
    pytest.param(object(), id="object"),
]


@pytest.mark.parametrize(("raw", "first", "last"), NAMES)
def test_a_name_is_split_into_first_and_last(raw: object, first: str, last: str) -> None:
    assert (first_name(raw), last_name(raw)) == (first, last)


@pytest.mark.parametrize("raw", NOTHING, ids=repr)
def test_where_no_name_is_both_parts_are_blank(raw: object) -> None:
    assert (first_name(raw), last_name(raw), full_name(raw)) == ("", "", "")


def test_the_raw_name_the_titles_and_the_suffix_are_kept() -> None:
    name = split_name("Prof. Dr. John Doe Jr.")
    assert (name.raw, name.titles, name.suffix) == ("Prof. Dr. John Doe Jr.", ("Prof.", "Dr."), "Jr.")


def test_the_full_name_is_in_spoken_order_without_titles() -> None:
    assert full_name("Doe, Dr. Jane") == "Jane Doe"


@pytest.mark.parametrize("raw", ["Dr." * 5000, " (x)" * 20000 + "z", "a," * 50000, "Dr. " * 20000, "van " * 20000])
def test_very_long_text_is_no_trouble(raw: str) -> None:
    assert isinstance(split_name(raw).last, str)


def _letters(text: str) -> list[str]:
    return sorted(character for character in text if unicodedata.category(character)[0] == "L")


@given(st.one_of(st.text(), st.binary(), st.none(), st.integers(), st.lists(st.text())))
def test_anything_can_be_given_and_no_control_character_comes_out(raw: object) -> None:
    name = split_name(raw)
    assert not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "So") for character in name.first + name.last)


@given(st.text(st.characters(exclude_characters="@<>", codec="utf-8"), max_size=60))
def test_no_letter_is_lost_but_those_of_titles(raw: str) -> None:
    name = split_name(raw)
    assert _letters(name.first + name.last + "".join(name.titles)) == _letters(raw)


@given(
    st.lists(
        st.sampled_from([*"JDabé", "Dr.", "van", "Jr.", ",", "כהן", "(x)", " ", "🎉", "and", "M.", "y"]), max_size=12
    )
)
def test_no_letter_is_lost_among_titles_particles_and_suffixes(words: list[str]) -> None:
    raw = " ".join(words)
    name = split_name(raw)
    assert _letters(name.first + name.last + "".join(name.titles)) == _letters(raw)
