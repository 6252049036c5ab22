"""A deployment that speaks OpenAI's responses, keeps nothing, and refuses what OpenAI refuses.

Rules and shapes: <https://platform.openai.com/docs/api-reference/responses/create>,
<https://platform.openai.com/docs/guides/reasoning>, read 2026-11.
"""

import json
import re

from deployments import typed
from deployments.chat import ANSWER_HEADERS, FAILURES, OVERLOADED, STREAM_TYPE, failure, image, strict_rules
from deployments.scenes import Call, Said, Text, Thought, pieces
from deployments.signed import sign, signed_text
from openai.types.responses.response_create_params import ResponseCreateParams

PATHS = ("/v1/responses",)
MAKER = "openai"


def broken_rules(path, body):
    """What OpenAI would refuse in this request."""
    del path
    broken = typed.faults(ResponseCreateParams, as_asked(body))
    if broken:
        return broken
    items = items_of(body)
    for at, item in enumerate(items):
        if item["type"] != "reasoning":
            continue
        if thought_of(item) is None:
            broken.append(f"input[{at}]: the encrypted content could not be verified")
        following = items[at + 1] if at + 1 < len(items) else {"type": "nothing"}
        is_models = following["type"] in ("reasoning", *CALLS) or following.get("role") == "assistant"
        if not is_models:
            broken.append(f"input[{at}]: a reasoning item without its following item, but {following['type']}")
    broken += call_rules(items)
    if body.get("max_output_tokens", 16) < 16:
        broken.append("max_output_tokens below 16")
    if "stop" in body or "stream_options" in body:
        broken.append("stop, stream_options: unknown parameter")
    names = [tool["name"] for tool in body.get("tools", [])]
    form = form_of(body)
    names += [form["name"]] if form else []
    broken += [f"name {name!r}" for name in names if not re.fullmatch(r"[a-zA-Z0-9_-]{1,64}", name)]
    # Here, other than in chat, a function's schema is strict unless it is said not to be.
    functions = [tool for tool in body.get("tools", []) if tool["type"] == "function"]
    strict = [tool["parameters"] for tool in functions if tool.get("strict") is not False]
    strict += [form["schema"]] if form and form.get("strict") else []
    return broken + strict_rules(strict)


def as_asked(body):
    """A body without what the library's own answers have beside when their users append them to the history."""
    if isinstance(body["input"], str):
        return body
    beside = {"custom_tool_call": ("status",)}
    items = [{name: value for name, value in item.items() if name not in beside.get(item.get("type"), ())} for item in body["input"]]
    return {**body, "input": items}


# A call's item, by the member that holds what the tool is called with.
CALLS = {"function_call": "arguments", "custom_tool_call": "input"}
OUTPUTS = {f"{kind}_output": kind for kind in CALLS}


def call_rules(items):
    """Every call has its output, behind it; every output its call."""
    broken, called = [], []
    for at, item in enumerate(items):
        if item["type"] in CALLS:
            called.append((item["type"], item["call_id"]))
            if item["type"] == "function_call" and not isinstance(json.loads(item["arguments"]), dict):
                broken.append(f"input[{at}]: arguments are no object")
        if item["type"] in OUTPUTS:
            call = (OUTPUTS[item["type"]], item["call_id"])
            if call in called:
                called.remove(call)
            else:
                broken.append(f"input[{at}]: No tool call found for function call output")
        if item.get("role") == "user" and called:
            broken.append(f"input[{at}]: No tool output found for function call {called}")
    return broken + [f"No tool output found for function call {called}"] * bool(called)


def items_of(body):
    given = body["input"]
    items = [{"role": "user", "content": given}] if isinstance(given, str) else given
    return [{"type": "message", **item} for item in items]


def thought_of(item):
    """The thought that a reasoning item holds, as it was: its summary and what stands encrypted fit each other."""
    told = "".join(part["text"] for part in item["summary"])
    encrypted = item.get("encrypted_content") or ""
    if not encrypted.startswith("gAAAAA"):
        return None
    thought = signed_text(MAKER, encrypted.removeprefix("gAAAAA"))
    return thought if thought is not None and told in ("", thought) else None


def form_of(body):
    form = body.get("text", {}).get("format", {})
    return form if form.get("type") == "json_schema" else None


def read(path, body):
    """The request as the model sees it."""
    del path
    said = Said(model=body["model"], streams=body.get("stream", False), system=body.get("instructions") or "")
    said.tools = [tool["name"] for tool in body.get("tools", [])]
    said.schema = (form_of(body) or {}).get("schema")
    reasoning = body.get("reasoning") or {}
    said.thinks = reasoning.get("effort") not in (None, "none")
    said.is_encrypted = "reasoning.encrypted_content" in (body.get("include") or [])
    said.is_summarised = bool(reasoning.get("summary"))
    names = {}
    for item in items_of(body):
        kind, role = item["type"], item.get("role")
        if kind == "reasoning":
            said.thoughts.append(thought_of(item))
        if kind in CALLS:
            names[item["call_id"]] = item["name"]
        if kind in OUTPUTS:
            said.results.append((names[item["call_id"]], text_of(item["output"]), False))
        if role in ("system", "developer"):
            said.system += text_of(item["content"])
        if role == "user":
            said.prompt, said.results = text_of(item["content"]), []
            parts = item["content"] if isinstance(item["content"], list) else []
            said.images = [image(part["image_url"]) for part in parts if part["type"] == "input_image"]
    return said


