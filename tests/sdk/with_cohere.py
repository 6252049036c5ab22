"""Cohere's library, pointed at Quotah by its address alone."""

import os

import cohere
from lines import raised, tell

MODEL = "command-a-plus-05-2026"
MESSAGES = [{"role": "user", "content": "Who created Ruby?"}]

client = cohere.ClientV2(api_key=os.environ["KEY"], base_url=os.environ["QUOTAH"])


def replay(recording):
    return {"additional_headers": {"x-replay": recording}, "max_retries": 0}


def usage_of(usage):
    return {"input": int(usage.billed_units.input_tokens), "output": int(usage.billed_units.output_tokens or 0)}


def chat(recording):
    answer = client.chat(model=MODEL, messages=MESSAGES, request_options=replay(recording))
    text = answer.message.content[0].thinking
    tell(recording, model=MODEL, text=text, usage=usage_of(answer.usage))


def chat_stream(recording):
    text, usage = "", None
    for event in client.chat_stream(model=MODEL, messages=MESSAGES, request_options=replay(recording)):
        if event.type == "content-delta":
            text += event.delta.message.content.text or ""
        if event.type == "message-end":
            usage = usage_of(event.delta.usage)
    tell(recording, model=MODEL, text=text, usage=usage)


def embed(recording):
    answer = client.embed(
        model="embed-v4.0",
        texts=["Ruby is a programmer's best friend"],
        input_type="search_document",
        embedding_types=["float"],
        request_options=replay(recording),
    )
    usage = {"input": int(answer.meta.billed_units.input_tokens), "output": 0}
    tell(recording, model="embed-v4.0", text=answer.texts[0], usage=usage)


def rerank(recording):
    documents = ["Ruby is a programming language", "Paris is in France", "Rails is a Ruby framework"]
    asked = {"model": "rerank-v3.5", "query": "ruby", "documents": documents, "top_n": 2}
    answer = client.rerank(**asked, request_options=replay(recording))
    searches = int(answer.meta.billed_units.search_units)
    tell(recording, model="rerank-v3.5", text=str(answer.results[1].index), searches=searches)


def error(call, by, recording):
    tell(call, **raised(lambda: by.chat(model=MODEL, messages=MESSAGES, request_options=replay(recording))))


chat("cohere/chat-tools-cached-input-reasoning")
chat_stream("cohere/chat-stream-tools-cached-input-reasoning")
embed("cohere/embeddings")
rerank("cohere/rerank-search-units")
error("cohere/chat-400", client, "cohere/chat-400")
stranger = cohere.ClientV2(api_key="sk-nobody-knows-this-key", base_url=os.environ["QUOTAH"])
error("unknown key", stranger, "cohere/chat-400")
