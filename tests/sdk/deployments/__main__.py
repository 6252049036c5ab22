"""Serves every deployment on one free port, until its input ends: `python -m deployments`.

Prints its URL as the first line. Whatever stands first in a path is the name of a world, and every world has deployments of
its own: `GET /WORLD/seen` tells every request and what was wrong with it; `POST /WORLD/down/DIALECT` lets the next request in
that dialect fail. A prompt that says `recorded: anthropic/messages-tools` is answered with that recording.
"""

import collections
import json
import pathlib
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from deployments import chat, generate, messages, responses
from deployments.scenes import Failure, scene

DIALECTS = {"chat": chat, "responses": responses, "messages": messages, "generate": generate}

# What begins every mark of the gateway's, as it is and as Gemini's callers spell it: no deployment may ever see one.
MARKS = (b"qh1.", b"cWgxL")

FIXTURES = pathlib.Path(__file__).parents[3] / "adapters/fixtures"


class World:
    """What one test's deployments were asked."""

    def __init__(self):
        self.seen = []
        # Dialects whose next request finds the deployment overloaded.
        self.down = set()


worlds = collections.defaultdict(World)


def rules_broken(dialect, path, body):
    try:
        return dialect.broken_rules(path, body)
    except Exception as error:  # noqa: BLE001 - a request that rules cannot even read is a broken one
        return [f"unreadable: {error!r}"]


class Deployment(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"

    def world(self):
        """The world that is asked; the path is what stands behind its name."""
        _, name, path = self.path.split("/", 2)
        self.path = f"/{path}"
        return worlds[name]

    def do_GET(self):
        seen = self.world().seen
        self.reply(200, {"content-type": "application/json"}, json.dumps(seen).encode())

    def do_POST(self):
        world = self.world()
        raw = self.rfile.read(int(self.headers["content-length"]))
        if self.path.startswith("/down/"):
            world.down.add(self.path.removeprefix("/down/"))
            self.reply(204, {}, b"")
            return
        name = next((name for name, dialect in DIALECTS.items() if self.path.startswith(dialect.PATHS)), None)
        if name is None:
            world.seen.append({"dialect": None, "path": self.path, "broken": ["nobody serves this path"]})
            self.reply(404, {"content-type": "text/plain"}, b"404 page not found")
            return
        dialect, body = DIALECTS[name], json.loads(raw)
        if name in world.down:
            world.down.remove(name)
            self.fail(dialect, "overloaded")
            return
        broken = rules_broken(dialect, self.path, body)
        broken += [f"a mark of the gateway's: {mark}" for mark in MARKS if mark in raw]
        record = {"dialect": name, "path": self.path, "broken": broken, "body": body}
        world.seen.append(record)
        if broken:
            self.fail(dialect, "invalid", "; ".join(broken))
            return
        try:
            said = dialect.read(self.path, body)
            plan = None if "recorded:" in said.prompt else scene(said)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test is to be told of it
            broken.append(f"the model understood nothing: {error!r}")
            self.fail(dialect, "invalid", broken[-1])
            return
        record |= {"prompt": said.prompt, "thoughts": said.thoughts, "thinks": said.thinks}
        if plan is None:
            self.replay(said.prompt.split("recorded:")[1].split()[0])
        elif isinstance(plan, Failure):
            self.fail(dialect, plan.cause)
        elif said.streams:
            self.pour({**dialect.ANSWER_HEADERS, "content-type": dialect.STREAM_TYPE}, dialect.stream(said, plan))
        else:
            headers = {**dialect.ANSWER_HEADERS, "content-type": "application/json"}
            self.reply(200, headers, json.dumps(dialect.answer(said, plan), ensure_ascii=False).encode())

    def fail(self, dialect, cause, message=None):
        status, headers, body = dialect.failure(cause, message)
        self.reply(status, {**headers, "content-type": "application/json"}, json.dumps(body).encode())

    def replay(self, name):
        recorded = json.loads((FIXTURES / f"{name}.json").read_text())["response"]
        if isinstance(recorded, str):
            recorded = json.loads(recorded)
        kind = next(value for key, value in recorded["headers"] if key == "content-type")
        self.pour({"content-type": kind}, [recorded["body"].encode()], recorded["status"])

    def reply(self, status, headers, body):
        self.head(status, {**headers, "content-length": str(len(body))})
        self.wfile.write(body)

    def pour(self, headers, pieces, status=200):
        self.head(status, {**headers, "transfer-encoding": "chunked"})
        for piece in pieces:
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def head(self, status, headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Deployment)
server.daemon_threads = True
threading.Thread(target=server.serve_forever, daemon=True).start()
print(f"http://127.0.0.1:{server.server_port}", flush=True)
sys.stdin.read()