def text_of(content):
    return content if isinstance(content, str) else "".join(part.get("text", "") for part in content)


def item(said, at, part):
    """An output item."""
    if isinstance(part, Thought):
        summary = [{"type": "summary_text", "text": part.text}] if said.is_summarised else []
        encrypted = "gAAAAA" + sign(MAKER, part.text).replace("+", "-").replace("/", "_")
        kept = {"encrypted_content": encrypted} if said.is_encrypted else {}
        return {"id": f"rs_{at}", "type": "reasoning", "summary": summary, **kept}
    if isinstance(part, Text):
        content = [{"type": "output_text", "annotations": [], "logprobs": [], "text": part.text}]
        whole = {"id": f"msg_{at}", "type": "message", "status": "completed", "content": content, "role": "assistant"}
        return {**whole, "phase": "final_answer"}
    named = {"call_id": f"call_{part.id}Zz", "name": part.name}
    if part.text is not None:
        return {"id": f"ctc_{at}", "type": "custom_tool_call", "status": "completed", **named, "input": part.text}
    arguments = json.dumps(part.arguments, ensure_ascii=False)
    return {"id": f"fc_{at}", "type": "function_call", "status": "completed", **named, "arguments": arguments}


def answer(said, plan):
    return response(said, plan, "incomplete" if plan.is_cut_by_cap else "completed")


def response(said, plan, status):
    is_over = status != "in_progress"
    return {
        "id": "resp_Translated",
        "object": "response",
        "created_at": 1795000000,
        "status": status,
        "background": False,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if status == "incomplete" else None,
        "instructions": None,
        "metadata": {},
        "model": said.model,
        "output": [item(said, at, part) for at, part in enumerate(plan.parts)] if is_over else [],
        "parallel_tool_calls": True,
        "previous_response_id": None,
        "reasoning": {"effort": "medium", "summary": "detailed"},
        "service_tier": "default",
        "store": False,
        "temperature": 1.0,
        "text": {"format": {"type": "text"}, "verbosity": "medium"},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "truncation": "disabled",
        "usage": usage(plan) if is_over else None,
        "user": None,
    }


def usage(plan):
    told = plan.usage
    return {
        "input_tokens": told["input"],
        "input_tokens_details": {"cached_tokens": told["cached"]},
        "output_tokens": told["output"],
        "output_tokens_details": {"reasoning_tokens": told["reasoning"]},
        "total_tokens": told["input"] + told["output"],
    }


def stream(said, plan):
    """The answer's events, numbered."""
    count = -1

    def event(kind, **members):
        nonlocal count
        count += 1
        data = {"type": kind, "sequence_number": count, **members}
        return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()

    for kind in ("response.created", "response.in_progress"):
        yield event(kind, response=response(said, plan, "in_progress"))
    for at, part in enumerate(plan.parts):
        yield from (event(kind, output_index=at, **members) for kind, members in events_of(said, at, part))
        if plan.fails:
            error = {"type": "server_error", "code": OVERLOADED, "message": "The server is overloaded", "param": None}
            yield event("error", error=error)
            failed = {**response(said, plan, "in_progress"), "status": "failed", "error": {"code": OVERLOADED, "message": error["message"]}}
            yield event("response.failed", response=failed)
            return
    whole = answer(said, plan)
    yield event(f"response.{whole['status']}", response=whole)


def events_of(said, at, part):
    """The events of one item: added, filled, done."""
    whole = item(said, at, part)
    if isinstance(part, Thought):
        # What stands encrypted when an item is added is another text than when it is done.
        early = {"encrypted_content": "gAAAAAearly"} if "encrypted_content" in whole else {}
        yield "response.output_item.added", {"item": {**whole, "summary": [], **early}}
        for index, summary in enumerate(whole["summary"]):
            where = {"item_id": whole["id"], "summary_index": index}
            empty = {"type": "summary_text", "text": ""}
            yield "response.reasoning_summary_part.added", {**where, "part": empty}
            for piece in pieces(summary["text"]):
                yield "response.reasoning_summary_text.delta", {**where, "delta": piece}
            yield "response.reasoning_summary_text.done", {**where, "text": summary["text"]}
            yield "response.reasoning_summary_part.done", {**where, "part": summary}
    if isinstance(part, Text):
        where = {"item_id": whole["id"], "content_index": 0}
        yield "response.output_item.added", {"item": {**whole, "status": "in_progress", "content": []}}
        yield "response.content_part.added", {**where, "part": {**whole["content"][0], "text": ""}}
        for piece in pieces(part.text):
            yield "response.output_text.delta", {**where, "delta": piece, "logprobs": [], "obfuscation": "q"}
        yield "response.output_text.done", {**where, "text": part.text, "logprobs": []}
        yield "response.content_part.done", {**where, "part": whole["content"][0]}
    if isinstance(part, Call):
        where = {"item_id": whole["id"]}
        member = CALLS[whole["type"]]
        told = "response.function_call_arguments" if part.text is None else "response.custom_tool_call_input"
        yield "response.output_item.added", {"item": {**whole, "status": "in_progress", member: ""}}
        for piece in pieces(whole[member]):
            yield f"{told}.delta", {**where, "delta": piece}
        yield f"{told}.done", {**where, member: whole[member]}
    yield "response.output_item.done", {"item": whole}


__all__ = ["ANSWER_HEADERS", "FAILURES", "MAKER", "PATHS", "STREAM_TYPE", "answer", "broken_rules", "failure", "read", "stream"]
