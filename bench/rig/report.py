"""From a series to files: all values as JSON, medians and targets as a readable table."""
import datetime
import json
import os
import pathlib
import platform
import subprocess

from rig import series

ROWS = [
    ("cpu_us_c1", "CPU µs per request, 1 connection"),
    ("cpu_us_c16", "CPU µs per request, 16 connections"),
    ("cpu_us_c64", "CPU µs per request, 64 connections"),
    ("per_second_c1", "requests/s, 1 connection"),
    ("per_second_c16", "requests/s, 16 connections"),
    ("per_second_c64", "requests/s, 64 connections"),
    ("p50_us", "latency p50 µs at 200 requests/s"),
    ("p99_us", "latency p99 µs at 200 requests/s"),
    ("first_token_us", "time to first token p50 µs"),
    ("chunk_cpu_us", "CPU µs per SSE event, client asks for usage"),
    ("chunk_injected_cpu_us", "CPU µs per SSE event, client does not ask"),
    ("cpu_us_1mb", "CPU µs per request with a 1 MB body"),
    ("stream_kib", "KiB per open stream above idle, 1,000 streams"),
    ("start_ms", "ms from start to ready, empty data directory"),
    ("meter_answer_bytes", "bytes of a plain answer that the meter reads alone"),
    ("meter_answer_us", "µs that the meter takes for it"),
    ("meter_event_us", "µs that the meter takes for an SSE event"),
    ("meter_stream_ns_per_byte", "ns that the meter takes for a byte of a stream"),
]


def save(found, results, root, binaries, options):
    """Writes everything to <date>-<commit>.json; gives its path."""
    now = datetime.datetime.now(datetime.timezone.utc)
    commit = command(root, "git", "rev-parse", "--short=12", "HEAD")
    dirty = bool(command(root, "git", "status", "--porcelain", "--untracked-files=no"))
    document = {
        "at": now.isoformat(timespec="seconds"),
        "commit": commit + ("-dirty" if dirty else ""),
        "machine": machine(),
        "threads": options.threads,
        "access_log": not options.no_access_log,
        "nginx": command(root, str(binaries["nginx"]), "-v") if binaries["nginx"].exists() else None,
        "binary_bytes": binaries["quotah"].stat().st_size if binaries["quotah"].exists() else None,
        **found,
    }
    results.mkdir(exist_ok=True)
    path = results / f"{now:%Y-%m-%d}-{commit}.json"
    path.write_text(json.dumps(document, indent=1) + "\n")
    return path


def machine():
    model = next((line.split(":", 1)[1].strip() for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines()
                  if line.startswith("model name")), platform.machine())
    memory = next(int(line.split()[1]) // 1024 for line in pathlib.Path("/proc/meminfo").read_text().splitlines()
                  if line.startswith("MemTotal"))
    return {"cpu": model, "cores": os.cpu_count(), "memory_mib": memory, "kernel": platform.release()}


def command(root, *words):
    done = subprocess.run(words, cwd=root, capture_output=True, text=True)
    return (done.stdout or done.stderr).strip()


def write_markdown(source, target):
    """Writes the readable table for a run."""
    found = json.loads(pathlib.Path(source).read_text())
    middle = series.medians(found)
    names = list(found["figures"])
    host = found["machine"]
    lines = [
        "# Latest bench results", "",
        f"{found['at']}, commit `{found['commit']}`, {host['cpu']}, {host['cores']} cores, Linux {host['kernel']}; "
        f"{found['nginx']}; {found['threads']} worker thread(s) each; medians of {found['rounds']} interleaved rounds; "
        f"Quotah with keys, a hard budget, limits, metering, ledger and metrics on, access log {'on' if found['access_log'] else 'off'}.",
        "", "Ratios within one run are the figures to trust; absolute ones belong to this machine.", "",
        "| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names),
    ]
    for figure, title in ROWS:
        values = [middle[name].get(figure) for name in names]
        if any(value is not None for value in values):
            lines.append(f"| {title} | " + " | ".join(shown(value) for value in values) + " |")
    lines += admission(found.get("admission_ns", {}))
    if {"quotah", "nginx"} <= set(names):
        lines += ["", "## Targets", "", "| target | bound | measured | |", "|---|---|---|---|"]
        lines += [f"| {title} | {bound} | {measured} | {'pass' if good else 'MISS'} |"
                  for title, bound, measured, good in targets(middle, found)]
    target.write_text("\n".join(lines) + "\n")
    return 0


def admission(found):
    """What admitting a request takes of the CPU by itself."""
    if not found:
        return []
    rows = [f"| {name} | {value / 1000:.2f} |" for name, value in found.items()]
    return ["", "## Admission alone", "", "Identify, guards, limits, quote and budgets, given back: 5 hard budgets and 4 limits "
            "match, 10,000 accounts; \"others\" are budgets and limits that do not match.", "",
            "| | µs |", "|---|---|", *rows]


def targets(middle, found):
    """The bounds that the project holds itself to, with what was measured."""
    quotah, nginx = middle["quotah"], middle["nginx"]
    for title, figure, factor in [
        ("CPU per request, 64 connections", "cpu_us_c64", 2.5),
        ("CPU per SSE event", "chunk_cpu_us", 1.4),
        ("CPU per request with a 1 MB body", "cpu_us_1mb", 2.2),
    ]:
        if quotah.get(figure) is not None and nginx.get(figure):
            ratio = quotah[figure] / nginx[figure]
            yield title, f"≤ {factor} × nginx", f"{ratio:.2f} ×", ratio <= factor
    for title, figure, extra in [
        ("p50 at 200 requests/s", "p50_us", 60),
        ("time to first token", "first_token_us", 120),
    ]:
        if quotah.get(figure) is not None and nginx.get(figure) is not None:
            above = quotah[figure] - nginx[figure]
            yield title, f"≤ nginx + {extra} µs", f"nginx {above:+.0f} µs", above <= extra
    yield from meter_targets(quotah)
    for name, value in found.get("admission_ns", {}).items():
        if name.startswith("one caller"):
            yield f"admission, {name}", "< 3 µs", f"{value / 1000:.2f} µs", value < 3000
    for title, value, bound, unit in [
        ("memory per open stream", quotah.get("stream_kib"), 32, "KiB"),
        ("ready line on an empty data directory", quotah.get("start_ms"), 50, "ms"),
        ("stripped release binary", found["binary_bytes"] and found["binary_bytes"] / 1e6, 16, "MB"),
    ]:
        if value is not None:
            limit = "<" if unit == "ms" else "≤"
            yield title, f"{limit} {bound} {unit}", f"{value:.1f} {unit}", value < bound or (unit != "ms" and value <= bound)


def meter_targets(quotah):
    """The meter alone against its bounds, and as a share of the whole request."""
    answer, request = quotah.get("meter_answer_us"), quotah.get("cpu_us_c64")
    if answer is not None:
        share = f" ({100 * answer / request:.1f} % of a request)" if request else ""
        yield "meter, a plain answer of about 1 KiB", "< 2 µs", f"{answer:.2f} µs{share}", answer < 2
    byte, event, chunk = (quotah.get(key) for key in ["meter_stream_ns_per_byte", "meter_event_us", "chunk_cpu_us"])
    if byte is not None:
        share = f" ({100 * event / chunk:.1f} % of an event)" if chunk else ""
        yield "meter, a byte of a long stream", "< 1.5 ns", f"{byte:.2f} ns{share}", byte < 1.5


def shown(value):
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"
