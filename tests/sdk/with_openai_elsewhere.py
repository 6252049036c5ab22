"""The openai library toward Azure, and toward others who speak its dialect, at /PROVIDER/v1 of Quotah."""

import os

import openai
from lines import raised, tell

QUOTAH, KEY = os.environ["QUOTAH"], os.environ["KEY"]
MESSAGES = [{"role": "user", "content": "Hey, what is up?"}]


def azure(key):
    version = "2024-12-01-preview"
    return openai.AzureOpenAI(azure_endpoint=QUOTAH, api_key=key, api_version=version, max_retries=0)


def of(provider):
    return openai.OpenAI(base_url=f"{QUOTAH}/{provider}/v1", api_key=KEY, max_retries=0)


def usage_of(usage):
    return usage and {"input": usage.prompt_tokens, "output": usage.completion_tokens}


def create(client, recording, model, **options):
    headers = {"x-replay": recording}
    return client.chat.completions.create(model=model, messages=MESSAGES, extra_headers=headers, **options)


def chat(client, recording, model):
    answer = create(client, recording, model)
    tell(recording, model=model, text=answer.choices[0].message.content, usage=usage_of(answer.usage))


def chat_stream(client, recording, model):
    text, usage = "", None
    for chunk in create(client, recording, model, stream=True, stream_options={"include_usage": True}):
        text += "".join(choice.delta.content or "" for choice in chunk.choices)
        usage = usage_of(chunk.usage) or usage
    tell(recording, model=model, text=text, usage=usage)


chat(azure(KEY), "azure/chat-multibyte-utf8", "gpt-5.2-chat")
chat_stream(azure(KEY), "azure/chat-stream-empty-choices-chunk-multibyte-utf8", "gpt-5.2_2025-12-11")
chat(of("mistral"), "mistral/chat-tools-2", "pixtral-12b")
chat_stream(of("mistral"), "mistral/chat-stream", "mistral-tiny")
chat(of("groq"), "groq/chat-multibyte-utf8", "llama3-8b-8192")
chat_stream(of("groq"), "groq/chat-stream", "llama3-8b-8192")
chat(of("openrouter"), "openrouter/chat-is-byok", "openai/gpt-4o-mini")
hello = "openrouter/chat-stream-comment-empty-choices-chunk-reported-cost-usd"
chat_stream(of("openrouter"), hello, "anthropic/claude-sonnet-4.6")
missing = "azure/chat-404-2"
tell(missing, **raised(lambda: create(azure(KEY), missing, "gpt-5-nano")))
tell("unknown key", **raised(lambda: create(azure("sk-nobody-knows-this-key"), missing, "gpt-5-nano")))
