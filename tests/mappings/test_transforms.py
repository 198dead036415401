"""Transforms: every example holds, every value is safe, every mistake in a `via` is said plainly."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mappings.transforms import CATALOGUE, Context, apply, parse_via, paths_read
from mappings.transforms.page import catalogue_markdown

DESIGNED = """first_name last_name full_name trim lower upper title truncate replace default_if_blank join split first
last names map_values date datetime number boolean phone email domain company_or_domain country template strip_html"""
EXAMPLES = [(name, example) for name, transform in CATALOGUE.items() for example in transform.examples]
# One way to call every transform that takes parameters, for the tests that give it anything.
SPECS: dict[str, Any] = {
    "truncate": {"truncate": 3, "ending": "…"},
    "replace": {"replace": ["a", "bb"]},
    "default_if_blank": {"default_if_blank": "x"},
    "map_values": {"map_values": {"a": "b", "1": 2}},
    "template": {"template": "{value} {name|upper} {none}"},
    "phone": {"phone": "IL"},
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3),
    max_leaves=5,
)
LIKELY = st.sampled_from(
    [
        *(
            "<![foo[bar",
            "<a href='",
            "&#xD800;",
            "{name}",
            "}{",
            "\ud83d",
            "\x00",
            'ד"ר',
            "²",
            "٣٤",
            "1e400",
            "1,2,3.4.5",
        ),
        *("2026-04-21T09:15", "24/24/2026", "1776762900000", "9" * 400, "+", "+972", "00", "05012345678901234567890"),
        *("jane@", "@", "a@b@c.d", "http://[::1", "http://["),
        *(float("nan"), float("inf"), 10**400, object()),
        *({"name": None}, [{"name": ["a"]}], [[[]]]),
    ]
)


def _apply(spec: Any, value: Any, **context: Any) -> Any:
    return apply(parse_via([spec]), value, Context(**context))


def test_the_catalogue_has_what_the_design_promises() -> None:
    assert sorted(CATALOGUE) == sorted(DESIGNED.split())


@pytest.mark.parametrize(("name", "example"), EXAMPLES, ids=[f"{name}-{n}" for n, (name, _) in enumerate(EXAMPLES)])
def test_every_example_of_the_catalogue_holds(name: str, example: Any) -> None:
    assert _apply(example.via, example.value, record=example.record).value == example.result


@pytest.mark.parametrize("transform", CATALOGUE.values(), ids=list(CATALOGUE))
def test_every_transform_is_described(transform: Any) -> None:
    assert transform.label and transform.help.endswith(".") and len(transform.examples) >= 2
    assert all(parameter.help.endswith(".") and parameter.name not in CATALOGUE for parameter in transform.parameters)


def test_the_page_of_the_documentation_is_up_to_date() -> None:
    page = Path(__file__).parents[2] / "docs" / "transforms.md"
    assert page.read_text(encoding="utf-8") == catalogue_markdown(), (
        "python -m mappings.transforms.page > docs/transforms.md"
    )


@settings(max_examples=250, deadline=None)
@given(st.sampled_from(sorted(CATALOGUE)), ANYTHING | LIKELY)
def test_every_transform_takes_anything_and_gives_plain_data(name: str, value: Any) -> None:
    result = _apply(SPECS.get(name, name), value, record={"name": value})
    json.dumps(result.value, allow_nan=False).encode("utf-8")
    assert all(isinstance(note, str) and note.endswith(".") for note in result.notes)


@pytest.mark.parametrize("name", sorted(CATALOGUE))
@pytest.mark.parametrize(
    "value", [None, "", [], {}, "<![x", "\ud83d", b"\xff", float("nan"), 10**400, [{"a": [1]}], True, 0]
)
def test_every_transform_survives_the_usual_suspects(name: str, value: Any) -> None:
    json.dumps(_apply(SPECS.get(name, name), value).value, allow_nan=False)


@pytest.mark.parametrize(
    "spec",
    [
        "first_name",
        {"truncate": 128},
        {"truncate": 128, "ending": "…"},
        {"join": ";"},
        {"replace": ["a", "b"]},
        {"replace": {"find": "a", "with": "b"}},
        {"map_values": {"gold": "Hot"}, "else": "Cold"},
        {"map_values": {True: "Hot", 2: "Two"}},
        {"template": "{name} <{email}>"},
        {"datetime": {"timezone": "Asia/Jerusalem"}},
    ],
)
def test_a_step_is_written_as_it_was_read(spec: Any) -> None:
    steps = parse_via([spec])
    again = parse_via(json.loads(json.dumps([step.spec for step in steps])))
    assert again == steps


def test_no_via_is_no_step_and_one_step_needs_no_list() -> None:
    assert parse_via(None) == []
    assert parse_via("trim") == parse_via(["trim"])


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("frist_name", "There is no transform “frist_name”. Did you mean first_name"),
        ({"truncat": 5}, "Did you mean truncate?"),
        ({"truncate": "many"}, "truncate: length must be a whole number, not “many”."),
        ({"truncate": 0}, "between 1 and"),
        ({"truncate": True}, "a whole number"),
        ("truncate", "truncate needs length"),
        ({"truncate": {"lenght": 5}}, "Did you mean length?"),
        ({"lower": 1}, "takes fewer: none"),
        ({"replace": ["", "b"]}, "not empty"),
        ({"replace": ["a", "b", "c"]}, "takes fewer: find, with"),
        ({"phone": "XX"}, "two-letter code"),
        ({"date": "dmy"}, "“day” or “month”"),
        ({"datetime": {"timezone": "Mars"}}, "time zone such as"),
        ({"map_values": {}}, "a table of 1 to 1,000 entries"),
        ({"map_values": {"a": ["b"]}}, "a text, a number, true or false"),
        ({"template": "{name|frist_name}"}, "There is no transform “frist_name”"),
        ({"trim": None, "lower": None}, "One transform per entry"),
        ({}, "no transform"),
        (5, "A transform is a name"),
        (None, "A transform is a name"),
    ],
)
def test_a_mistake_is_refused_in_a_plain_sentence(spec: Any, said: str) -> None:
    with pytest.raises(ValueError, match=".") as caught:
        parse_via([spec])
    assert said in str(caught.value)


def test_too_many_steps_are_refused() -> None:
    with pytest.raises(ValueError, match="At most 20"):
        parse_via(["trim"] * 21)


@pytest.mark.parametrize(
    ("spec", "value", "result", "note"),
    [
        ({"truncate": 128}, "x" * 140, "x" * 128, "Cut from 140 to 128 characters."),
        ("email", "nobody", None, "Dropped: not a valid e-mail address."),
        ("datetime", "soon", None, "Dropped: could not be read as a date and time."),
        (
            "date",
            "3/4/2026",
            None,
            "Dropped: it is not said whether the day or the month comes first (order: day or month).",
        ),
        ("number", "many", None, "Dropped: not a number."),
        ("boolean", "maybe", None, "Dropped: neither yes nor no."),
        ("phone", "050-123-4567", None, "A phone number without a country code was dropped: no default region is set."),
        ("country", "Atlantis", None, "Dropped: no known country."),
        ("names", [{"name": "a"}, {"tagId": "t"}], ["a"], "1 entry without a name dropped."),
        ("first_name", ["Jane Doe", "John Doe"], "Jane", "Only the first of 2 values was used."),
        ("first_name", {"a": "Jane"}, None, "Dropped: an object where one value was needed."),
        ({"map_values": {"a": "b"}}, "c", "c", "No entry in the table for “c”: kept as it is."),
        ({"template": "Hi {nam}"}, None, "", "No field nam: left empty."),
    ],
)
def test_what_is_cut_or_dropped_is_said(spec: Any, value: Any, result: Any, note: str) -> None:
    given = _apply(spec, value)
    assert (given.value, given.notes) == (result, [note])


@pytest.mark.parametrize(
    ("text", "length", "result"),
    [
        ("Jane", 4, "Jane"),
        ("e\u0301e\u0301", 3, "e\u0301"),
        ("ab👩🏽\u200d💻", 4, "ab"),
        ("🇮🇱🇺🇸", 3, "🇮🇱"),
        ("🇮🇱🇺🇸", 2, "🇮🇱"),
        ("שָׁלוֹם", 4, "שָׁל"),
        ("one two", 4, "one"),
        ("e" + "\u0301" * 9, 5, "e" + "\u0301" * 4),
    ],
)
def test_a_cut_never_splits_what_a_reader_sees_as_one(text: str, length: int, result: str) -> None:
    assert _apply({"truncate": length}, text).value == result


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("don't", "Don't"),
        ("o'brien-smith", "O'Brien-Smith"),
        ("d'angelo's", "D'Angelo's"),
        ("JEAN-LUC", "Jean-Luc"),
        ("McDonald", "McDonald"),
        ("i’m", "I’m"),
    ],
)
def test_title_case_respects_apostrophes(value: str, result: str) -> None:
    assert _apply("title", value).value == result


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("Jane <jane@example.com>", "jane@example.com"),
        ("mailto:jane@example.com", "jane@example.com"),
        ("\u200ejane@example.com\u200f", "jane@example.com"),
        ("jane+tag@EXAMPLE.com", "jane+tag@example.com"),
        ("דנה@example.com", "דנה@example.com"),
        ("jane@bücher.example.com", "jane@bücher.example.com"),
        ("jane@", None),
        ("a@b@example.com", None),
    ],
)
def test_an_email_address_is_trimmed_and_checked(value: str, result: str | None) -> None:
    assert _apply("email", value).value == result


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("JANE@Example.com", "example.com"),
        ("http://www.example.com:8080/a?b=c@d", "example.com"),
        ("example.com/about", "example.com"),
        ("www.example.co.il", "example.co.il"),
        ("Acme", None),
        ("http://[", None),
    ],
)
def test_the_domain_of_an_address(value: str, result: str | None) -> None:
    assert _apply("domain", value).value == result


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("Acme @ Home", "Acme @ Home"),
        ("jane@localhost", "jane@localhost"),
        ("Jane <jane@acmecorp.com>", "acmecorp.com"),
        ("acme.com", "acme.com"),
    ],
)
def test_a_company_stays_and_an_address_gives_its_domain(value: str, result: str) -> None:
    assert _apply("company_or_domain", value).value == result


@pytest.mark.parametrize(
    ("value", "result"),
    [
        *(("1,234", 1234), ("1.234", 1.234), ("1,5", 1.5), ("1.234.567", 1234567), ("1 234,5", 1234.5), (".5", 0.5)),
        *(("-3", -3), ("12%", 12), ("$ 5", 5), (True, 1), (2.5, 2.5)),
        *(("", None), ("1e5", None), ("9" * 41, None), ("1-2", None)),
    ],
)
def test_numbers_are_read_as_people_write_them(value: Any, result: Any) -> None:
    assert _apply("number", value).value == result


@pytest.mark.parametrize(
    ("value", "result"),
    [
        ("Côte d’Ivoire", "CI"),
        ("the netherlands", "NL"),
        ("ISR", "IL"),
        ('ארה"ב', "US"),
        ("Deutschland", "DE"),
        ("uk", "GB"),
        ("Türkiye", "TR"),
    ],
)
def test_countries_are_known_by_many_spellings(value: str, result: str) -> None:
    assert _apply("country", value).value == result


@pytest.mark.parametrize(
    ("markup", "seen"),
    [
        ("<p>Hi <b>Jane</b>,</p><p>a &amp; b</p>", "Hi Jane,\na & b"),
        ("one<br/>two<BR>three", "one\ntwo\nthree"),
        ("a<script>alert(1 < 2)</script>b<STYLE>p{}</style>c", "abc"),
        ("<!-- no > -->yes<!doctype html>", "yes"),
        ('<a title="1 > 2" href="#">link</a>', "link"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("unfinished <a href='", "unfinished <a href='"),
        ("<title>never closed", "never closed"),
        ("&#1234567890123; &lt;b&gt; &#xD800;", "\ufffd <b> \ufffd"),
        ("<![CDATA[x]]>y", "y"),
        ("&#" + "9" * 5000, "\ufffd"),
    ],
)
def test_of_html_stays_what_a_reader_sees(markup: str, seen: str) -> None:
    assert _apply("strip_html", markup).value == seen


@pytest.mark.parametrize("piece", ["<a", "<!--", "</", "<a b='", '<a "', "<script>", "&#", "<a>", '<a ">'])
def test_hostile_html_takes_no_time(piece: str) -> None:
    assert isinstance(_apply("strip_html", piece * 100_000).value, str)


def test_steps_follow_one_another() -> None:
    tags = [{"tagId": "a", "name": "hot"}, {"tagId": "b", "name": "new"}]
    assert apply(parse_via(["names", {"join": ";"}]), tags).value == "hot;new"


def test_the_connections_region_and_time_zone_are_used() -> None:
    assert _apply("phone", "050-123-4567", region="IL").value == "+972501234567"
    assert _apply("datetime", "2026-04-21 12:15", timezone="Asia/Jerusalem").value == "2026-04-21T09:15:00Z"
    assert _apply("date", "2026-04-21T22:30:00Z", timezone="Asia/Jerusalem").value == "2026-04-22"


def test_a_template_reads_the_record_as_its_vendor_does() -> None:
    context = Context(lookup=lambda path: (True, path.upper()))
    assert apply(parse_via([{"template": "{customFields.a} {value}"}]), "v", context).value == "CUSTOMFIELDS.A v"


def test_a_template_is_blank_only_when_all_its_fields_are() -> None:
    some = _apply({"template": "{name} <{email}>"}, None, record={"name": "", "email": "jane@example.com"})
    none = _apply({"template": "{name} <{email}>"}, None, record={"name": "", "email": None})
    assert (some.value, none.value) == (" <jane@example.com>", "")


def test_the_same_is_said_once() -> None:
    assert _apply({"truncate": 1}, ["ab", "cd"]).notes == ["Cut from 2 to 1 characters."]


def test_the_paths_that_a_template_reads_are_known() -> None:
    assert paths_read(parse_via(["trim", {"template": "{value} {name|upper} {a.b}"}])) == {"name", "a.b"}


def test_results_stay_within_bounds() -> None:
    grow = [{"replace": ["a", "a" * 1000]}] * 5
    assert len(apply(parse_via(grow), "a").value) <= 200_000
