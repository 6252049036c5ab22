"""What the scripts of translation ask, whatever the library: the prompts that `deployments/scenes.py` knows, and a tool."""

import os
import urllib.request

MODEL = os.environ["MODEL"]
# Whether the deployment signs thoughts, and tells them.
THINKS = os.environ["THINKS"] == "yes"

SYSTEM = "Be brief."
HELLO = "Hello?"
WEATHER = "What is the weather in Paris and Zürich?"
AGAIN = "And the weather in Zürich now?"
IMAGE = "What is in this image?"
JSON = "Where is it how warm, as JSON?"
LENGTH = "Tell it at length."
BREAK = "Tell it, and break off."
# A rate limit comes last: the deployment is then left alone for as long as it asked.
FAILURES = ("401", "403", "404", "context", "overloaded", "invalid", "server", "429")

# A picture of one pixel.
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="

TOOL = "get_weather"
ABOUT = "The weather in a city"
PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string", "description": "Which"}, "in": {"type": "string"}},
    "required": ["city"],
}
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "degrees": {"type": "integer"}},
    "required": ["city", "degrees"],
    "additionalProperties": False,
}


# Where the first deployment is told to be overloaded for the second request of a conversation; then nothing else is done.
DOWN = os.environ.get("DOWN")


def begins(request):
    """Before each request of a conversation, counted from 0."""
    if DOWN and request == 1:
        urllib.request.urlopen(DOWN, data=b"").close()


def weather(city):
    """What the tool gives back."""
    return f"21° in {city}"
