"""What a model signs: a signature that says what it is for, and that nobody else can make.

Real ones are opaque; these can be checked, so that a signature that comes back changed, or at another's thought,
is refused as a provider refuses it.
"""

import base64
import hashlib
import hmac

KEY = b"the deployments' own"


def sign(maker, what):
    """The signature of `what` by `maker`, as text with every character that base64 has."""
    proof = hmac.new(KEY, f"{maker}\0{what}".encode(), hashlib.sha256).digest()
    # `\xfb\xef\xbe\xff` are `++++/w` and the like: characters that must survive on the way.
    return base64.b64encode(b"\xfb\xef\xbe\xff\xff\xff" + proof + what.encode()).decode()


def is_signed(maker, what, signature):
    """Whether this is the signature of exactly that."""
    return as_standard(signature) == sign(maker, what)


def signed_text(maker, signature):
    """What was signed; `None` where it is nothing of `maker`'s."""
    try:
        what = base64.b64decode(as_standard(signature))[38:].decode()
    except ValueError:
        return None
    return what if is_signed(maker, what, signature) else None


def as_standard(signature):
    """Base64 in its usual letters: google-genai sends bytes back in those of URLs, which Gemini takes too."""
    return signature.replace("-", "+").replace("_", "/")
