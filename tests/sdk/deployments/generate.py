"""A deployment that speaks Gemini's generateContent, and refuses what Gemini refuses.

Rules and shapes: <https://ai.google.dev/api/generate-content>, <https://ai.google.dev/gemini-api/docs/thought-signatures>
(a model of the third generation refuses a turn whose first call has lost its signature), read 2026-11.
"""

import base64
import hashlib
import json
import re

from deployments.scenes import Call, Said, Text, Thought, pieces
from deployments.signed import sign, signed_text
from google.genai import types
from pydantic import TypeAdapter, ValidationError

PATHS = ("/v1beta/models/", "/v1/models/")
MAKER = "gemini"

# The members of a request, and the types that google-genai declares for them.
MEMBERS = {
    "contents": list[types.Content],
    "systemInstruction": types.Content,
    "tools": list[types.Tool],
    "toolConfig": types.ToolConfig,
    "generationConfig": types.GenerationConfig,
    "safetySettings": list[types.SafetySetting],
    "cachedContent": str,
    "serviceTier": str,
    "store": bool,
}
OPTIONAL = set(MEMBERS) - {"contents"}


def broken_rules(path, body):
    """What Gemini would refuse in this request."""
    body = as_referenced(body)
    broken = [f"unknown member {name}" for name in body if name not in MEMBERS]
    for name, expected in MEMBERS.items():
        try:
            if name in body or name not in OPTIONAL:
                TypeAdapter(expected).validate_python(body.get(name))
        except ValidationError as error:
            broken += [f"{name}.{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
    if broken:
        return broken
    turns = body["contents"]
    if turns[0]["role"] != "user":
        broken.append("the first content is not the user's")
    pairs = zip(turns, turns[1:], strict=False)
    broken += [f"contents {at} and {at + 1} have one role" for at, (one, next_) in enumerate(pairs) if one["role"] == next_["role"]]
    broken += [f"contents[{at}]: no parts" for at, turn in enumerate(turns) if not turn["parts"]]
    broken += call_rules(turns) + part_rules(turns)
    if is_third(path):
        broken += signature_rules(turns)
    if len(body.get("generationConfig", {}).get("stopSequences", [])) > 5:
        broken.append("more than 5 stop sequences")
    declared = [one for tool in body.get("tools", []) for one in tool.get("functionDeclarations", [])]
    names = [one["name"] for one in declared]
    return broken + [f"name {name!r}" for name in names if not re.fullmatch(r"[a-zA-Z_][\w.:-]{0,63}", name)]


def as_referenced(value):
    """The request with names as the REST reference spells them: Gemini takes both spellings, and google-genai mixes them."""
    if isinstance(value, list):
        return [as_referenced(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {camel(name): item if camel(name) in FREE else as_referenced(item) for name, item in value.items()}


def camel(name):
    first, *rest = name.strip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


# What stands in these is the caller's own, names and all.
FREE = {"args", "response", "parametersJsonSchema", "responseJsonSchema", "labels"}


def is_third(path):
    return "gemini-3" in path


def call_rules(turns):
    """A turn of calls is followed by one of as many responses, of the same names; where there are ids, the same."""
    broken = []
    for at, turn in enumerate(turns):
        calls = [part["functionCall"] for part in turn["parts"] if "functionCall" in part]
        after = turns[at + 1]["parts"] if at + 1 < len(turns) else []
        responses = [part["functionResponse"] for part in after if "functionResponse" in part]
        if [call["name"] for call in calls] != [response["name"] for response in responses]:
            broken.append(f"contents[{at}]: function responses must be as many as calls, and of their names")
        pairs = zip(calls, responses, strict=False)
        # google-genai leaves the id out where it calls a function by itself.
        if any("id" in response and response["id"] != call.get("id") for call, response in pairs):
            broken.append(f"contents[{at}]: function responses have other ids than calls")
        broken += [f"contents[{at}]: a response is an object" for one in responses if not isinstance(one["response"], dict)]
    first = [part for part in turns[0]["parts"] if "functionResponse" in part]
    return broken + ["contents[0]: a function response comes behind a call"] * bool(first)


def part_rules(turns):
    """A part says one thing; what is signed is as it was signed."""
    broken = []
    kinds = ("text", "inlineData", "fileData", "functionCall", "functionResponse")
    for at, turn in enumerate(turns):
        for number, part in enumerate(turn["parts"]):
            place = f"contents[{at}].parts[{number}]"
            if sum(kind in part for kind in kinds) != 1:
                broken.append(f"{place}: must have exactly one of {kinds}")
            signature = part.get("thoughtSignature")
            if signature in (None, SKIP):
                continue
            what = signed_text(MAKER, signature)
            if what is None:
                broken.append(f"{place}: Corrupted thought signature.")
            elif what.startswith("call:") and what != signed_as(part):
                broken.append(f"{place}: the signature of another call")
    return broken


def signature_rules(turns):
    """Since the last prompt, the first call of each step has its signature."""
    broken = []
    prompts = [at for at, turn in enumerate(turns) if turn["role"] == "user" and any("text" in part for part in turn["parts"])]
    for at, turn in enumerate(turns):
        calls = [part for part in turn["parts"] if "functionCall" in part]
        if at > max(prompts, default=0) and calls and "thoughtSignature" not in calls[0]:
            broken.append(f"contents[{at}]: Function call is missing a thought_signature")
    return broken


def signed_as(part):
    call = part.get("functionCall")
    return call and f"call:{call['name']} {json.dumps(call['args'], sort_keys=True)}"


# What the documentation names for calls that no Gemini made.
SKIP = "skip_thought_signature_validator"


def read(path, body):
    """The request as the model sees it."""
    body = as_referenced(body)
    config = body.get("generationConfig", {})
    said = Said(model=re.search(r"models/([^:]+):", path).group(1), streams="stream" in path)
    said.is_third = is_third(path)
    said.system = texts(body.get("systemInstruction", {"parts": []})["parts"])
    said.tools = [one["name"] for tool in body.get("tools", []) for one in tool.get("functionDeclarations", [])]
    said.schema = config.get("responseJsonSchema") or config.get("responseSchema")
    thinking = config.get("thinkingConfig", {})
    said.thinks = thinking.get("thinkingBudget", 0) != 0 or "thinkingLevel" in thinking
    said.includes_thoughts = thinking.get("includeThoughts", False)
    for turn in body["contents"]:
        parts = turn["parts"]
        signatures = [part.get("thoughtSignature", SKIP) for part in parts]
        said.thoughts += [signed_text(MAKER, signature) for signature in signatures if signature != SKIP]
        if turn["role"] != "user":
            continue
        if texts(parts):
            media = [part["inlineData"] for part in parts if "inlineData" in part]
            said.prompt, said.results = texts(parts), []
            said.images = [(one["mimeType"], digest(one["data"])) for one in media]
        for part in parts:
            response = part.get("functionResponse")
            if response:
                told = response["response"]
                said.results.append((response["name"], told.get("result", told.get("error")), "error" in told))
    return said


def texts(parts):
    return "".join(part.get("text", "") for part in parts)


def digest(data):
    padded = data.replace("-", "+").replace("_", "/")
    return hashlib.sha256(base64.b64decode(padded, validate=True)).hexdigest()[:16]


def parts_of(said, plan):
    """The answer's parts: the first call carries the signature, or the last text does."""
    parts = []
    for part in plan.parts:
        if isinstance(part, Thought) and said.includes_thoughts:
            parts.append({"text": part.text, "thought": True})
        if isinstance(part, Text):
            parts.append({"text": part.text})
        if isinstance(part, Call):
            # The third generation gives calls ids, others do not.
            named = {"id": f"g{part.id}"} if said.is_third else {}
            parts.append({"functionCall": {"name": part.name, "args": part.arguments, **named}})
    if said.thinks or said.is_third:
        calls = [part for part in parts if "functionCall" in part]
        if calls:
            calls[0]["thoughtSignature"] = sign(MAKER, signed_as(calls[0]))
        elif said.thinks:
            parts.append({"text": "", "thoughtSignature": sign(MAKER, f"text:{len(said.thoughts)}")})
    return parts


def usage(plan):
    told = plan.usage
    return {
        "promptTokenCount": told["input"],
        "cachedContentTokenCount": told["cached"],
        "candidatesTokenCount": told["output"] - told["reasoning"],
        "thoughtsTokenCount": told["reasoning"],
        "totalTokenCount": told["input"] + told["output"],
        "promptTokensDetails": [{"modality": "TEXT", "tokenCount": told["input"]}],
    }


def told(said, plan, parts, reason=None):
    candidate = {"content": {"parts": parts, "role": "model"}, "index": 0}
    if reason:
        candidate["finishReason"] = reason
    body = {"candidates": [candidate], "usageMetadata": usage(plan), "modelVersion": said.model}
    return {**body, "responseId": "gemini-Translated"}


def finish_reason(plan):
    return "MAX_TOKENS" if plan.is_cut_by_cap else "STOP"


def answer(said, plan):
    return told(said, plan, parts_of(said, plan), finish_reason(plan))


def stream(said, plan):
    """The answer's chunks: texts in pieces, calls whole, lines that end as Gemini's do."""

    def chunk(body):
        return f"data: {json.dumps(body, ensure_ascii=False)}\r\n\r\n".encode()

    for part in parts_of(said, plan):
        snippets = pieces(part["text"]) if part.get("text") else [None]
        for snippet in snippets:
            yield chunk(told(said, plan, [part if snippet is None else {**part, "text": snippet}]))
        if plan.fails:
            yield chunk(failure("overloaded")[2])
            return
    yield chunk(told(said, plan, [{"text": ""}], finish_reason(plan)))


FAILURES = {
    "401": (401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
    "403": (403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."),
    "404": (404, "NOT_FOUND", "models/gemini-nobody is not found for API version v1beta"),
    "429": (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota. Please retry in 7s."),
    "context": (
        400,
        "INVALID_ARGUMENT",
        "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
    ),
    "overloaded": (503, "UNAVAILABLE", "The model is overloaded. Please try again later."),
    "invalid": (400, "INVALID_ARGUMENT", "Invalid value at 'contents'"),
    "server": (500, "INTERNAL", "An internal error has occurred."),
}


def failure(cause, message=None):
    """Status, headers and body of an error answer."""
    status, kind, text = FAILURES[cause]
    error = {"code": status, "message": message or text, "status": kind}
    if status == 429:
        limit = {"quotaMetric": "requests", "quotaId": "GenerateRequestsPerMinutePerProjectPerModel"}
        error["details"] = [
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [limit]},
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"},
        ]
    return status, {}, {"error": error}


STREAM_TYPE = "text/event-stream"
ANSWER_HEADERS = {"server-timing": "gfet4t7; dur=2046"}
