"""Hashes under keys derived from BATON_SECRET: who knows the database alone can neither make nor test one."""

import hashlib
import hmac
from typing import Literal

Purpose = Literal["anchor", "tombstone", "suppression", "fingerprint", "spot_check"]
"""What a key is for; hashes of one purpose say nothing about those of another."""


def keyed(secret: bytes, purpose: Purpose, text: str) -> str:
    """The HMAC-SHA256 of *text* under the key of *purpose*; 64 hex digits."""
    key = hmac.digest(secret, f"baton {purpose} v1".encode(), hashlib.sha256)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def fingerprint(secret: bytes) -> str:
    """Tells one secret from another without giving it away; 16 hex digits."""
    return keyed(secret, "fingerprint", "")[:16]
