"""The google-genai library's generateContent, served by deployments of other dialects."""

import base64
import json

from google import genai
from google.genai import errors, types
from lines import tell
from pydantic import BaseModel
from translated import *  # noqa: F403 - the words of all these scripts

client = genai.Client()
DECLARED = types.FunctionDeclaration(name=TOOL, description=ABOUT, parameters_json_schema=PARAMETERS)
THOUGHTS = types.ThinkingConfig(thinking_budget=2048, include_thoughts=True) if THINKS else None
WITH_TOOLS = types.GenerateContentConfig(
    tools=[types.Tool(function_declarations=[DECLARED])],
    thinking_config=THOUGHTS,
    automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
)
BRIEF = types.GenerateContentConfig(system_instruction=SYSTEM)


class Warmth(BaseModel):
    """An answer in JSON."""

    city: str
    degrees: int


def usage_of(usage):
    thoughts = usage.thoughts_token_count or 0
    return {
        "input": usage.prompt_token_count,
        "cached": usage.cached_content_token_count or 0,
        "output": (usage.candidates_token_count or 0) + thoughts,
        "reasoning": thoughts,
    }


def finish_of(answer):
    return answer.candidates[0].finish_reason.value


def ask(contents, config=None):
    return client.models.generate_content(model=MODEL, contents=contents, config=config)


def plain():
    answer = ask(HELLO, BRIEF)
    usage = usage_of(answer.usage_metadata)
    tell("plain", text=answer.text, finish=finish_of(answer), usage=usage, id=bool(answer.response_id))


def stream():
    chunks = list(client.models.generate_content_stream(model=MODEL, contents=HELLO, config=BRIEF))
    text = "".join(chunk.text or "" for chunk in chunks)
    usage = usage_of(chunks[-1].usage_metadata)
    tell("stream", text=text, finish=finish_of(chunks[-1]), usage=usage, is_piecemeal=len(chunks) > 2)
    chat = client.chats.create(model=MODEL, config=BRIEF)
    text = "".join(chunk.text or "" for chunk in chat.send_message_stream(HELLO))
    tell("stream, helped", text=text)


def asked(call, contents, is_streamed):
    """One answer with tools at hand; its content, to be appended as users do."""
    if is_streamed:
        options = {"model": MODEL, "contents": contents, "config": WITH_TOOLS}
        chunks = list(client.models.generate_content_stream(**options))
        parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts or []]
        content, finish = types.Content(role="model", parts=parts), finish_of(chunks[-1])
    else:
        answer = ask(contents, WITH_TOOLS)
        content, finish = answer.candidates[0].content, finish_of(answer)
    calls = [[part.function_call.name, part.function_call.args] for part in content.parts if part.function_call]
    thought = "".join(part.text for part in content.parts if part.text and part.thought) or None
    text = "".join(part.text for part in content.parts if part.text and not part.thought) or None
    tell(call, text=text, thought=thought, calls=calls, finish=finish)
    return content


def conversation(name, is_streamed):
    """Two prompts, each with calls whose results are given: four requests."""
    contents = []
    for turn, prompt in enumerate((WEATHER, AGAIN)):
        contents.append(types.UserContent(prompt))
        begins(2 * turn)
        content = asked(f"{name} {turn}: calls", contents, is_streamed)
        contents.append(content)
        results = []
        for part in content.parts:
            made = part.function_call
            if made:
                told = {"result": weather(made.args["city"])}
                results.append(types.Part(function_response=types.FunctionResponse(id=made.id, name=made.name, response=told)))
        contents.append(types.Content(role="user", parts=results))
        begins(2 * turn + 1)
        contents.append(asked(f"{name} {turn}: results", contents, is_streamed))


def called_by_itself():
    """The library calls a function of Python's by itself, and gives its result back, until there is a text."""

    def get_weather(city: str) -> str:
        """The weather in a city."""
        return weather(city)

    config = types.GenerateContentConfig(tools=[get_weather], thinking_config=THOUGHTS)
    chat = client.chats.create(model=MODEL, config=config)
    tell("called by itself", text=chat.send_message("What is the weather in Oslo?").text)
    tell("called by itself again", text=chat.send_message("And the weather in Oslo now?").text)


def image():
    part = types.Part.from_bytes(data=base64.b64decode(PNG), mime_type="image/png")
    tell("image", text=ask([part, IMAGE]).text)


def schema():
    kind = "application/json"
    told = ask(JSON, types.GenerateContentConfig(response_mime_type=kind, response_schema=Warmth)).parsed
    tell("schema", city=told.city, degrees=told.degrees)
    given = ask(JSON, types.GenerateContentConfig(response_mime_type=kind, response_json_schema=SCHEMA))
    tell("schema, given", **json.loads(given.text))


def length():
    answer = ask(LENGTH, types.GenerateContentConfig(max_output_tokens=20))
    tell("length", text=answer.text, finish=finish_of(answer))


def failures():
    for cause in FAILURES:
        for is_streamed in (False, True):
            prompt = f"fail:{cause} now"
            try:
                if is_streamed:
                    list(client.models.generate_content_stream(model=MODEL, contents=prompt))
                else:
                    ask(prompt)
                raised = None
            except errors.APIError as error:
                raised = error
            tell(
                f"fail {cause}{', streamed' if is_streamed else ''}",
                error=type(raised).__name__,
                status=raised.code,
                code=raised.status,
                message=raised.message,
                details=raised.details,
            )


def broken_off():
    text = ""
    try:
        for chunk in client.models.generate_content_stream(model=MODEL, contents=BREAK):
            text += chunk.text or ""
        raised = None
    except errors.APIError as error:
        raised = error
    tell("broken off", text=text, error=type(raised).__name__, code=getattr(raised, "status", None))


conversation("whole", False)
conversation("streamed", True)
if not DOWN:
    plain()
    stream()
    called_by_itself()
    image()
    schema()
    length()
    broken_off()
    failures()
