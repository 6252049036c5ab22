"""Starting, reading and stopping what is measured. Only processes started here are ever signalled."""
import json
import os
import pathlib
import signal
import socket
import subprocess
import time

KEY = "sk-bench-0123456789abcdef0123456789abcdef"
START_SECONDS_MAX = 30
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class Rig:
    """The mock, the peers, and the load put on them."""

    def __init__(self, binaries, scratch, bench, options):
        self.binaries, self.scratch, self.bench, self.options = binaries, scratch, bench, options
        self.running = {}
        self.urls = {}
        self.mock_address = None

    def start(self, names):
        """Starts the mock, then every peer named; `direct` is the mock itself."""
        mock = self.spawn("mock", [self.binaries["mock"], "--threads", "1"], stdout=subprocess.PIPE)
        self.urls["direct"] = mock.stdout.readline().strip()
        self.mock_address = self.urls["direct"].removeprefix("http://")
        for name in names:
            if name != "direct":
                self.start_peer(name)

    def start_peer(self, name):
        """Starts one peer on a free port and waits until it accepts; for Quotah gives the seconds to its ready line."""
        port = free_port()
        address = f"127.0.0.1:{port}"
        seconds = None
        if name == "quotah":
            seconds = self.start_quotah(address)
        else:
            self.spawn(name, self.command(name, address))
        wait_for_port(port, self.running[name])
        self.urls[name] = f"http://{address}"
        return seconds

    def command(self, name, address):
        threads = str(self.options.threads)
        if name == "nginx":
            prefix = self.scratch / f"nginx-{address.rsplit(':', 1)[1]}"
            prefix.mkdir()
            template = (self.bench / "peers" / "nginx.conf").read_text()
            values = {"THREADS": threads, "PREFIX": str(prefix), "UPSTREAM": self.mock_address, "LISTEN": address}
            for mark, value in values.items():
                template = template.replace(f"@{mark}@", value)
            (prefix / "nginx.conf").write_text(template)
            return [self.binaries["nginx"], "-p", prefix, "-c", prefix / "nginx.conf", "-e", prefix / "error.log"]
        return [self.binaries[f"peer-{name}"], "--listen", address, "--upstream", self.mock_address, "--threads", threads]

    def start_quotah(self, address):
        """Starts Quotah with everything on, on an empty data directory; gives the seconds to its ready line."""
        home = pathlib.Path(self.scratch / f"quotah-{time.monotonic_ns()}")
        (home / "data").mkdir(parents=True)
        access = "false" if self.options.no_access_log else "true"
        (home / "quotah.toml").write_text(f"""
[server]
listen = "{address}"
require_key = true
threads = {self.options.threads}
[admin]
listen = "127.0.0.1:0"
token = "bench-admin-token-0123456789"
[[providers]]
kind = "openai"
api_key = "sk-upstream-0123456789"
base_url = "http://{self.mock_address}/v1"
[[keys]]
id = "bench"
key = "{KEY}"
team = "bench"
[[budgets]]
id = "bench"
match = {{ team = "bench" }}
per = "key"
limit_usd = "1000000"
[[limits]]
id = "bench"
match = {{ team = "bench" }}
per = "key"
requests_per_minute = 1000000000
tokens_per_minute = 1000000000000
concurrent = 100000
concurrent_streams = 100000
[log]
format = "json"
access = {access}
""")
        command = [self.binaries["quotah"], "run", "--config", home / "quotah.toml", "--data-dir", home / "data"]
        log = home / "stderr.log"
        began = time.perf_counter()
        process = self.spawn("quotah", command, stderr=open(log, "wb"))
        with open(log, "rb") as lines:
            text = b""
            while b"quotah ready " not in text:
                text += lines.read()
                if process.poll() is not None or time.perf_counter() - began > START_SECONDS_MAX:
                    raise RuntimeError(f"quotah did not become ready:\n{text.decode(errors='replace')}")
                time.sleep(0.0005)
        return time.perf_counter() - began

    def spawn(self, name, command, **streams):
        streams.setdefault("stdout", subprocess.DEVNULL)
        streams.setdefault("stderr", subprocess.DEVNULL)
        process = subprocess.Popen([str(part) for part in command], text=True, stdin=subprocess.DEVNULL, **streams)
        self.running[name] = process
        return process

    def stop_peer(self, name):
        process = self.running.pop(name, None)
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def stop(self):
        for name in list(self.running):
            self.stop_peer(name)

    def load(self, name, mode, *arguments):
        """Runs the load generator against a peer; gives its report."""
        done = subprocess.run(self.load_command(name, mode, arguments), capture_output=True, text=True, timeout=300)
        if done.returncode:
            raise RuntimeError(f"load on {name} failed: {done.stderr}")
        return json.loads(done.stdout)

    def meter(self, millis):
        """Runs the meter alone on answers of the mock; gives its figures."""
        command = [self.binaries["meter"], "--address", self.mock_address, "--millis", str(millis)]
        return json.loads(subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout)

    def hold(self, name, *arguments):
        """Opens streams on a peer; gives the process and how many are open. End its input to close them."""
        process = subprocess.Popen(self.load_command(name, "hold", arguments), text=True,
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        return process, int(process.stdout.readline() or 0)

    def load_command(self, name, mode, arguments):
        credential = f"Authorization: Bearer {KEY}"
        return [str(self.binaries["load"]), mode, "--url", self.urls[name], "--header", credential, *map(str, arguments)]

    def cpu_seconds(self, name):
        """User and system time of a peer and all its children so far."""
        return sum(ticks for _, ticks in self.tree(name)) / TICKS_PER_SECOND

    def memory_bytes(self, name):
        """Resident memory of a peer and all its children, shared pages counted once each by share (PSS)."""
        return sum(proportional_bytes(pid) for pid, _ in self.tree(name))

    def tree(self, name):
        """Process id and CPU ticks of a peer and of its children."""
        root = self.running["mock" if name == "direct" else name].pid
        found, parents = {}, {}
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                try:
                    fields = pathlib.Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()
                except OSError:
                    continue
                parents[int(entry)] = int(fields[1])
                found[int(entry)] = int(fields[11]) + int(fields[12])
        family = {root}
        while more := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= more
        return [(pid, found[pid]) for pid in family if pid in found]


def proportional_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError(f"no Pss for {pid}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process):
    began = time.monotonic()
    while time.monotonic() - began < START_SECONDS_MAX:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.01)
    raise RuntimeError(f"{process.args[0]} does not listen")
