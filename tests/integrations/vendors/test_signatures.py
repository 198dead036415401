"""Signatures by the Standard Webhooks scheme: made, told, and refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from integrations.vendors.errors import Forged
from integrations.vendors.signatures import check_signature, keys_of, new_secret, sign, signed_headers

# The test vector of the reference libraries (standard-webhooks/standard-webhooks, libraries/*/test).
SECRET = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE, TIMESTAMP, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
NOW = datetime.fromtimestamp(TIMESTAMP, UTC)
HEADERS = {"webhook-id": MESSAGE, "webhook-timestamp": str(TIMESTAMP), "webhook-signature": SIGNATURE}


def test_the_schemes_own_example_is_signed_and_told() -> None:
    assert sign(keys_of("whsec_" + SECRET)[0], MESSAGE, TIMESTAMP, BODY) == SIGNATURE
    check_signature(HEADERS, BODY, ["whsec_" + SECRET], NOW)
    check_signature(HEADERS, BODY, [SECRET], NOW)


def test_what_we_sign_we_accept() -> None:
    secret = new_secret()
    check_signature(signed_headers(secret, "d1", NOW, BODY), BODY, [secret], NOW)


def test_one_right_signature_of_several_and_one_right_secret_of_several_are_enough() -> None:
    several = {**HEADERS, "webhook-signature": f"v1,AAAA v2,xyz {SIGNATURE}"}
    check_signature(several, BODY, [new_secret(), "whsec_" + SECRET], NOW)


def test_a_secret_that_is_no_base64_is_its_own_text() -> None:
    headers = HEADERS | {"webhook-signature": sign(b"plain words!", MESSAGE, TIMESTAMP, BODY)}
    check_signature(headers, BODY, ["plain words!"], NOW)


@pytest.mark.parametrize(
    "change",
    [
        {"webhook-id": "msg_other"},
        {"webhook-id": ""},
        {"webhook-timestamp": str(TIMESTAMP + 1)},
        {"webhook-timestamp": "yesterday"},
        {"webhook-timestamp": "٣"},
        {"webhook-timestamp": "9" * 40},
        {"webhook-signature": ""},
        {"webhook-signature": SIGNATURE.removeprefix("v1,")},
        {"webhook-signature": SIGNATURE.replace("v1,", "v2,")},
        {"webhook-signature": "v1,ünlesbar"},
    ],
)
def test_anything_else_is_forged(change: dict[str, str]) -> None:
    with pytest.raises(Forged):
        check_signature({**HEADERS, **change}, BODY, ["whsec_" + SECRET], NOW)


def test_another_body_another_secret_and_a_secret_nobody_can_read_are_forged() -> None:
    for body, secret in ((BODY + b" ", "whsec_" + SECRET), (BODY, new_secret()), (BODY, "whsec_not base64")):
        with pytest.raises(Forged):
            check_signature(HEADERS, body, [secret], NOW)


@pytest.mark.parametrize("late", [timedelta(minutes=5, seconds=1), timedelta(minutes=-5, seconds=-1), None])
def test_a_signature_counts_for_five_minutes(late: timedelta | None) -> None:
    check_signature(HEADERS, BODY, [SECRET], NOW + timedelta(minutes=5))
    with pytest.raises(Forged):
        check_signature(HEADERS, BODY, [SECRET], NOW + late if late else None)
