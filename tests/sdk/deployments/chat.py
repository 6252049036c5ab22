"""A deployment that speaks OpenAI's chat completions, and refuses what OpenAI refuses.

Rules and shapes: <https://platform.openai.com/docs/api-reference/chat/create>, read 2026-11.
"""

import base64
import hashlib
import json
import re

from deployments import typed
from deployments.scenes import Call, Said, Text, pieces
from openai.types.chat.completion_create_params import CompletionCreateParams

PATHS = ("/v1/chat/completions",)
MAKER = "openai"


def broken_rules(path, body):
    """What OpenAI would refuse in this request."""
    del path
    broken = typed.faults(CompletionCreateParams, {**body, "messages": [as_asked(one) for one in body["messages"]]})
    if broken:
        return broken
    waiting = []
    for at, message in enumerate(body["messages"]):
        role = message["role"]
        if role == "tool":
            if message["tool_call_id"] not in waiting:
                broken.append(f"messages[{at}]: no tool_calls with id {message['tool_call_id']!r} before")
            else:
                waiting.remove(message["tool_call_id"])
            continue
        if waiting:
            broken.append(f"messages[{at}]: tool_calls {waiting} have no tool messages")
        waiting = [call["id"] for call in message.get("tool_calls") or []]
        for call in message.get("tool_calls") or []:
            if call["type"] == "function" and not isinstance(json.loads(call["function"]["arguments"]), dict):
                broken.append(f"messages[{at}]: arguments are no object")
        if role == "assistant" and not (message.get("content") or message.get("tool_calls") or message.get("refusal")):
            broken.append(f"messages[{at}]: an assistant's message without content")
    if waiting:
        broken.append(f"tool_calls {waiting} have no tool messages")
    if "stream_options" in body and not body.get("stream"):
        broken.append("stream_options without stream")
    if ("tool_choice" in body or "parallel_tool_calls" in body) and not body.get("tools"):
        broken.append("tool_choice without tools")
    return broken + name_rules(body)


def as_asked(message):
    """A message without what the library's own answers have beside when their users append them to the history."""
    message = {name: value for name, value in message.items() if name not in ("annotations", "parsed")}
    message = {name: value for name, value in message.items() if (name, value) != ("tool_calls", None)}
    for call in message.get("tool_calls") or []:
        call.pop("index", None)
        call[call["type"]].pop("parsed_arguments", None)
    return message


def name_rules(body):
    names = [tool[tool["type"]]["name"] for tool in body.get("tools", [])]
    form = body.get("response_format", {}).get("json_schema")
    names += [form["name"]] if form else []
    strict = [tool["function"] for tool in body.get("tools", []) if tool.get("function", {}).get("strict")]
    strict += [form] if form and form.get("strict") else []
    schemas = [one.get("parameters") or one.get("schema") for one in strict]
    broken = [f"name {name!r}" for name in names if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name)]
    return broken + strict_rules(schemas)


def strict_rules(schemas):
    """A strict schema requires every property and allows no other: OpenAI refuses it otherwise."""
    broken = []
    for schema in schemas:
        if schema.get("additionalProperties") is not False:
            broken.append("strict, and additionalProperties is not false")
        if sorted(schema.get("required", [])) != sorted(schema.get("properties", {})):
            broken.append("strict, and not every property is required")
    return broken


def parts_of(content):
    return [{"type": "text", "text": content}] if isinstance(content, str) else content or []


def read(path, body):
    """The request as the model sees it."""
    del path
    said = Said(model=body["model"], streams=body.get("stream", False))
    said.tools = [tool[tool["type"]]["name"] for tool in body.get("tools", [])]
    said.schema = body.get("response_format", {}).get("json_schema", {}).get("schema")
    names = {}
    for message in body["messages"]:
        texts = "".join(part["text"] for part in parts_of(message.get("content")) if part["type"] == "text")
        if message["role"] in ("system", "developer"):
            said.system += texts
        for call in message.get("tool_calls") or []:
            names[call["id"]] = call[call["type"]]["name"]
        if message["role"] == "tool":
            said.results.append((names[message["tool_call_id"]], texts, False))
        if message["role"] == "user":
            said.prompt, said.results = texts, []
            urls = [part["image_url"]["url"] for part in parts_of(message["content"]) if part["type"] == "image_url"]
            said.images = [image(url) for url in urls]
    said.include_usage = body.get("stream_options", {}).get("include_usage", False)
    return said


