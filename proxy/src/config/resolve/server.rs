//! `[server]`: addresses, bounds, deadlines.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};
use std::path::PathBuf;
use std::time::Duration;

use super::super::Inputs;
use super::super::amount::show_size;
use super::super::problem::Problem;
use super::super::resolved::{Listen, OnClientDisconnect, Secret, Server, Tls};
use super::super::section::{At, Section};
use super::super::tree::{Place, Table};
use super::admin::{TOKEN_EXPECTED, is_strong};

/// The data plane's settings.
pub(super) fn server(root: &Section<'_>, inputs: &Inputs) -> Server {
    let empty = Table::default();
    let section = root
        .table("server", "[server]")
        .unwrap_or_else(|| root.stand_in(&empty));
    let s = &section;
    let written = s.texts("listen");
    let listen = s.listens("listen", &written);
    let listen = overridden(root, inputs, &PROXY_LISTEN).map_or(listen, |one| vec![one]);
    let ways = [
        ("cancel", OnClientDisconnect::Cancel),
        ("drain", OnClientDisconnect::Drain),
    ];
    let count = |key, default: u64| {
        let count = s.integer(key, 1..=COUNT_MAX).unwrap_or(default);
        usize::try_from(count).unwrap_or(usize::MAX)
    };
    let server = Server {
        listen: if listen.is_empty() {
            vec![LISTEN]
        } else {
            listen
        },
        require_key: s.boolean("require_key").unwrap_or(false),
        drain: Duration::from_secs(s.integer("drain_seconds", 0..=3_600).unwrap_or(25)),
        on_client_disconnect: s
            .choice("on_client_disconnect", &ways)
            .unwrap_or(OnClientDisconnect::Cancel),
        body_bytes_max: s
            .size("body_bytes_max", 1_024..=1 << 30)
            .unwrap_or(64 << 20),
        // OpenAI takes files of 512 MB, Gemini of 2 GB: the larger ones are for who wants them.
        upload_bytes_max: s
            .size("upload_bytes_max", 1_024..=1 << 40)
            .unwrap_or(1 << 30),
        upload_held_bytes_max: s
            .size("upload_held_bytes_max", 4_096..=1 << 30)
            .unwrap_or(256 << 10),
        memory_max: s.size("memory_max", 1_024..=1 << 44).unwrap_or(1 << 30),
        in_flight_max: count("in_flight_max", 10_000),
        threads: count("threads", cores()),
        connections_max: count("connections_max", 20_000),
        tls: tls(s),
        timeout_head: s.millis("timeout_head_ms", 10_000),
        timeout_body: s.millis("timeout_body_ms", 30_000),
        timeout_keepalive: s.millis("timeout_keepalive_ms", 75_000),
        timeout_write: s.millis("timeout_write_ms", 60_000),
        tags: tags(s),
        key_pepper: key_pepper(s),
    };
    has_room(s, &server);
    let open = s.boolean("allow_unauthenticated").unwrap_or(false);
    if !server.require_key && !open {
        let place = written.first().map_or_else(|| s.place(), |at| &at.place);
        refuse_open(root, &server.listen, place);
    }
    section.end();
    server
}

/// What may be held of one body must fit into what may be held of all, or such a body would never be taken.
fn has_room(section: &Section<'_>, server: &Server) {
    let ones = [
        ("body_bytes_max", server.body_bytes_max),
        ("upload_held_bytes_max", server.upload_held_bytes_max),
    ];
    for (key, bytes) in ones {
        if server.memory_max < bytes {
            let expected = format!("at least `{key}`, which is {}", show_size(bytes));
            section.invalid::<()>("memory_max", section.place_of("memory_max"), &expected);
        }
    }
}

/// One thread a core, as far as the system says how many there are.
fn cores() -> u64 {
    std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64)
}

/// An address that other machines reach must demand keys, unless the user says that it need not.
fn refuse_open(root: &Section<'_>, listen: &[Listen], place: &Place) {
    let open = listen.iter().find_map(|listen| match listen {
        Listen::Tcp(address) if !address.ip().is_loopback() => Some(address.to_string()),
        Listen::Tcp(_) | Listen::Unix(_) => None,
    });
    if let Some(address) = open {
        root.problems().at(place, Problem::OpenToAll { address });
    }
}

