"""YAML as it is read here: lines, placeholders, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from mappings.configuration.document import Document, read_document
from mappings.configuration.placeholders import Names, escaped, fill


def _read(text: str | bytes, **environment: str) -> Document:
    return read_document("f.yaml", text.encode() if isinstance(text, str) else text, environment)


def _said(text: str | bytes, **environment: str) -> list[str]:
    document = _read(text, **environment)
    return [document.say(problem) for problem in document.problems]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("12", 12),
        ("-3", -3),
        ("1.5", 1.5),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("no", "no"),
        ("on", "on"),
        ("0123", "0123"),
        ("1e5", "1e5"),
        ("12:30", "12:30"),
        ("2026-12-31", "2026-12-31"),
        ("7015e0000000001AAA", "7015e0000000001AAA"),
        ('"12"', "12"),
        ("'true'", "true"),
        ("nullable", "nullable"),
        ("דנה", "דנה"),
        (r'"a\0b"', "ab"),
    ],
)
def test_only_true_false_null_and_plain_numbers_are_not_text(written: str, value: Any) -> None:
    document = _read(f"a: {written}\n")
    assert (document.data, document.problems) == ({"a": value}, [])


def test_every_key_and_entry_knows_its_line() -> None:
    document = _read("a:\n  b: 1\n  c:\n    - x\n    - {d: 1,\n       e: 2}\n")
    places = [("a",), ("a", "b"), ("a", "c", 0), ("a", "c", 1, "e"), ("a", "c", 1, "missing", 3)]
    assert [document.line_of(place) for place in places] == [1, 2, 4, 6, 5]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: a: This stands twice: first on line 1."),
        ("a: &x [1]\nb: *x\n", "f.yaml:2: Anchors and aliases are not used in this file."),
        ("a:\n  b: [1\nc: 2\n", "f.yaml:3: The file is not YAML"),
        (b"a: 1\nb: \xff\n", "f.yaml:2: The file is not UTF-8 text."),
        ("a: \x01", "f.yaml:1: The file holds a character that YAML does not allow."),
        ("? [a]\n: b\n", "Line 1: a key is one word"),
        ("a: !!python/name:os.system x\n", "f.yaml:1: a: The tag !!python/name:os.system is not used"),
        ("a: !!int x\n", "f.yaml:1: a: This is not the number"),
        ("--- a\n--- b\n", "expected a single document"),
        ("[" * 3000 + "]" * 3000, "f.yaml:1: The file is nested too deep."),
        ("- " * 60 + "a", "This is nested too deep."),
        ("a: b\nc: ${NOPE}\n", "f.yaml:2: c: The environment variable NOPE is not set."),
        ("a: ${NOT-A-NAME}", "f.yaml:1: a: ${…} takes the name of an environment variable."),
        ("a: x${", "f.yaml:1: a: ${…} takes the name of an environment variable."),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str | bytes, said: str) -> None:
    assert said in _said(text)[0]


def test_a_file_of_two_megabytes_is_refused() -> None:
    assert "larger" in _said(b"#" * 2_000_001)[0]


def test_a_problem_of_yaml_shows_nothing_of_the_file() -> None:
    assert "sesame" not in "".join(_said("credentials: {api_key: sesame-open\nx: [sesame"))


def test_the_environment_fills_values_in() -> None:
    assert _read("a: x-${ONE}-${TWO}\nb: '${N}'", ONE="1", TWO="${ONE}", N="12").data == {"a": "x-1-${ONE}", "b": "12"}


@pytest.mark.parametrize("text", ["plain", "${NAME}", "$${NAME}", "a $ b {c}", "${", "$$${x}", "{{x}} ${y} $"])
def test_an_escaped_text_reads_as_itself(text: str) -> None:
    assert fill(escaped(text), {}) == (text, [])


def test_no_two_secrets_share_an_environment_name() -> None:
    names = Names()
    given = [names.placeholder(connection, "api_key") for connection in ("a-b", "a_b", "a-b", "2go")]
    assert given == ["${A_B_API_KEY}", "${A_B_API_KEY_2}", "${A_B_API_KEY_2_2}", "${_2GO_API_KEY}"]
