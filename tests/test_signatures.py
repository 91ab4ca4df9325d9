"""Coral's signatures."""

import hashlib
import hmac

import pytest

from model.errors import StanceError
from service.signatures import SignatureError, check_signature

BODY = b'{"action": "NEW"}'


def signed(secret: str, body: bytes = BODY) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def test_a_signature_by_a_known_example_is_good() -> None:
    """Test case 2 of RFC 4231."""
    digest = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    check_signature(b"what do ya want for nothing?", f"sha256={digest}", secrets=["Jefe"])


@pytest.mark.parametrize(
    "header", [signed("new"), f"{signed('old')},{signed('new')}", f"{signed('x')}, {signed('new')}"]
)
def test_any_signature_by_any_secret_is_good(header: str) -> None:
    check_signature(BODY, header, secrets=["older", "new"])


@pytest.mark.parametrize(
    "header",
    [
        "",
        ",",
        "sha256=",
        "sha256",
        signed("wrong"),
        signed("new", BODY + b" "),
        signed("new").upper(),
        signed("new").removeprefix("sha256="),
        signed("new").replace("sha256", "sha1"),
        "sha256=\xe9",
    ],
)
def test_anything_else_is_refused_by_an_error_that_names_the_setting(header: str) -> None:
    with pytest.raises(SignatureError, match="STANCE_CORAL_SECRETS") as refused:
        check_signature(BODY, header, secrets=["new"])
    assert isinstance(refused.value, StanceError)
    assert "new" not in str(refused.value)
