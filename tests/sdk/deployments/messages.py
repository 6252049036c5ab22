"""A deployment that speaks Anthropic's messages, and refuses what Anthropic refuses.

Rules and shapes: <https://docs.anthropic.com/en/api/messages>,
<https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking>, read 2026-11.
"""

import base64
import hashlib
import json
import re

from anthropic.types.message_create_params import MessageCreateParams
from deployments import typed
from deployments.scenes import Call, Said, Text, Thought, pieces
from deployments.signed import sign, signed_text

PATHS = ("/v1/messages",)
MAKER = "anthropic"


def broken_rules(path, body):
    """What Anthropic would refuse in this request."""
    del path
    broken = typed.faults(MessageCreateParams, body)
    if broken:
        return broken
    turns = [(turn["role"], blocks_of(turn["content"])) for turn in body["messages"]]
    if turns[0][0] != "user":
        broken.append("the first message is not the user's")
    broken += [f"messages {at} and {at + 1} are both {role}'s" for at, (role, _) in enumerate(turns[:-1]) if turns[at + 1][0] == role]
    broken += tool_rules(turns) + text_rules(turns) + thinking_rules(body, turns)
    names = [tool["name"] for tool in body.get("tools", [])]
    broken += [f"tool name {name!r}" for name in names if not re.fullmatch(r"[a-zA-Z0-9_-]{1,128}", name)]
    if len(set(names)) != len(names):
        broken.append("two tools of one name")
    if "tool_choice" in body and not names:
        broken.append("tool_choice without tools")
    if not 0 <= body.get("temperature", 1) <= 1:
        broken.append("temperature above 1")
    return broken


def blocks_of(content):
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def tool_rules(turns):
    """Every call is answered in the next message, and first there; every answer has its call."""
    broken = []
    for at, (_, blocks) in enumerate(turns):
        calls = [block["id"] for block in blocks if block["type"] == "tool_use"]
        after = turns[at + 1][1] if at + 1 < len(turns) else []
        answered = [block["tool_use_id"] for block in after if block["type"] == "tool_result"]
        if sorted(calls) != sorted(answered):
            broken.append(f"messages[{at}]: tool_use {calls} answered by tool_result {answered}")
        kinds = [block["type"] == "tool_result" for block in after]
        if sorted(kinds, reverse=True) != kinds:
            broken.append(f"messages[{at + 1}]: tool_result behind other content")
        broken += [f"id {name!r}" for name in calls if not re.fullmatch(r"[a-zA-Z0-9_-]+", name)]
    first = [block for block in turns[0][1] if block["type"] == "tool_result"]
    return broken + ["messages[0]: tool_result without tool_use"] * bool(first)


def text_rules(turns):
    broken = []
    for at, (_, blocks) in enumerate(turns):
        if not blocks and at + 1 < len(turns):
            broken.append(f"messages[{at}]: no content")
        texts = [block["text"] for block in blocks if block["type"] == "text"]
        if any(not text.strip() for text in texts):
            broken.append(f"messages[{at}]: text content blocks must be non-empty")
    return broken


def thinking_rules(body, turns):
    """Thoughts are its own and as they were; with thinking on, the turn that calls tools begins with one."""
    broken = []
    thinking = body.get("thinking", {"type": "disabled"})
    if thinking["type"] == "enabled" and not 1024 <= thinking["budget_tokens"] < body["max_tokens"]:
        broken.append("budget_tokens must be at least 1024 and below max_tokens")
    if thinking["type"] != "disabled":
        if body.get("temperature", 1) != 1 or "top_k" in body:
            broken.append("temperature and top_k go with thinking off only")
        if body.get("tool_choice", {}).get("type") in ("any", "tool"):
            broken.append("thinking may not be enabled when tool_choice forces tool use")
    for at, (role, blocks) in enumerate(turns):
        for block in blocks:
            if block["type"] == "thinking" and signed_text(MAKER, block["signature"]) != block["thinking"]:
                broken.append(f"messages[{at}]: invalid signature in thinking block")
            if block["type"] == "redacted_thinking" and signed_text(MAKER, block["data"]) is None:
                broken.append(f"messages[{at}]: invalid data in redacted_thinking block")
        begins = blocks[0]["type"] in ("thinking", "redacted_thinking") if blocks else False
        calls = any(block["type"] == "tool_use" for block in blocks)
        is_last = role == "assistant" and at == len(turns) - 2
        if thinking["type"] != "disabled" and is_last and calls and not begins:
            broken.append(f"messages[{at}]: expected thinking or redacted_thinking, but found {blocks[0]['type']}")
    return broken


