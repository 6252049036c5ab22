"""The measures, and the series that takes them: every peer in every round, the order rotated."""
import statistics
import sys
import time

# Every measure gives one or more figures: {figure: value}. Bounded in requests and in time.


def cpu_at(connections, requests):
    def measure(rig, name, scale):
        rig.load(name, "closed", "--connections", connections, "--requests", min(500, requests), "--seconds", 10)
        before = rig.cpu_seconds(name)
        seen = rig.load(name, "closed", "--connections", connections, "--requests", scale(requests), "--seconds", 30)
        used = rig.cpu_seconds(name) - before
        check(name, seen)
        return {f"cpu_us_c{connections}": 1e6 * used / seen["requests"], f"per_second_c{connections}": seen["per_second"]}
    return measure


def added_latency(rig, name, scale):
    seen = rig.load(name, "open", "--rate", 200, "--requests", scale(1000), "--warm-up", scale(100))
    check(name, seen)
    return {"p50_us": seen["latency_us"]["p50"], "p99_us": seen["latency_us"]["p99"]}


def first_token(rig, name, scale):
    seen = rig.load(name, "open", "--rate", 50, "--requests", scale(200), "--warm-up", scale(20), "--stream", "--ask-usage",
                    "--header", "x-mock-chunks: 10", "--header", "x-mock-delay-ms: 1")
    check(name, seen)
    return {"first_token_us": seen["first_us"]["p50"]}


def chunk_cpu(usage, figure):
    """Streams of 500 small chunks, 64 at once, each chunk written (and so woken for) by itself."""
    def measure(rig, name, scale):
        before = rig.cpu_seconds(name)
        seen = rig.load(name, "closed", "--connections", 64, "--requests", scale(128), "--seconds", 60, "--stream", *usage,
                        "--header", f"x-mock-chunks: {scale(500)}", "--header", "x-mock-delay-ms: 5")
        used = rig.cpu_seconds(name) - before
        check(name, seen)
        return {figure: 1e6 * used / seen["events"]}
    return measure


def big_body(rig, name, scale):
    before = rig.cpu_seconds(name)
    seen = rig.load(name, "closed", "--connections", 4, "--requests", scale(300), "--seconds", 30, "--body-bytes", 1_000_000)
    used = rig.cpu_seconds(name) - before
    check(name, seen)
    return {"cpu_us_1mb": 1e6 * used / seen["requests"]}


def stream_memory(rig, name, scale):
    """Memory above idle of a fresh process, per stream, while 1,000 are open and receiving."""
    if name == "direct":
        return {}
    rig.stop_peer(name)
    rig.start_peer(name)
    rig.load(name, "closed", "--connections", 16, "--requests", scale(2000), "--seconds", 10)
    time.sleep(0.5)
    idle = rig.memory_bytes(name)
    streams = scale(1000)
    holder, opened = rig.hold(name, "--streams", streams, "--stream", "--ask-usage",
                              "--header", "x-mock-chunks: 1000", "--header", "x-mock-delay-ms: 500")
    time.sleep(2 if scale(1000) == 1000 else 0.1)
    above = rig.memory_bytes(name) - idle
    holder.stdin.close()
    holder.wait(60)
    if opened != streams:
        print(f"{name}: only {opened} of {streams} streams opened", file=sys.stderr)
        return {}
    return {"stream_kib": above / 1024 / streams}


def start_up(rig, name, scale):
    """From exec to the ready line, on an empty data directory."""
    if name != "quotah":
        return {}
    rig.stop_peer(name)
    return {"start_ms": 1000 * rig.start_peer(name)}


def meter(rig, name, scale):
    """What the meter alone takes of the CPU, on answers of the same mock."""
    if name != "quotah":
        return {}
    seen = rig.meter(scale(500))
    return {"meter_answer_us": seen["answer_us"], "meter_answer_bytes": seen["answer_bytes"],
            "meter_event_us": seen["event_us"], "meter_stream_ns_per_byte": seen["stream_ns_per_byte"]}


MEASURES = {
    "cpu_1": cpu_at(1, 10_000),
    "cpu_16": cpu_at(16, 30_000),
    "cpu_64": cpu_at(64, 40_000),
    "latency": added_latency,
    "first_token": first_token,
    "chunk": chunk_cpu(["--ask-usage"], "chunk_cpu_us"),
    "chunk_injected": chunk_cpu([], "chunk_injected_cpu_us"),
    "big_body": big_body,
    "memory": stream_memory,
    "start_up": start_up,
    "meter": meter,
}


def applies(measure, name):
    """Whether a peer has figures for a measure at all."""
    return not (measure == "memory" and name == "direct" or measure in ("start_up", "meter") and name != "quotah")


def run(rig, names, options):
    """Takes every measure of every peer in every round; gives all values, by peer and measure."""
    measures = [measure for measure in MEASURES if not options.only or measure in options.only]
    rounds = 1 if options.quick else options.rounds
    scale = (lambda n: max(n // 50, 5)) if options.quick else (lambda n: n)
    figures = {name: {} for name in names}
    for turn in range(rounds):
        for measure in measures:
            # Rotated so that no peer always follows the same neighbour, nor always comes first.
            for name in names[turn % len(names):] + names[:turn % len(names)]:
                for figure, value in MEASURES[measure](rig, name, scale).items():
                    figures[name].setdefault(measure, {}).setdefault(figure, []).append(value)
            print(f"round {turn + 1}/{rounds}: {measure}", file=sys.stderr)
    return {"measures": measures, "rounds": rounds, "figures": figures}


def medians(found):
    """The median of every figure: {peer: {figure: value}}."""
    return {name: {figure: statistics.median(values) for by_figure in measures.values() for figure, values in by_figure.items()}
            for name, measures in found["figures"].items()}


def check(name, seen):
    """A figure counts only when every answer was whole, with status 200 and of the expected length."""
    faults = {kind: seen[kind] for kind in ["bad_status", "odd", "broken"] if seen[kind]}
    if faults or not seen["good"]:
        raise RuntimeError(f"{name} answered wrongly: {faults} of {seen['requests']}")