fn tls(server: &Section<'_>) -> Option<Tls> {
    let section = server.table("tls", "`tls` in [server]")?;
    let path = |key| {
        section
            .required(key, "")
            .map(|at: At<&str>| PathBuf::from(at.value))
    };
    let (cert, key) = (path("cert"), path("key"));
    let client_ca = section
        .required_if_present("client_ca")
        .map(|at| PathBuf::from(at.value));
    section.end();
    Some(Tls {
        cert: cert?,
        key: key?,
        client_ca,
    })
}

fn tags(server: &Section<'_>) -> Vec<String> {
    let mut tags = Vec::new();
    for tag in server.texts("tags") {
        if is_label(tag.value) && tags.len() < TAGS_MAX {
            tags.push(tag.value.to_owned());
        } else {
            server.invalid::<()>(
                "tags",
                &tag.place,
                "at most 16 names of letters, digits, `_`, `-`, `.`",
            );
        }
    }
    tags
}

/// What keys of the registry are hashed with.
pub(super) fn key_pepper(server: &Section<'_>) -> Option<Secret> {
    let pepper = server.required_if_present("key_pepper")?;
    if !is_strong(pepper.value) {
        return server.invalid("key_pepper", &pepper.place, TOKEN_EXPECTED);
    }
    Some(Secret::new(pepper.value))
}

/// A short word that is safe in logs, metrics and paths.
pub(super) fn is_label(text: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    !text.is_empty() && text.len() <= LABEL_BYTES_MAX && text.chars().all(is_plain)
}

/// Reads an address: `127.0.0.1:8080`, `localhost:8080`, `[::1]:0`, `unix:/run/quotah.sock`.
fn parse_listen(text: &str) -> Option<Listen> {
    if let Some(path) = text.strip_prefix("unix:") {
        // A hand-over lists its sockets by name, with spaces between them.
        let fits = path.starts_with('/') && !path.contains(char::is_whitespace);
        return fits.then(|| Listen::Unix(path.into()));
    }
    let address = match text.strip_prefix("localhost:") {
        Some(port) => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), port.parse().ok()?),
        None => text.parse().ok()?,
    };
    Some(Listen::Tcp(address))
}

impl Section<'_> {
    pub(super) fn listens(&self, key: &'static str, texts: &[At<&str>]) -> Vec<Listen> {
        let listen = |at: &At<&str>| {
            parse_listen(at.value).or_else(|| self.invalid(key, &at.place, LISTEN_EXPECTED))
        };
        texts.iter().filter_map(listen).collect()
    }
}

/// Where an address may be set besides the file.
pub(super) struct Override {
    pub(super) flag: &'static str,
    pub(super) variable: &'static str,
    pub(super) of: fn(&Inputs) -> Option<&String>,
}

const PROXY_LISTEN: Override = Override {
    flag: "--listen",
    variable: "QUOTAH_LISTEN",
    of: |inputs| inputs.flags.listen.as_ref(),
};

/// A flag beats a variable beats the file.
pub(super) fn overridden(root: &Section<'_>, inputs: &Inputs, what: &Override) -> Option<Listen> {
    let flag = (what.of)(inputs).map(|text| (what.flag, text.as_str()));
    let (name, text) = flag.or_else(|| Some((what.variable, inputs.env.filled(what.variable)?)))?;
    let listen = parse_listen(text);
    if listen.is_none() {
        let expected = LISTEN_EXPECTED.to_owned();
        root.problems()
            .nowhere(Problem::BadOverride { name, expected });
    }
    listen
}

const LISTEN_EXPECTED: &str =
    "an IP address with a port such as 127.0.0.1:8080, localhost:8080, or unix:/path";

const LISTEN: Listen = Listen::Tcp(SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8080)));

/// More sockets than a process can hold.
const COUNT_MAX: u64 = 1_000_000;

/// Tags are dimensions of the books: each multiplies their rows.
const TAGS_MAX: usize = 16;

const LABEL_BYTES_MAX: usize = 64;
