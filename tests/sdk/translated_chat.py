"""The openai library's chat completions, served by deployments of other dialects."""

import json

import openai
from lines import tell
from pydantic import BaseModel
from translated import *  # noqa: F403 - the words of all these scripts

client = openai.OpenAI(max_retries=0)
TOOLS = [{"type": "function", "function": {"name": TOOL, "description": ABOUT, "parameters": PARAMETERS}}]
ASK = {"model": MODEL, "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": HELLO}]}
EFFORT = {"reasoning_effort": "medium"} if THINKS else {}


class Warmth(BaseModel):
    """An answer in JSON."""

    city: str
    degrees: int


def usage_of(usage):
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    return {
        "input": usage.prompt_tokens,
        "cached": prompt.cached_tokens if prompt else 0,
        "output": usage.completion_tokens,
        "reasoning": completion.reasoning_tokens if completion else 0,
    }


def plain():
    answer = client.chat.completions.create(**ASK)
    choice = answer.choices[0]
    tell("plain", text=choice.message.content, finish=choice.finish_reason, usage=usage_of(answer.usage), id=bool(answer.id))


def stream():
    chunks = list(client.chat.completions.create(**ASK, stream=True))
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)
    finish = chunks[-1].choices[0].finish_reason
    tell("stream", text=text, finish=finish, usages=sum(chunk.usage is not None for chunk in chunks))
    with client.chat.completions.stream(**ASK, stream_options={"include_usage": True}) as helped:
        told = "".join(event.delta for event in helped if event.type == "content.delta")
        final = helped.get_final_completion()
    assert told == final.choices[0].message.content
    tell("stream, helped", text=told, finish=final.choices[0].finish_reason, usage=usage_of(final.usage))


def asked(call, messages, is_streamed):
    """One answer with tools at hand; its message, to be appended as users do."""
    options = {"model": MODEL, "messages": messages, "tools": TOOLS, **EFFORT}
    if is_streamed:
        with client.chat.completions.stream(**options) as helped:
            choice = helped.get_final_completion().choices[0]
    else:
        choice = client.chat.completions.create(**options).choices[0]
    message = choice.message
    calls = [[made.function.name, json.loads(made.function.arguments)] for made in message.tool_calls or []]
    thought = getattr(message, "reasoning_content", None)
    tell(call, text=message.content, thought=thought, calls=calls, finish=choice.finish_reason)
    return message


def conversation(name, is_streamed):
    """Two prompts, each with calls whose results are given: four requests."""
    messages = []
    for turn, prompt in enumerate((WEATHER, AGAIN)):
        messages.append({"role": "user", "content": prompt})
        begins(2 * turn)
        message = asked(f"{name} {turn}: calls", messages, is_streamed)
        messages.append(message)
        for made in message.tool_calls:
            told = weather(json.loads(made.function.arguments)["city"])
            messages.append({"role": "tool", "tool_call_id": made.id, "content": told})
        begins(2 * turn + 1)
        messages.append(asked(f"{name} {turn}: results", messages, is_streamed))


def image():
    parts = [
        {"type": "text", "text": IMAGE},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
    ]
    answer = client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": parts}])
    tell("image", text=answer.choices[0].message.content)


def schema():
    messages = [{"role": "user", "content": JSON}]
    parsed = client.chat.completions.parse(model=MODEL, messages=messages, response_format=Warmth)
    told = parsed.choices[0].message.parsed
    tell("schema", city=told.city, degrees=told.degrees)
    form = {"type": "json_schema", "json_schema": {"name": "warmth", "schema": SCHEMA}}
    answer = client.chat.completions.create(model=MODEL, messages=messages, response_format=form)
    tell("schema, given", **json.loads(answer.choices[0].message.content))


def length():
    messages = [{"role": "user", "content": LENGTH}]
    choice = client.chat.completions.create(model=MODEL, messages=messages, max_completion_tokens=20).choices[0]
    tell("length", text=choice.message.content, finish=choice.finish_reason)


def failures():
    for cause in FAILURES:
        for is_streamed in (False, True):
            try:
                client.chat.completions.create(model=MODEL, messages=[user(f"fail:{cause} now")], stream=is_streamed)
                raised = None
            except openai.APIError as error:
                raised = error
            told = getattr(raised, "response", None)
            tell(
                f"fail {cause}{', streamed' if is_streamed else ''}",
                error=type(raised).__name__,
                status=getattr(raised, "status_code", None),
                code=raised.code,
                message=raised.message,
                retry_after=told.headers.get("retry-after") if told is not None else None,
            )


def broken_off():
    text = ""
    try:
        for chunk in client.chat.completions.create(model=MODEL, messages=[user(BREAK)], stream=True):
            text += chunk.choices[0].delta.content or ""
        raised = None
    except openai.APIError as error:
        raised = error
    tell("broken off", text=text, error=type(raised).__name__, code=getattr(raised, "code", None))


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
