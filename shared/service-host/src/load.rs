use std::path::{Path, PathBuf};

use figment::{
    Figment, Metadata, Profile, Provider,
    error::Kind,
    providers::{Format as _, Serialized, Toml},
    value::{Dict, Map, Value},
};
use serde::{Serialize, de::DeserializeOwned};

/// Each environment variable of ours begins so. `__` leads into a table:
/// `MCPORCH_PROJECTS__DATABASE_URL` is `database_url` of `[projects]`.
const PREFIX: &str = "MCPORCH_";

/// Variables that are no settings: those of the tests and of `mcp-orch call`.
const NO_SETTINGS: [&str; 2] = ["MCPORCH_TEST_", "MCPORCH_CALL_"];

/// And those by which other commands know a project.
const OF_COMMANDS: [&str; 3] = ["MCPORCH_URL", "MCPORCH_PROJECT", "MCPORCH_KEY"];

/// Where the configuration comes from, each source over the one before:
/// defaults, file, environment, flags.
#[derive(Debug, Clone)]
pub struct Sources {
    /// A TOML file.
    pub file: Option<PathBuf>,
    /// The environment of the process.
    pub environment: Vec<(String, String)>,
    /// The flags that were given, as a tree of the same fields.
    pub flags: serde_json::Value,
}

/// What is wrong with the configuration, where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidConfig(String);

impl Sources {
    /// A file, if one was named, flags, and the environment of this process.
    pub fn new(file: Option<PathBuf>, flags: serde_json::Value) -> Self {
        Self {
            file,
            environment: std::env::vars_os()
                .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
                .collect(),
            flags,
        }
    }

    /// Puts the layers on each other.
    pub fn load<C: DeserializeOwned + Serialize + Default>(self) -> Result<C, InvalidConfig> {
        let mut figment = Figment::from(Serialized::defaults(C::default()));
        if let Some(file) = &self.file {
            std::fs::File::open(file).map_err(|error| {
                InvalidConfig(format!(
                    "the configuration file {} cannot be read: {error}",
                    file.display()
                ))
            })?;
            figment = figment.merge(Toml::file_exact(file));
        }
        figment
            .merge(Environment::of(self.environment))
            .merge(Serialized::globals(&self.flags))
            .extract()
            .map_err(|errors| {
                let sentences: Vec<_> = errors
                    .into_iter()
                    .map(|error| sentence(&error, self.file.as_deref()))
                    .collect();
                InvalidConfig(sentences.join("\n"))
            })
    }
}

/// The configuration as the TOML file that would make it, with passwords
/// struck out.
pub fn dump<C: Serialize>(config: &C) -> Result<String, InvalidConfig> {
    let tree = toml::Value::try_from(config)
        .map_err(|error| InvalidConfig(format!("the configuration cannot be written: {error}")))?;
    toml::to_string(&without_passwords(tree))
        .map_err(|error| InvalidConfig(format!("the configuration cannot be written: {error}")))
}

struct Environment(Dict);

impl Environment {
    fn of(variables: Vec<(String, String)>) -> Self {
        let ours = variables
            .into_iter()
            .filter(|(name, _)| !NO_SETTINGS.iter().any(|prefix| name.starts_with(prefix)))
            .filter(|(name, _)| !OF_COMMANDS.contains(&name.as_str()))
            .filter_map(|(name, value)| Some((name.strip_prefix(PREFIX)?.to_ascii_lowercase(), value)));
        let mut tree = Dict::new();
        for (name, text) in ours {
            let path: Vec<_> = name.split("__").collect();
            insert(&mut tree, &path, &text);
        }
        Self(tree)
    }
}

fn insert(tree: &mut Dict, path: &[&str], text: &str) {
    match path {
        [] => {}
        [name] => {
            let value = text.parse().unwrap_or_else(|never| match never {});
            tree.insert((*name).to_owned(), value);
        }
        [name, rest @ ..] => {
            let below = tree
                .entry((*name).to_owned())
                .or_insert_with(|| Value::from(Dict::new()));
            if let Value::Dict(_, below) = below {
                insert(below, rest, text);
            }
        }
    }
}

impl Provider for Environment {
    fn metadata(&self) -> Metadata {
        Metadata::named("environment")
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        Ok(Profile::Default.collect(self.0.clone()))
    }
}

fn sentence(error: &figment::Error, file: Option<&Path>) -> String {
    let mut path = error.path.clone();
    let what = match &error.kind {
        Kind::UnknownField(field, known) => {
            if path.last() != Some(field) {
                path.push(field.clone());
            }
            format!("is no known setting{}", suggestion(field, known))
        }
        Kind::UnknownVariant(word, known) => {
            format!("cannot be {word:?}: choose one of {}", known.join(", "))
        }
        Kind::InvalidType(found, expected) | Kind::InvalidValue(found, expected) => {
            format!("is {found}, expected {expected}")
        }
        Kind::Message(message) if path.is_empty() => {
            return format!("{}: {message}", place(error, &[], file));
        }
        kind => format!("is wrong: {kind}"),
    };
    format!("{}: {:?} {what}", place(error, &path, file), path.join("."))
}

/// Which source said it.
fn place(error: &figment::Error, path: &[String], file: Option<&Path>) -> String {
    let name = error.metadata.as_ref().map(|metadata| metadata.name.as_ref());
    match (name, file) {
        (Some("environment"), _) => {
            format!("environment variable {PREFIX}{}", path.join("__").to_uppercase())
        }
        (Some(name), Some(file)) if name.contains("TOML") => file.display().to_string(),
        _ => "configuration".to_owned(),
    }
}

fn suggestion(field: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|name| (strsim::damerau_levenshtein(field, name), name))
        .min()
        .filter(|(distance, name)| *distance <= name.len().div_ceil(3));
    match nearest {
        Some((_, name)) => format!(": did you mean {name:?}?"),
        None => format!(": known are {}", known.join(", ")),
    }
}

fn without_passwords(value: toml::Value) -> toml::Value {
    match value {
        toml::Value::String(text) => toml::Value::String(without_password(&text)),
        toml::Value::Array(items) => toml::Value::Array(items.into_iter().map(without_passwords).collect()),
        toml::Value::Table(table) => table
            .into_iter()
            .map(|(name, value)| (name, without_passwords(value)))
            .collect::<toml::Table>()
            .into(),
        other => other,
    }
}

/// `postgres://user:password@host/?password=…` without either password, to be
/// shown.
pub fn without_password(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    // A password may itself hold an `@`.
    let address = match address.rsplit_once('@') {
        Some((user, host)) if user.contains(':') => {
            let name = user.split(':').next().unwrap_or_default();
            format!("{name}:[redacted]@{host}")
        }
        _ => address.to_owned(),
    };
    let query: Vec<_> = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if name.contains("password") || name.contains("token") => {
                format!("{name}=[redacted]")
            }
            _ => pair.to_owned(),
        })
        .collect();
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{scheme}://{address}{mark}{}", query.join("&"))
}

#[cfg(test)]
mod tests;
