"""The openai library's responses, served by deployments of other dialects: with no state but what the caller keeps."""

import json

import openai
from lines import tell
from pydantic import BaseModel
from translated import *  # noqa: F403 - the words of all these scripts

client = openai.OpenAI(max_retries=0)
TOOLS = [{"type": "function", "name": TOOL, "description": ABOUT, "parameters": PARAMETERS, "strict": False}]
ASK = {"model": MODEL, "instructions": SYSTEM, "input": HELLO}
THINKING = {"reasoning": {"effort": "medium", "summary": "auto"}} if THINKS else {}
STATELESS = {"store": False, "include": ["reasoning.encrypted_content"], **THINKING}


class Warmth(BaseModel):
    """An answer in JSON."""

    city: str
    degrees: int


def usage_of(usage):
    return {
        "input": usage.input_tokens,
        "cached": usage.input_tokens_details.cached_tokens,
        "output": usage.output_tokens,
        "reasoning": usage.output_tokens_details.reasoning_tokens,
    }


def plain():
    answer = client.responses.create(**ASK)
    tell("plain", text=answer.output_text, finish=answer.status, usage=usage_of(answer.usage), id=bool(answer.id))


def stream():
    text, final = "", None
    for event in client.responses.create(**ASK, stream=True):
        text += event.delta if event.type == "response.output_text.delta" else ""
        final = event.response if event.type == "response.completed" else final
    assert text == final.output_text
    tell("stream", text=text, finish=final.status, usage=usage_of(final.usage))
    with client.responses.stream(**ASK) as helped:
        told = "".join(event.delta for event in helped if event.type == "response.output_text.delta")
        final = helped.get_final_response()
    assert told == final.output_text
    tell("stream, helped", text=told, finish=final.status, usage=usage_of(final.usage))


def asked(call, items, is_streamed):
    """One answer with tools at hand; its items, to be appended as users do."""
    options = {"model": MODEL, "input": items, "tools": TOOLS, **STATELESS}
    if is_streamed:
        with client.responses.stream(**options) as helped:
            answer = helped.get_final_response()
    else:
        answer = client.responses.create(**options)
    calls = [[item.name, json.loads(item.arguments)] for item in answer.output if item.type == "function_call"]
    thoughts = [item for item in answer.output if item.type == "reasoning"]
    thought = "".join(part.text for item in thoughts for part in item.summary) or None
    tell(call, text=answer.output_text or None, thought=thought, calls=calls, finish=answer.status)
    return answer.output


def conversation(name, is_streamed):
    """Two prompts, each with calls whose results are given: four requests."""
    items = []
    for turn, prompt in enumerate((WEATHER, AGAIN)):
        items.append({"role": "user", "content": prompt})
        begins(2 * turn)
        output = asked(f"{name} {turn}: calls", items, is_streamed)
        items += output
        for made in output:
            if made.type == "function_call":
                told = weather(json.loads(made.arguments)["city"])
                items.append({"type": "function_call_output", "call_id": made.call_id, "output": told})
        begins(2 * turn + 1)
        items += asked(f"{name} {turn}: results", items, is_streamed)


def image():
    parts = [
        {"type": "input_text", "text": IMAGE},
        {"type": "input_image", "image_url": f"data:image/png;base64,{PNG}"},
    ]
    answer = client.responses.create(model=MODEL, input=[{"role": "user", "content": parts}])
    tell("image", text=answer.output_text)


def schema():
    told = client.responses.parse(model=MODEL, input=JSON, text_format=Warmth).output_parsed
    tell("schema", city=told.city, degrees=told.degrees)
    form = {"format": {"type": "json_schema", "name": "warmth", "schema": SCHEMA}}
    tell("schema, given", **json.loads(client.responses.create(model=MODEL, input=JSON, text=form).output_text))


def length():
    answer = client.responses.create(model=MODEL, input=LENGTH, max_output_tokens=20)
    tell("length", text=answer.output_text, finish=f"{answer.status} {answer.incomplete_details.reason}")


def failures():
    for cause in FAILURES:
        for is_streamed in (False, True):
            try:
                client.responses.create(model=MODEL, input=f"fail:{cause} now", stream=is_streamed)
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
    text, failed = "", None
    try:
        for event in client.responses.create(model=MODEL, input=BREAK, stream=True):
            text += event.delta if event.type == "response.output_text.delta" else ""
            failed = event.response.error.code if event.type == "response.failed" else failed
        raised = None
    except openai.APIError as error:
        raised = error
    tell("broken off", text=text, error=type(raised).__name__, code=getattr(raised, "code", failed))


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