def image(url):
    kind, data = re.fullmatch(r"data:([a-z/]+);base64,(.*)", url).groups()
    return kind, hashlib.sha256(base64.b64decode(data, validate=True)).hexdigest()[:16]


def finish_reason(plan):
    return "length" if plan.is_cut_by_cap else "tool_calls" if plan.calls else "stop"


def usage(plan):
    told = plan.usage
    return {
        "prompt_tokens": told["input"],
        "completion_tokens": told["output"],
        "total_tokens": told["input"] + told["output"],
        "prompt_tokens_details": {"cached_tokens": told["cached"], "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": told["reasoning"], "audio_tokens": 0},
    }


def tool_call(call):
    if call.text is not None:
        return {"id": f"call_{call.id}Zz", "type": "custom", "custom": {"name": call.name, "input": call.text}}
    arguments = json.dumps(call.arguments, ensure_ascii=False)
    return {"id": f"call_{call.id}Zz", "type": "function", "function": {"name": call.name, "arguments": arguments}}


def answer(said, plan):
    text = "".join(part.text for part in plan.parts if isinstance(part, Text))
    message = {"role": "assistant", "content": text or None, "refusal": None, "annotations": []}
    if plan.calls:
        message["tool_calls"] = [tool_call(call) for call in plan.calls]
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason(plan)}
    return {**frame(said, "chat.completion"), "choices": [choice], "usage": usage(plan), "service_tier": "default"}


def frame(said, kind):
    return {"id": "chatcmpl-Translated", "object": kind, "created": 1795000000, "model": said.model}


def stream(said, plan):
    """The answer's chunks, with the random padding that OpenAI adds."""

    def chunk(delta, reason=None):
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}
        told = {"usage": None} if said.include_usage else {}
        data = {**frame(said, "chat.completion.chunk"), "choices": [choice], **told, "obfuscation": "xY3"}
        return f"data: {json.dumps(data)}\n\n".encode()

    yield chunk({"role": "assistant", "content": "" if not plan.calls else None, "refusal": None})
    calls = 0
    for part in plan.parts:
        if isinstance(part, Text):
            yield from (chunk({"content": piece}) for piece in pieces(part.text))
        if isinstance(part, Call):
            whole = tool_call(part)
            kind, member = ("function", "arguments") if part.text is None else ("custom", "input")
            spelled = whole[kind][member]
            whole[kind][member] = ""
            yield chunk({"tool_calls": [{"index": calls, **whole}]})
            for piece in pieces(spelled):
                yield chunk({"tool_calls": [{"index": calls, kind: {member: piece}}]})
            calls += 1
        if plan.fails:
            error = {"message": "The server is overloaded", "type": "server_error", "param": None, "code": OVERLOADED}
            yield f"data: {json.dumps({'error': error})}\n\n".encode()
            return
    yield chunk({}, finish_reason(plan))
    if said.include_usage:
        last = {**frame(said, "chat.completion.chunk"), "choices": [], "usage": usage(plan)}
        yield f"data: {json.dumps(last)}\n\n".encode()
    yield b"data: [DONE]\n\n"


OVERLOADED = "server_is_overloaded"

FAILURES = {
    "401": (401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided: sk-nobody."),
    "403": (403, "invalid_request_error", "unsupported_country_region_territory", "Country not supported"),
    "404": (404, "invalid_request_error", "model_not_found", "The model `gpt-nobody` does not exist"),
    "429": (429, "tokens", "rate_limit_exceeded", "Rate limit reached for gpt-5.6 on tokens per min"),
    "context": (
        400,
        "invalid_request_error",
        "context_length_exceeded",
        "This model's maximum context length is 128000 tokens.",
    ),
    "overloaded": (503, "server_error", OVERLOADED, "The server is overloaded"),
    "invalid": (400, "invalid_request_error", "invalid_value", "Invalid value"),
    "server": (500, "server_error", "server_error", "The server had an error"),
}


def failure(cause, message=None):
    """Status, headers and body of an error answer."""
    status, kind, code, text = FAILURES[cause]
    body = {"error": {"message": message or text, "type": kind, "param": None, "code": code}}
    headers = {"x-request-id": "req_failed"}
    if status == 429:
        headers["retry-after"] = "7"
    return status, headers, body


STREAM_TYPE = "text/event-stream; charset=utf-8"
ANSWER_HEADERS = {"x-request-id": "req_answered", "openai-processing-ms": "21"}
