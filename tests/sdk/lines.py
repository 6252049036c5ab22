"""What the scripts beside this one have in common: one JSON line for each call, for tests/sdk.rs to judge."""

import json


def tell(call, **facts):
    """Prints what one call came to."""
    print(json.dumps({"call": call, **facts}), flush=True)


def raised(action):
    """The name of the exception's class that `action` raises, and the HTTP status that it carries."""
    try:
        action()
    except Exception as error:  # noqa: BLE001 - which class it is, is the question
        status = getattr(error, "status_code", None) or getattr(error, "code", None)
        return {"error": type(error).__name__, "status": status if isinstance(status, int) else None}
    return {"error": None, "status": None}
