"""The google-genai library in Vertex AI's mode; its access token is Quotah's key."""

import os

from google import genai
from google.oauth2.credentials import Credentials
from lines import raised, tell

ASK = {"contents": "Reply with exactly: OK"}


def models(key, recording):
    options = {"base_url": os.environ["QUOTAH"], "headers": {"x-replay": recording}}
    place = {"project": "a-project", "location": "europe-west4"}
    client = genai.Client(vertexai=True, credentials=Credentials(token=key), http_options=options, **place)
    return client, client.models


def usage_of(usage):
    output = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
    return {"input": usage.prompt_token_count, "output": output}


def generate(recording, model):
    held, ours = models(os.environ["KEY"], recording)
    answer = ours.generate_content(model=model, **ASK)
    tell(recording, model=model, text=str(answer.model_version), usage=usage_of(answer.usage_metadata))


def generate_stream(recording, model):
    held, ours = models(os.environ["KEY"], recording)
    text, usage = "", None
    for chunk in ours.generate_content_stream(model=model, **ASK):
        text += chunk.text or ""
        usage = usage_of(chunk.usage_metadata)
    tell(recording, model=model, text=text, usage=usage)


def error(call, key, recording):
    held, theirs = models(key, recording)
    tell(call, **raised(lambda: theirs.generate_content(model="gemini-does-not-exist", **ASK)))


generate("vertex/generate-content-reasoning-traffic-ON-DEMAND", "gemini-2.5-flash")
generate_stream("vertex/generate-content-stream-reasoning-traffic-ON-DEMAND-FLEX", "gemini-3-flash-preview")
error("vertex/generate-content-404", os.environ["KEY"], "vertex/generate-content-404")
error("unknown key", "sk-nobody-knows-this-key", "vertex/generate-content-404")
