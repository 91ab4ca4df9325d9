"""Tells a request that Coral signed from any other."""

import hashlib
import hmac
from collections.abc import Sequence

from model.errors import StanceError


class SignatureError(StanceError):
    """A request is not signed, or with none of our secrets."""


def check_signature(body: bytes, header: str, *, secrets: Sequence[str]) -> None:
    """Compare `header` (`sha256=HEX`, several with commas while a secret is rolled) with the HMAC of the raw body.

    Raises:
        SignatureError: no signature in it is by one of `secrets`.
    """
    sent = [element.strip().partition("=") for element in header.split(",")]
    digests = [digest.encode("latin-1") for scheme, _, digest in sent if scheme == "sha256"]
    own = [hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode() for secret in secrets]
    if not any(hmac.compare_digest(digest, expected) for digest in digests for expected in own):
        raise SignatureError("X-Coral-Signature fits none of the secrets in STANCE_CORAL_SECRETS; copy Coral's there")
