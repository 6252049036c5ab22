"""Whether a JSON value is of a type that a provider's own library declares for its requests.

The libraries' request types are `TypedDict`s: what they list is what the provider takes, and a member that they do
not list is refused here, as providers refuse it.
"""

import collections.abc
import functools
import types
import typing

import typing_extensions
from pydantic import BaseModel


def faults(expected, value, place="$"):
    """What in `value` is not as `expected` says, each with its place; empty when all is."""
    origin = typing.get_origin(expected)
    if origin in WRAPPERS:
        return faults(typing.get_args(expected)[0], value, place)
    if origin in (typing.Union, types.UnionType):
        return of_any(typing.get_args(expected), value, place)
    if origin is typing.Literal:
        wanted = typing.get_args(expected)
        return [] if value in wanted else [f"{place}: {value!r} is none of {wanted}"]
    if isinstance(expected, type) and issubclass(expected, BaseModel):
        return [f"{place}: an object of the library, not JSON"]
    if typing_extensions.is_typeddict(expected):
        return of_members(expected, value, place)
    if origin in (dict, collections.abc.Mapping):
        if not isinstance(value, dict):
            return [f"{place}: no object"]
        inner = typing.get_args(expected)[1]
        return [fault for key, item in value.items() for fault in faults(inner, item, f"{place}.{key}")]
    if origin in (list, collections.abc.Iterable, collections.abc.Sequence) or "SequenceNotStr" in str(origin):
        if not isinstance(value, list):
            return [f"{place}: no list"]
        inner = typing.get_args(expected)[0]
        return [fault for at, item in enumerate(value) for fault in faults(inner, item, f"{place}[{at}]")]
    return of_plain(expected, value, place)


def of_any(choices, value, place):
    """Of several types, the faults of the one that was meant: of the value's own kind, with the fewest."""
    kinds = [place, f"{place}.type", f"{place}.role"]
    tried = [faults(choice, value, place) for choice in choices]
    return min(tried, key=lambda found: (any(fault.split(": ")[0] in kinds for fault in found), len(found)))


def of_members(expected, value, place):
    if not isinstance(value, dict):
        return [f"{place}: no object"]
    members = hints(expected)
    missing = [f"{place}.{name}: missing" for name in expected.__required_keys__ if name not in value]
    wrong = []
    extra = getattr(expected, "__extra_items__", typing_extensions.NoExtraItems)
    for name, item in value.items():
        if name in members:
            wrong += faults(members[name], item, f"{place}.{name}")
        elif extra is typing_extensions.NoExtraItems:
            wrong.append(f"{place}.{name}: unknown")
    return missing + wrong


def of_plain(expected, value, place):
    if expected in (object, typing.Any):
        return []
    if expected is None or expected is type(None):
        return [] if value is None else [f"{place}: not null"]
    if isinstance(expected, typing.TypeVar):
        return []
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    fits = {
        str: isinstance(value, str),
        bool: isinstance(value, bool),
        int: isinstance(value, int) and is_number,
        float: is_number,
        list: isinstance(value, list),
        dict: isinstance(value, dict),
    }
    return [] if fits.get(expected, False) else [f"{place}: {type(value).__name__} is no {expected}"]


@functools.cache
def hints(expected):
    """The members' types, with what a name alone stood for put in."""
    return typing_extensions.get_type_hints(expected, include_extras=True)


WRAPPERS = (
    typing.Annotated,
    typing.Required,
    typing.NotRequired,
    typing_extensions.Annotated,
    typing_extensions.Required,
    typing_extensions.NotRequired,
)
