"""Ollama's library, pointed at Quotah by its address alone."""

import os

import ollama
from lines import raised, tell

MESSAGES = [{"role": "user", "content": "Tell me a joke about OpenTelemetry"}]


def client(key, recording):
    headers = {"authorization": f"Bearer {key}", "x-replay": recording}
    return ollama.Client(host=os.environ["QUOTAH"], headers=headers)


def ours(recording):
    return client(os.environ["KEY"], recording)


def usage_of(answer):
    return {"input": answer.prompt_eval_count, "output": answer.eval_count}


def chat():
    answer = ours("ollama/chat").chat(model="llama3", messages=MESSAGES)
    tell("ollama/chat", model="llama3", text=answer.message.content, usage=usage_of(answer))
    chunks = list(ours("ollama/chat-stream").chat(model="llama3", messages=MESSAGES, stream=True))
    text = "".join(chunk.message.content for chunk in chunks)
    tell("ollama/chat-stream", model="llama3", text=text, usage=usage_of(chunks[-1]))


def generate(recording):
    chunks = list(ours(recording).generate(model="gemma3:1b", prompt="Tell me a joke", stream=True))
    text = "".join(chunk.response for chunk in chunks)
    tell(recording, model="gemma3:1b", text=text, usage=usage_of(chunks[-1]))


chat()
generate("ollama/completions-stream-multibyte-utf8")
stranger = client("sk-nobody-knows-this-key", "ollama/chat")
tell("unknown key", **raised(lambda: stranger.chat(model="llama3", messages=MESSAGES)))
