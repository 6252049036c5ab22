"""Every call of the openai library that Quotah meters, through OPENAI_BASE_URL and OPENAI_API_KEY alone."""

import asyncio

import openai
from lines import raised, tell

MODEL = "gpt-4o-mini"
MESSAGES = [{"role": "user", "content": "How much is left? Ünïcödé 😀"}]

client = openai.OpenAI(max_retries=0)


def completion_usage(usage):
    if usage is None:
        return None
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    return {
        "input": usage.prompt_tokens,
        "cached": prompt.cached_tokens if prompt else 0,
        "output": usage.completion_tokens,
        "reasoning": completion.reasoning_tokens if completion else 0,
    }


def response_usage(usage):
    return {
        "input": usage.input_tokens,
        "cached": usage.input_tokens_details.cached_tokens,
        "output": usage.output_tokens,
        "reasoning": usage.output_tokens_details.reasoning_tokens,
    }


def chat():
    answer = client.chat.completions.create(model=MODEL, messages=MESSAGES)
    tell("chat", text=answer.choices[0].message.content, usage=completion_usage(answer.usage))


def chat_stream(call, **options):
    text, usages, without_choice = "", [], 0
    for chunk in client.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True, **options):
        without_choice += not chunk.choices
        text += (chunk.choices[0].delta.content or "") if chunk.choices else ""
        usages += [chunk.usage] if chunk.usage else []
    usage = completion_usage(usages[-1] if usages else None)
    tell(call, text=text, usage=usage, chunks_without_choice=without_choice)


def completions():
    answer = client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Once")
    tell("completions", text=answer.choices[0].text, usage=completion_usage(answer.usage))
    stream = client.completions.create(model="gpt-3.5-turbo-instruct", prompt="Once", stream=True)
    chunks = list(stream)
    text = "".join(chunk.choices[0].text for chunk in chunks)
    tell("completions stream", text=text, usage=None, chunks_without_choice=0)


def responses():
    answer = client.responses.create(model=MODEL, input="Hello")
    tell("responses", text=answer.output_text, usage=response_usage(answer.usage))
    text, usage = "", None
    for event in client.responses.create(model=MODEL, input="Hello", stream=True):
        if event.type == "response.output_text.delta":
            text += event.delta
        if event.type == "response.completed":
            usage = response_usage(event.response.usage)
    tell("responses stream", text=text, usage=usage)


def embeddings():
    answer = client.embeddings.create(model="text-embedding-3-small", input="Hello", encoding_format="float")
    usage = {"input": answer.usage.prompt_tokens, "cached": 0, "output": 0, "reasoning": 0}
    tell("embeddings", text="", usage=usage, numbers=len(answer.data[0].embedding))


async def chat_async():
    async with openai.AsyncOpenAI(max_retries=0) as asynchronous:
        stream = await asynchronous.chat.completions.create(model=MODEL, messages=MESSAGES, stream=True)
        text = "".join([chunk.choices[0].delta.content or "" async for chunk in stream])
    tell("chat stream, asynchronously", text=text, usage=None, chunks_without_choice=0)


def errors():
    def create(**options):
        return client.chat.completions.create(model=MODEL, messages=MESSAGES, **options)

    for status in (400, 401, 403, 404, 422, 429, 500, 503):
        failing = {"x-mock-status": str(status)}
        tell(f"provider says {status}", **raised(lambda: create(extra_headers=failing)))
    broken = {"x-mock-error-at": "3"}
    tell("provider breaks a stream off", **raised(lambda: list(create(stream=True, extra_headers=broken))))
    stranger = openai.OpenAI(api_key="sk-nobody-knows-this-key", max_retries=0)
    tell("unknown key", **raised(stranger.models.list))
    forbidden = {"model": "gpt-4o", "messages": MESSAGES}
    tell("model not allowed", **raised(lambda: client.chat.completions.create(**forbidden)))


chat()
chat_stream("chat stream")
chat_stream("chat stream with usage", stream_options={"include_usage": True})
completions()
responses()
embeddings()
asyncio.run(chat_async())
tell("models", text="", usage=None, models=len(list(client.models.list())))
errors()
