"""Every call of the google-genai library that Quotah meters, through GOOGLE_GEMINI_BASE_URL and GEMINI_API_KEY alone."""

import asyncio

from google import genai
from lines import raised, tell

MODEL = "gemini-2.5-flash"
ASK = {"model": MODEL, "contents": "How much is left? Ünïcödé 😀"}

client = genai.Client()


def usage_of(usage):
    thoughts = usage.thoughts_token_count or 0
    return {
        "input": usage.prompt_token_count,
        "cached": usage.cached_content_token_count or 0,
        "output": (usage.candidates_token_count or 0) + thoughts,
        "reasoning": thoughts,
    }


def generate():
    answer = client.models.generate_content(**ASK)
    tell("generateContent", text=answer.text, usage=usage_of(answer.usage_metadata))


def generate_stream():
    text, usage = "", None
    for chunk in client.models.generate_content_stream(**ASK):
        text += chunk.text or ""
        usage = usage_of(chunk.usage_metadata)
    tell("generateContent stream", text=text, usage=usage)


def embed():
    answer = client.models.embed_content(model="gemini-embedding-001", contents="Hello")
    tell("embedContent", text="", usage=None, numbers=len(answer.embeddings[0].values))


def count_tokens():
    counted = client.models.count_tokens(**ASK)
    tell("countTokens", text="", usage=None, counted=counted.total_tokens)


async def generate_async():
    answer = await client.aio.models.generate_content(**ASK)
    tell("generateContent, asynchronously", text=answer.text, usage=usage_of(answer.usage_metadata))


def errors():
    for status in (400, 403, 404, 429, 500, 503):
        config = {"http_options": {"headers": {"x-mock-status": str(status)}}}
        tell(f"provider says {status}", **raised(lambda: client.models.generate_content(**ASK, config=config)))
    stranger = genai.Client(api_key="sk-nobody-knows-this-key")
    tell("unknown key", **raised(lambda: stranger.models.generate_content(**ASK)))
    forbidden = {**ASK, "model": "gemini-2.5-pro"}
    tell("model not allowed", **raised(lambda: client.models.generate_content(**forbidden)))


generate()
generate_stream()
embed()
count_tokens()
asyncio.run(generate_async())
errors()
