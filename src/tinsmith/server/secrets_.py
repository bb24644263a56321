"""Secrets: made here, shown once, kept as their hash."""

from __future__ import annotations

import hashlib
import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

_hasher = PasswordHasher()
# Each hash takes 64 MB for some hundredths of a second; a flood of them must not take it all.
_at_once = threading.BoundedSemaphore(4)
KEY_PREFIX = "tsk_"


def new_secret() -> str:
    """32 random bytes as text."""
    return secrets.token_urlsafe(32)


def new_api_key() -> str:
    """A new key; its beginning says what it is."""
    return KEY_PREFIX + new_secret()


def hash_secret(secret: str) -> str:
    """What is kept of a random secret. Guessing 32 random bytes is hopeless, so no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def hash_password(password: str) -> str:
    """What is kept of a password (argon2id, RFC 9106)."""
    with _at_once:
        return _hasher.hash(password)


def password_matches(password: str, kept: str | None) -> bool:
    """Whether a password is the one kept; takes as long when there is none."""
    with _at_once:
        try:
            return _hasher.verify(kept or _nobody(), password) and kept is not None
        except (VerifyMismatchError, InvalidHashError):
            return False


@cache
def _nobody() -> str:
    """Checked against when there is no such user, so that the time taken does not tell."""
    return _hasher.hash(secrets.token_urlsafe())
