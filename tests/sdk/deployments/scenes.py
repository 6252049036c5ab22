"""What the model behind every deployment says: it depends on what was said to it, never on the dialect.

A scene is chosen by a word in the last prompt. What the model answers tells what reached it: the weather that its
tools gave back, an image's digest, how many of its own thoughts it saw again.
"""

from dataclasses import dataclass, field


@dataclass
class Said:
    """A request, as far as the model cares."""

    prompt: str = ""
    system: str = ""
    # What tools gave back since the prompt, in order: name of the tool, text, whether it failed.
    results: list = field(default_factory=list)
    # Kind and digest of each image since the prompt.
    images: list = field(default_factory=list)
    tools: list = field(default_factory=list)
    schema: dict | None = None
    thinks: bool = False
    # Own thoughts and signed calls that came back just as they were signed.
    thoughts: list = field(default_factory=list)
    streams: bool = False
    model: str = ""


@dataclass
class Thought:
    text: str


@dataclass
class Text:
    text: str


@dataclass
class Call:
    name: str
    arguments: dict
    id: str
    # Of a tool that takes text, which has no arguments.
    text: str | None = None


@dataclass
class Plan:
    """An answer: its parts, how it ends, what is billed."""

    parts: list
    # Cached and written are in the input, reasoning is in the output, as the ledger counts.
    usage: dict
    # In a stream, the provider fails behind the first part.
    fails: bool = False
    is_cut_by_cap: bool = False

    @property
    def calls(self):
        return [part for part in self.parts if isinstance(part, Call)]


@dataclass
class Failure:
    """An error answer, by the name of its cause."""

    cause: str


# What the tool for patches is called with: no JSON, and full of what JSON escapes.
PATCH = '*** Begin Patch\n-say "hello"\n+say "héllo 😀"\\n\t*** End Patch\n'
GREETING = "Hello, Ünïcödé 😀! \"Quoted\", back\\slashed,\nand on a line of its own."


def scene(said):
    """What the model answers."""
    asked = said.prompt
    if "fail:" in asked:
        return Failure(asked.split("fail:")[1].split()[0])
    usage = {"input": 43, "cached": 11, "cache_write": 0, "output": 29, "reasoning": 0}
    parts = []
    if said.thinks:
        usage["reasoning"] = 13
        parts.append(Thought(f"Thought {len(said.thoughts)}: «let me see», she said.\n"))
    if "break off" in asked:
        return Plan([*parts, Text("This far and no")], usage, fails=True)
    if "weather" in asked and said.tools and not said.results:
        assert "get_weather" in said.tools, said.tools
        turn = len(said.thoughts)
        cities = [city for city in ("Paris", "Zürich") if city in asked] or ["Oslo"]
        calls = [Call("get_weather", {"city": city, "in": "°C"}, f"{turn}{at}") for at, city in enumerate(cities)]
        return Plan(parts + calls, usage)
    if "patch" in asked and said.tools and not said.results:
        assert said.tools == ["apply_patch", "get_weather"], said.tools
        return Plan([*parts, Call("apply_patch", {}, "p", PATCH), Call("get_weather", {"city": "Oslo"}, "w")], usage)
    if said.results:
        told = "; ".join(f"{name}: {'failed ' if failed else ''}{text}" for name, text, failed in said.results)
        return Plan([*parts, Text(f"{told} [{len(said.thoughts)} seen]")], usage)
    if "image" in asked:
        told = "; ".join(f"{kind} {digest}" for kind, digest in said.images)
        return Plan([*parts, Text(told)], usage)
    if "as JSON" in asked:
        assert said.schema is not None, "no schema came"
        properties = sorted(said.schema["properties"])
        assert properties == ["city", "degrees"], properties
        return Plan([*parts, Text('{"city": "Zürich", "degrees": 21}')], usage)
    if "at length" in asked:
        return Plan([*parts, Text("On and on and")], usage, is_cut_by_cap=True)
    return Plan([*parts, Text(f"{GREETING}{' As asked: ' + said.system if said.system else ''} [{len(said.thoughts)} seen]")], usage)


def pieces(text):
    """A text as a model streams it: a few characters at a time."""
    return [text[at : at + 7] for at in range(0, len(text), 7)]
