//! `[admin]`: its address, and who may call it.

use std::net::{Ipv4Addr, SocketAddr, SocketAddrV4};

use quotah_policy::VirtualKey;

use super::super::Inputs;
use super::super::problem::Problem;
use super::super::resolved::{Admin, AdminToken, Listen, Role, Secret};
use super::super::section::{At, Section};
use super::super::tree::Table;
use super::server::{Override, overridden};

/// The admin plane's settings. The list of tokens may be empty: one is made when the program starts.
pub(super) fn admin(root: &Section<'_>, inputs: &Inputs) -> Admin {
    let empty = Table::default();
    let section = root
        .table("admin", "[admin]")
        .unwrap_or_else(|| root.stand_in(&empty));
    let written = section.text("listen").into_iter().collect::<Vec<_>>();
    let listen = section.listens("listen", &written).into_iter().next();
    let mut tokens = Vec::new();
    let from_env = inputs.env.filled("QUOTAH_ADMIN_TOKEN");
    if from_env.is_some_and(|token| !is_strong(token)) {
        let expected = TOKEN_EXPECTED.to_owned();
        root.problems().nowhere(Problem::BadOverride {
            name: "QUOTAH_ADMIN_TOKEN",
            expected,
        });
    }
    let from_file = section
        .required_if_present("token")
        .filter(|t| strong(&section, t));
    if let Some(token) = from_env.or_else(|| from_file.map(|t| t.value)) {
        tokens.push(AdminToken {
            name: "admin".to_owned(),
            token: Secret::new(token),
            role: Role::Admin,
            team: None,
        });
    }
    for row in section.tables("tokens", "[[admin.tokens]]") {
        if let Some(token) = token(&row) {
            is_new(&row, &token, &tokens);
            tokens.push(token);
        }
        row.end();
    }
    section.end();
    let listen = overridden(root, inputs, &ADMIN_LISTEN)
        .or(listen)
        .unwrap_or(LISTEN_ADMIN);
    Admin { listen, tokens }
}

fn token(row: &Section<'_>) -> Option<AdminToken> {
    let name = row.required("name", "");
    let token = row.required("token", "").filter(|t| strong(row, t));
    let roles = [
        ("viewer", Role::Viewer),
        ("operator", Role::Operator),
        ("admin", Role::Admin),
    ];
    let role = row.choice("role", &roles);
    let team = row.required_if_present("team");
    Some(AdminToken {
        name: name?.value.to_owned(),
        token: Secret::new(token?.value),
        role: role.unwrap_or(Role::Viewer),
        team: team.map(|at| at.value.to_owned()),
    })
}

/// Audits tell tokens apart by their names, and the admin plane by what they are.
fn is_new(row: &Section<'_>, token: &AdminToken, others: &[AdminToken]) {
    if others.iter().any(|other| other.name == token.name) {
        let problem = Problem::Twice {
            what: "admin token",
            name: token.name.clone(),
        };
        row.problems().at(row.place_of("name"), problem);
    }
    if others.iter().any(|other| other.token == token.token) {
        let expected = "a token that no other row has";
        row.invalid::<()>("token", row.place_of("token"), expected);
    }
}

fn strong(section: &Section<'_>, token: &At<&str>) -> bool {
    let fits = is_strong(token.value);
    if !fits {
        section.invalid::<()>("token", &token.place, TOKEN_EXPECTED);
    }
    fits
}

/// Virtual keys are for the data plane: whoever uses one for both has mixed them up.
pub(super) fn is_strong(token: &str) -> bool {
    token.len() >= TOKEN_BYTES_MIN
        && token.bytes().all(|b| b.is_ascii_graphic())
        && !VirtualKey::is_meant(token)
}

const ADMIN_LISTEN: Override = Override {
    flag: "--admin-listen",
    variable: "QUOTAH_ADMIN_LISTEN",
    of: |inputs| inputs.flags.admin_listen.as_ref(),
};

const LISTEN_ADMIN: Listen =
    Listen::Tcp(SocketAddr::V4(SocketAddrV4::new(Ipv4Addr::LOCALHOST, 8081)));

pub(super) const TOKEN_EXPECTED: &str = "at least 16 visible ASCII characters, and no virtual key";

/// 16 characters: below that a token can be guessed with patience.
const TOKEN_BYTES_MIN: usize = 16;
