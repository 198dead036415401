"""Signs calls as HighLevel does, with key pairs of our own."""

from __future__ import annotations

import base64
import dataclasses
import json
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from integrations.vendors.base import Account, Inbound

APP, LOCATION = "698dApp00000000000000001", "ezgLocation0000000001"
SIGNATURE, OLD_SIGNATURE = "x-ghl-signature", "x-wh-signature"


@cache
def key(name: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.generate()


@cache
def old_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


def pem(private: Ed25519PrivateKey | rsa.RSAPrivateKey) -> str:
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def signature(body: bytes, name: str = "ours") -> str:
    return base64.b64encode(key(name).sign(body)).decode()


def old_signature(body: bytes) -> str:
    return base64.b64encode(old_key().sign(body, PKCS1v15(), hashes.SHA256())).decode()


def call(body: Any, **headers: str) -> Inbound:
    """Unsigned; a body that is no bytes goes out as JSON."""
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Inbound("POST", named, [], raw, "application/json")


def signed(body: Any, name: str = "ours") -> Inbound:
    inbound = call(body)
    return dataclasses.replace(inbound, headers={SIGNATURE: signature(inbound.body, name)})


def account(**options: Any) -> Account:
    """One that believes our key; of a private integration token unless `client_id` is among the options."""
    client_id = options.pop("client_id", "")
    credentials = {"client_id": client_id, "client_secret": "s"} if client_id else {"token": "pit-1"}
    options = {"webhook_public_key": pem(key("ours")), "location_id": LOCATION, **options}
    return Account("highlevel-main", "", credentials, options)
