"""Tells a webhook that its vendor signed with a private key, by any of the public keys that we were given."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

PublicKey = Ed25519PublicKey | RSAPublicKey
ED25519, RSA = Ed25519PublicKey, RSAPublicKey
PEM = re.compile(r"-----BEGIN PUBLIC KEY-----.*?-----END PUBLIC KEY-----", re.DOTALL)


@lru_cache(maxsize=64)
def read_keys(text: str) -> tuple[PublicKey, ...]:
    """Every public key of a text with one PEM or several. Raises ValueError for anything else."""
    keys = tuple(map(_read_key, PEM.findall(text)))
    if not keys or PEM.sub("", text).strip():
        raise ValueError("There is no public key in the form of a PEM.")
    return keys


def is_signed(body: bytes, signature: str, keys: Iterable[PublicKey]) -> bool:
    """Whether one of the keys made this signature, in base64, of these very bytes."""
    try:
        raw = base64.b64decode(signature.strip(), validate=True)
    except (binascii.Error, ValueError):
        return False
    return any(_fits(key, raw, body) for key in keys)


def _read_key(pem: str) -> PublicKey:
    key = load_pem_public_key(pem.replace("\\n", "\n").encode())
    if not isinstance(key, Ed25519PublicKey | RSAPublicKey):
        raise ValueError("The key is neither Ed25519 nor RSA.")
    return key


def _fits(key: PublicKey, signature: bytes, body: bytes) -> bool:
    try:
        if isinstance(key, RSAPublicKey):
            key.verify(signature, body, PKCS1v15(), hashes.SHA256())
        else:
            key.verify(signature, body)
    except InvalidSignature:
        return False
    return True
