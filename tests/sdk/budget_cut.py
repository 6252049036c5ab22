"""What users of each library see when a hard budget ends: an exception, once. Retries are on, as they are by default."""

import anthropic
import openai
from google import genai
from lines import raised, tell

LONG = {"x-mock-chunks": "4000", "x-mock-text-bytes": "4", "x-mock-delay-ms": "1"}
MESSAGES = [{"role": "user", "content": "hi"}]


def with_openai():
    client = openai.OpenAI()
    return list(client.chat.completions.create(model="gpt-4o-mini", messages=MESSAGES, stream=True, extra_headers=LONG))


def with_openai_responses():
    client = openai.OpenAI()
    return list(client.responses.create(model="gpt-4o-mini", input="hi", stream=True, extra_headers=LONG))


def with_anthropic():
    client = anthropic.Anthropic()
    ask = {"model": "claude-haiku-4-5", "max_tokens": 64000, "messages": MESSAGES}
    with client.messages.stream(**ask, extra_headers=LONG) as stream:
        stream.until_done()


def with_google_genai():
    client = genai.Client()
    ask = {"model": "gemini-2.5-flash", "contents": "hi", "config": {"http_options": {"headers": LONG}}}
    return list(client.models.generate_content_stream(**ask))


def until_refused(name, call):
    """Calls until there is nothing left; tells what the first raised, what the last did, and how many there were."""
    first = raised(call)
    calls, last = 1, first
    while last["status"] != 429 and calls < 100:
        calls, last = calls + 1, raised(call)
    tell(name, cut=first["error"], refused=last["error"], status=last["status"], calls=calls)


until_refused("openai", with_openai)
until_refused("openai responses", with_openai_responses)
until_refused("anthropic", with_anthropic)
until_refused("google-genai", with_google_genai)