def read(path, body):
    """The request as the model sees it."""
    del path
    said = Said(model=body["model"], streams=body.get("stream", False))
    system = body.get("system", "")
    said.system = system if isinstance(system, str) else " ".join(block["text"] for block in system)
    said.tools = [tool["name"] for tool in body.get("tools", [])]
    said.thinks = body.get("thinking", {"type": "disabled"})["type"] != "disabled"
    said.schema = ((body.get("output_config") or {}).get("format") or {}).get("schema")
    names = {}
    for turn in body["messages"]:
        blocks = blocks_of(turn["content"])
        said.thoughts += [block["thinking"] for block in blocks if block["type"] == "thinking"]
        said.thoughts += [block["data"] for block in blocks if block["type"] == "redacted_thinking"]
        names |= {block["id"]: block["name"] for block in blocks if block["type"] == "tool_use"}
        if turn["role"] != "user":
            continue
        texts = [block["text"] for block in blocks if block["type"] == "text"]
        if texts:
            images = [block["source"] for block in blocks if block["type"] == "image"]
            said.prompt, said.results = "".join(texts), []
            said.images = [(image["media_type"], digest(image["data"])) for image in images]
            continue
        for block in blocks:
            content = block.get("content", "")
            text = content if isinstance(content, str) else "".join(part.get("text", "") for part in content)
            said.results.append((names[block["tool_use_id"]], text, block.get("is_error", False)))
    return said


def digest(data):
    return hashlib.sha256(base64.b64decode(data, validate=True)).hexdigest()[:16]


def block(part):
    if isinstance(part, Thought):
        return {"type": "thinking", "thinking": part.text, "signature": sign(MAKER, part.text)}
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    return {"type": "tool_use", "id": f"toolu_01{part.id}", "name": part.name, "input": part.arguments}


def stop_reason(plan):
    return "max_tokens" if plan.is_cut_by_cap else "tool_use" if plan.calls else "end_turn"


def usage(plan):
    told = plan.usage
    read_from_cache, written = told["cached"], told["cache_write"]
    return {
        "input_tokens": told["input"] - read_from_cache - written,
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": read_from_cache,
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "output_tokens": told["output"],
        "output_tokens_details": {"thinking_tokens": told["reasoning"]},
        "service_tier": "standard",
    }


def answer(said, plan):
    return {
        "model": said.model,
        "id": "msg_01Translated",
        "type": "message",
        "role": "assistant",
        "content": [block(part) for part in plan.parts],
        "stop_reason": stop_reason(plan),
        "stop_sequence": None,
        "usage": usage(plan),
    }


def stream(said, plan):
    """The answer's events, spelled as Anthropic spells them: with a ping, and padding before the last brace."""

    def event(kind, **members):
        data = json.dumps({"type": kind, **members})
        return f"event: {kind}\ndata: {data[:-1]}     }}\n\n".encode()

    begun = {**answer(said, plan), "content": [], "stop_reason": None, "usage": {**usage(plan), "output_tokens": 1}}
    yield event("message_start", message=begun)
    for index, part in enumerate(plan.parts):
        whole = block(part)
        empty = {**whole, **{name: "" for name in ("text", "thinking", "signature") if name in whole}}
        if isinstance(part, Call):
            empty["input"] = {}
        yield event("content_block_start", index=index, content_block=empty)
        if index == 0:
            yield event("ping")
        for delta in deltas(part, whole):
            yield event("content_block_delta", index=index, delta=delta)
        if plan.fails:
            yield event("error", error={"type": "overloaded_error", "message": "Overloaded"}, request_id="req_011")
            return
        yield event("content_block_stop", index=index)
    ended = {"stop_reason": stop_reason(plan), "stop_sequence": None}
    told = usage(plan)
    told.pop("cache_creation")
    told.pop("service_tier")
    yield event("message_delta", delta=ended, usage=told)
    yield event("message_stop")


def deltas(part, whole):
    if isinstance(part, Text):
        return [{"type": "text_delta", "text": piece} for piece in pieces(part.text)]
    if isinstance(part, Thought):
        told = [{"type": "thinking_delta", "thinking": piece} for piece in pieces(part.text)]
        return [*told, {"type": "signature_delta", "signature": whole["signature"]}]
    spelled = json.dumps(part.arguments, ensure_ascii=False)
    return [{"type": "input_json_delta", "partial_json": piece} for piece in ["", *pieces(spelled)]]


FAILURES = {
    "401": (401, "authentication_error", "invalid x-api-key"),
    "403": (403, "permission_error", "Your API key does not have permission to use the specified resource."),
    "404": (404, "not_found_error", "model: claude-nobody"),
    "429": (429, "rate_limit_error", "This request would exceed your organization's rate limit"),
    "context": (400, "invalid_request_error", "prompt is too long: 213462 tokens > 200000 maximum"),
    "overloaded": (529, "overloaded_error", "Overloaded"),
    "invalid": (400, "invalid_request_error", "messages: at least one message is required"),
    "server": (500, "api_error", "Internal server error"),
}


def failure(cause, message=None):
    """Status, headers and body of an error answer."""
    status, kind, text = FAILURES[cause]
    body = {"type": "error", "error": {"type": kind, "message": message or text}, "request_id": "req_011Failed"}
    headers = {"request-id": "req_011Failed"}
    if status == 429:
        headers["retry-after"] = "7"
    return status, headers, body


STREAM_TYPE = "text/event-stream; charset=utf-8"
ANSWER_HEADERS = {"request-id": "req_011Answered"}
