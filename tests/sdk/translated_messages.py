"""The anthropic library's messages, served by deployments of other dialects."""

import json

import anthropic
from lines import tell
from translated import *  # noqa: F403 - the words of all these scripts

client = anthropic.Anthropic(max_retries=0)
TOOLS = [{"name": TOOL, "description": ABOUT, "input_schema": PARAMETERS}]
ASK = {"model": MODEL, "max_tokens": 900, "system": SYSTEM, "messages": [{"role": "user", "content": HELLO}]}
THINKING = {"thinking": {"type": "enabled", "budget_tokens": 2048}} if THINKS else {}


def usage_of(usage):
    cached, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    return {"input": usage.input_tokens + cached + written, "cached": cached, "output": usage.output_tokens}


def text_of(message):
    return "".join(block.text for block in message.content if block.type == "text") or None


def plain():
    answer = client.messages.create(**ASK)
    tell("plain", text=text_of(answer), finish=answer.stop_reason, usage=usage_of(answer.usage), id=bool(answer.id))


def stream():
    text, finish = "", None
    for event in client.messages.create(**ASK, stream=True):
        text += event.delta.text if event.type == "content_block_delta" else ""
        finish = event.delta.stop_reason if event.type == "message_delta" else finish
    tell("stream", text=text, finish=finish)
    with client.messages.stream(**ASK) as helped:
        told = "".join(helped.text_stream)
        final = helped.get_final_message()
    assert told == text_of(final)
    tell("stream, helped", text=told, finish=final.stop_reason, usage=usage_of(final.usage))


def asked(call, messages, is_streamed):
    """One answer with tools at hand; its content, to be appended as users do."""
    options = {"model": MODEL, "max_tokens": 4096, "messages": messages, "tools": TOOLS, **THINKING}
    if is_streamed:
        with client.messages.stream(**options) as helped:
            answer = helped.get_final_message()
    else:
        answer = client.messages.create(**options)
    calls = [[block.name, block.input] for block in answer.content if block.type == "tool_use"]
    thought = "".join(block.thinking for block in answer.content if block.type == "thinking") or None
    tell(call, text=text_of(answer), thought=thought, calls=calls, finish=answer.stop_reason)
    return answer.content


def conversation(name, is_streamed):
    """Two prompts, each with calls whose results are given: four requests."""
    messages = []
    for turn, prompt in enumerate((WEATHER, AGAIN)):
        messages.append({"role": "user", "content": prompt})
        begins(2 * turn)
        content = asked(f"{name} {turn}: calls", messages, is_streamed)
        messages.append({"role": "assistant", "content": content})
        results = [
            {"type": "tool_result", "tool_use_id": block.id, "content": weather(block.input["city"])}
            for block in content
            if block.type == "tool_use"
        ]
        messages.append({"role": "user", "content": results})
        begins(2 * turn + 1)
        content = asked(f"{name} {turn}: results", messages, is_streamed)
        messages.append({"role": "assistant", "content": content})


def image():
    source = {"type": "base64", "media_type": "image/png", "data": PNG}
    parts = [{"type": "image", "source": source}, {"type": "text", "text": IMAGE}]
    answer = client.messages.create(model=MODEL, max_tokens=900, messages=[{"role": "user", "content": parts}])
    tell("image", text=text_of(answer))


def schema():
    form = {"format": {"type": "json_schema", "schema": SCHEMA}}
    answer = client.messages.create(model=MODEL, max_tokens=900, messages=[user(JSON)], output_config=form)
    tell("schema", **json.loads(text_of(answer)))


def length():
    answer = client.messages.create(model=MODEL, max_tokens=20, messages=[user(LENGTH)])
    tell("length", text=text_of(answer), finish=answer.stop_reason)


def failures():
    for cause in FAILURES:
        for is_streamed in (False, True):
            messages = [user(f"fail:{cause} now")]
            try:
                client.messages.create(model=MODEL, max_tokens=900, messages=messages, stream=is_streamed)
                raised = None
            except anthropic.APIError as error:
                raised = error
            told = getattr(raised, "response", None)
            tell(
                f"fail {cause}{', streamed' if is_streamed else ''}",
                error=type(raised).__name__,
                status=getattr(raised, "status_code", None),
                code=raised.type,
                message=raised.message,
                retry_after=told.headers.get("retry-after") if told is not None else None,
            )


def broken_off():
    text = ""
    try:
        with client.messages.stream(model=MODEL, max_tokens=900, messages=[user(BREAK)]) as helped:
            for piece in helped.text_stream:
                text += piece
        raised = None
    except anthropic.APIError as error:
        raised = error
    tell("broken off", text=text, error=type(raised).__name__, code=getattr(raised, "type", None))


def user(text):
    return {"role": "user", "content": text}


conversation("whole", False)
conversation("streamed", True)
if not DOWN:
    plain()
    stream()
    image()
    schema()
    length()
    broken_off()
    failures()
