"""What providers really answered, read by the libraries of other dialects: each of RECORDED, through every library."""

import json
import os

import anthropic
import openai
from google import genai
from lines import tell

openai_client = openai.OpenAI(max_retries=0)
anthropic_client = anthropic.Anthropic(max_retries=0)
genai_client = genai.Client()


def chat(model, prompt, is_streamed):
    options = {"model": model, "messages": [{"role": "user", "content": prompt}]}
    if not is_streamed:
        message = openai_client.chat.completions.create(**options).choices[0].message
        calls = [call.function for call in message.tool_calls or []]
        return message.content, [[call.name, json.loads(call.arguments)] for call in calls]
    # The library's helper raises where an answer ends at its cap, whoever made it: the pieces are put together here.
    text, calls = "", []
    for chunk in openai_client.chat.completions.create(**options, stream=True):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            for piece in choice.delta.tool_calls or []:
                if piece.index == len(calls):
                    calls.append([piece.function.name, ""])
                calls[piece.index][1] += piece.function.arguments or ""
    return text, [[name, json.loads(arguments)] for name, arguments in calls]


def responses(model, prompt, is_streamed):
    if is_streamed:
        last = list(openai_client.responses.create(model=model, input=prompt, stream=True))[-1]
        answer = last.response
    else:
        answer = openai_client.responses.create(model=model, input=prompt)
    calls = [item for item in answer.output if item.type == "function_call"]
    return answer.output_text, [[call.name, json.loads(call.arguments)] for call in calls]


def messages(model, prompt, is_streamed):
    options = {"model": model, "max_tokens": 900, "messages": [{"role": "user", "content": prompt}]}
    if is_streamed:
        with anthropic_client.messages.stream(**options) as helped:
            answer = helped.get_final_message()
    else:
        answer = anthropic_client.messages.create(**options)
    text = "".join(block.text for block in answer.content if block.type == "text")
    return text, [[block.name, block.input] for block in answer.content if block.type == "tool_use"]


def generate(model, prompt, is_streamed):
    options = {"model": model, "contents": prompt}
    stream = genai_client.models.generate_content_stream
    answers = list(stream(**options)) if is_streamed else [genai_client.models.generate_content(**options)]
    contents = [candidate.content for answer in answers for candidate in (answer.candidates or [])[:1]]
    parts = [part for content in contents if content for part in content.parts or []]
    text = "".join(part.text for part in parts if part.text and not part.thought)
    calls = [part.function_call for part in parts if part.function_call]
    return text, [[call.name, call.args or {}] for call in calls]


LIBRARIES = {"chat": chat, "responses": responses, "messages": messages, "generate": generate}

for recorded in os.environ["RECORDED"].split():
    model, name = recorded.split(":")
    for library, read in LIBRARIES.items():
        try:
            text, calls = read(model, f"recorded: {name} please", "-stream" in name)
        except Exception as error:  # noqa: BLE001 - what is raised is told
            tell(name, library=library, error=f"{type(error).__name__}: {error}")
        else:
            tell(name, library=library, text=text or "", calls=calls)
