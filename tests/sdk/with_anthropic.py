"""Every call of the anthropic library that Quotah meters, through ANTHROPIC_BASE_URL and ANTHROPIC_API_KEY alone."""

import asyncio

import anthropic
from lines import raised, tell

MODEL = "claude-haiku-4-5"
ASK = {"model": MODEL, "max_tokens": 512, "messages": [{"role": "user", "content": "How much is left? Ünïcödé 😀"}]}

client = anthropic.Anthropic(max_retries=0)


def usage_of(usage):
    cached, written = usage.cache_read_input_tokens, usage.cache_creation_input_tokens
    return {
        "input": usage.input_tokens + cached + written,
        "cached": cached,
        "cache_write": written,
        "output": usage.output_tokens,
        "reasoning": 0,
    }


def messages():
    answer = client.messages.create(**ASK)
    tell("messages", text=answer.content[0].text, usage=usage_of(answer.usage))


def messages_stream():
    with client.messages.stream(**ASK) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    tell("messages stream", text=text, usage=usage_of(final.usage))


def count_tokens():
    counted = client.messages.count_tokens(model=MODEL, messages=ASK["messages"])
    tell("count_tokens", text="", usage=None, counted=counted.input_tokens)


async def messages_async():
    async with anthropic.AsyncAnthropic(max_retries=0) as asynchronous:
        answer = await asynchronous.messages.create(**ASK)
    tell("messages, asynchronously", text=answer.content[0].text, usage=usage_of(answer.usage))


def errors():
    for status in (400, 401, 403, 404, 429, 500, 529):
        failing = {"x-mock-status": str(status)}
        tell(f"provider says {status}", **raised(lambda: client.messages.create(**ASK, extra_headers=failing)))

    def broken():
        with client.messages.stream(**ASK, extra_headers={"x-mock-error-at": "3"}) as stream:
            stream.until_done()

    tell("provider breaks a stream off", **raised(broken))
    stranger = anthropic.Anthropic(api_key="sk-nobody-knows-this-key", max_retries=0)
    tell("unknown key", **raised(lambda: stranger.messages.create(**ASK)))
    forbidden = {**ASK, "model": "claude-sonnet-5"}
    tell("model not allowed", **raised(lambda: client.messages.create(**forbidden)))


messages()
messages_stream()
count_tokens()
asyncio.run(messages_async())
errors()
