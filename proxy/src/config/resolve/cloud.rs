//! `[[providers]]`: the addresses of clouds, which have a place in them: a region, a project, a resource.

use quotah_adapters::ProviderKind;

use super::super::Environment;
use super::super::problem::Problem;
use super::super::resolved::BaseUrl;
use super::super::section::{At, Section};
use super::super::tree::{Place, Problems, Table};
use super::aws;

/// A cloud's address where the table gives none; `Err` when what it takes is missing and said to be,
/// `Ok(None)` for kinds that are no cloud.
pub(super) fn base(
    row: &Section<'_>,
    kind: ProviderKind,
    env: &Environment,
) -> Result<Option<BaseUrl>, ()> {
    let address = match kind.as_str() {
        "bedrock" => {
            let Some(region) = aws::region(row, None, env) else {
                if !row.is_present("region") {
                    row.missing("region", ": such as \"us-east-1\" (or set AWS_REGION)");
                }
                return Err(());
            };
            bedrock(&region)
        }
        "vertex" => vertex(row, env)?,
        "azure" => match label(row, "resource")? {
            Some(resource) => format!("https://{}.openai.azure.com", resource.value),
            None => {
                row.missing("base_url", ": or `resource`, the first part of its name");
                return Err(());
            }
        },
        _ => return Ok(None),
    };
    let base = BaseUrl::parse(&address).map_err(|expected| {
        row.problems().nowhere(Problem::Invalid {
            key: "base_url".to_owned(),
            expected: expected.to_string(),
        });
    })?;
    Ok(Some(base))
}

/// Bedrock's runtime in a region.
fn bedrock(region: &str) -> String {
    let end = if region.starts_with("cn-") { ".cn" } else { "" };
    format!("https://bedrock-runtime.{region}.amazonaws.com{end}")
}

/// Vertex AI at a location, with the project in its path where one is known: clients that name it themselves
/// need none, and keys of its express mode have none.
fn vertex(row: &Section<'_>, env: &Environment) -> Result<String, ()> {
    let project = label(row, "project")?.map(|project| project.value.to_owned());
    let is_keyed = row.is_present("api_key") || row.is_present("credentials");
    let project = project.or_else(|| {
        let of_env = first(env, &PROJECT_VARIABLES).filter(|_| !is_keyed);
        of_env.map(str::to_owned)
    });
    let location = label(row, "location")?.map(|location| location.value.to_owned());
    let location = location.or_else(|| first(env, &LOCATION_VARIABLES).map(str::to_owned));
    let location = location.unwrap_or_else(|| "global".to_owned());
    let host = match &*location {
        "global" => "aiplatform.googleapis.com".to_owned(),
        // Regions that span a continent have a name of their own kind.
        "us" | "eu" => format!("aiplatform.{location}.rep.googleapis.com"),
        _ => format!("{location}-aiplatform.googleapis.com"),
    };
    Ok(match project {
        Some(project) => format!("https://{host}/v1/projects/{project}/locations/{location}"),
        None => format!("https://{host}"),
    })
}

/// The address that a cloud's variables alone come to.
pub(in crate::config) fn base_of_environment(
    kind: ProviderKind,
    env: &Environment,
) -> Option<BaseUrl> {
    let (empty, problems) = (Table::default(), Problems::default());
    let row = Section::new("", &empty, Place::start(), &problems);
    base(&row, kind, env).ok()?
}

/// Whether the environment is set up for a cloud, as its own SDKs would find it.
pub(in crate::config) fn is_set_up(kind: ProviderKind, env: &Environment) -> bool {
    let any = |variables: &[&str]| first(env, variables).is_some();
    match kind.as_str() {
        "bedrock" => {
            any(&["AWS_REGION", "AWS_DEFAULT_REGION"])
                && any(&[
                    "AWS_ACCESS_KEY_ID",
                    "AWS_WEB_IDENTITY_TOKEN_FILE",
                    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
                    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                    "AWS_PROFILE",
                ])
        }
        "vertex" => any(&PROJECT_VARIABLES) && any(&["GOOGLE_APPLICATION_CREDENTIALS"]),
        "azure" => any(&[
            "AZURE_CLIENT_SECRET",
            "AZURE_FEDERATED_TOKEN_FILE",
            "IDENTITY_ENDPOINT",
        ]),
        _ => false,
    }
}

fn first<'a>(env: &'a Environment, variables: &[&str]) -> Option<&'a str> {
    variables
        .iter()
        .find_map(|name| env.filled(name).map(str::trim))
}

/// A text that is one part of a host or path.
fn label<'a>(row: &Section<'a>, key: &'static str) -> Result<Option<At<&'a str>>, ()> {
    let Some(text) = row.required_if_present(key) else {
        return if row.is_present(key) {
            Err(())
        } else {
            Ok(None)
        };
    };
    // Old projects have a domain before a colon (`example.com:project`).
    let is_plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b':');
    if text.value.bytes().all(is_plain) {
        return Ok(Some(text));
    }
    row.invalid::<()>(key, &text.place, "letters, digits, `-`, `.`");
    Err(())
}

/// Google's own variable first, then those of common clients.
const PROJECT_VARIABLES: [&str; 4] = [
    "GOOGLE_CLOUD_PROJECT",
    "VERTEXAI_PROJECT",
    "VERTEX_PROJECT",
    "ANTHROPIC_VERTEX_PROJECT_ID",
];

const LOCATION_VARIABLES: [&str; 4] = [
    "GOOGLE_CLOUD_LOCATION",
    "VERTEXAI_LOCATION",
    "VERTEX_LOCATION",
    "CLOUD_ML_REGION",
];
