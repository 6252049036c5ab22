"""The openai library with a tool that takes text, as its coding agents have one: in chat and in responses, whole and streamed."""

import json

import openai
from lines import tell
from translated import *  # noqa: F403 - the words of all these scripts

client = openai.OpenAI(max_retries=0)
PROMPT = "Make a patch, please."
GRAMMAR = {"syntax": "lark", "definition": 'start: "***" /(.|\\n)+/'}
NAMED = {"name": "apply_patch", "description": "Changes files"}
FUNCTION = {"name": TOOL, "description": ABOUT, "parameters": PARAMETERS, "strict": False}
IN_CHAT = [
    {"type": "custom", "custom": {**NAMED, "format": {"type": "grammar", "grammar": GRAMMAR}}},
    {"type": "function", "function": FUNCTION},
]
IN_RESPONSES = [
    {"type": "custom", **NAMED, "format": {"type": "grammar", **GRAMMAR}},
    {"type": "function", **FUNCTION},
]


def streamed_in_chat(messages):
    """The message that the chunks make; the library has no type for pieces of such calls."""
    calls, text = {}, ""
    for chunk in client.chat.completions.create(model=MODEL, messages=messages, tools=IN_CHAT, stream=True):
        for choice in chunk.choices:
            text += choice.delta.content or ""
            for piece in choice.delta.to_dict().get("tool_calls") or []:
                whole = calls.setdefault(piece["index"], piece)
                if whole is not piece:
                    (kind, more), = ((kind, piece[kind]) for kind in ("function", "custom") if kind in piece)
                    member = "input" if kind == "custom" else "arguments"
                    whole[kind][member] += more[member]
    return text, list(calls.values())


def chat(name, is_streamed):
    messages = [{"role": "user", "content": PROMPT}]
    for turn in ("calls", "results"):
        if is_streamed:
            text, calls = streamed_in_chat(messages)
        else:
            message = client.chat.completions.create(model=MODEL, messages=messages, tools=IN_CHAT).choices[0].message
            text, calls = message.content or "", [call.to_dict() for call in message.tool_calls or []]
        told = [[call["type"], call.get("custom", {}).get("input")] for call in calls]
        tell(f"{name} {turn}", text=text, calls=told)
        messages.append({"role": "assistant", "content": text or None, "tool_calls": calls})
        messages += [{"role": "tool", "tool_call_id": call["id"], "content": "Done!"} for call in calls]


def responses(name, is_streamed):
    items = [{"role": "user", "content": PROMPT}]
    for turn in ("calls", "results"):
        options = {"model": MODEL, "input": items, "tools": IN_RESPONSES, "store": False}
        if is_streamed:
            pieces, answer = "", None
            for event in client.responses.create(**options, stream=True):
                pieces += event.delta if event.type == "response.custom_tool_call_input.delta" else ""
                answer = event.response if event.type == "response.completed" else answer
            assert pieces == "".join(item.input for item in answer.output if item.type == "custom_tool_call")
        else:
            answer = client.responses.create(**options)
        calls = [item for item in answer.output if item.type in ("custom_tool_call", "function_call")]
        told = [[item.type.split("_")[0], getattr(item, "input", None)] for item in calls]
        tell(f"{name} {turn}", text=answer.output_text, calls=told)
        items += answer.output
        items += [{"type": f"{item.type}_output", "call_id": item.call_id, "output": "Done!"} for item in calls]


def unknown_elsewhere():
    """A deployment that has no such tools is not asked with less than was meant."""
    try:
        client.chat.completions.create(model="elsewhere", messages=[{"role": "user", "content": PROMPT}], tools=IN_CHAT)
    except openai.BadRequestError as error:
        tell("elsewhere", message=error.body["message"])


for is_streamed in (False, True):
    for caller in (chat, responses):
        caller(f"{caller.__name__}{', streamed' * is_streamed}", is_streamed)
unknown_elsewhere()
