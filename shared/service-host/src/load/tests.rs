use std::io::Write as _;

use serde::Deserialize;
use serde_json::json;

use super::*;

#[derive(Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct House {
    door: String,
    window: String,
    roof: String,
    cellar: Cellar,
}

#[derive(Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Cellar {
    bottles: u32,
    database_url: String,
}

impl Default for House {
    fn default() -> Self {
        let of_default = || "default".to_owned();
        Self {
            door: of_default(),
            window: of_default(),
            roof: of_default(),
            cellar: Cellar::default(),
        }
    }
}

fn file(text: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().expect("a temporary file");
    file.write_all(text.as_bytes()).expect("it takes text");
    file
}

fn sources(file: Option<&tempfile::NamedTempFile>, environment: &[(&str, &str)]) -> Sources {
    Sources {
        file: file.map(|file| file.path().to_owned()),
        environment: environment
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        flags: json!({}),
    }
}

fn refusal(sources: Sources) -> String {
    sources.load::<House>().expect_err("refused").to_string()
}

#[test]
fn flags_win_over_the_environment_over_the_file_over_the_defaults() {
    let file = file("window = 'file'\nroof = 'file'\n[cellar]\nbottles = 1\n");
    let mut sources = sources(
        Some(&file),
        &[("MCPORCH_ROOF", "environment"), ("MCPORCH_CELLAR__BOTTLES", "2")],
    );
    sources.flags = json!({"cellar": {"bottles": 3}});
    let house: House = sources.load().expect("all is known");
    assert_eq!(house.door, "default");
    assert_eq!(house.window, "file");
    assert_eq!(house.roof, "environment");
    assert_eq!(house.cellar.bottles, 3);
}

#[test]
fn an_unknown_field_of_the_file_is_refused_with_the_name_that_was_meant() {
    let file = file("[cellar]\nbotles = 1\n");
    let refusal = refusal(sources(Some(&file), &[]));
    assert!(
        refusal.contains("\"cellar.botles\" is no known setting: did you mean \"bottles\"?"),
        "{refusal}"
    );
    assert!(
        refusal.starts_with(&file.path().display().to_string()),
        "{refusal}"
    );
}

#[test]
fn an_unknown_variable_is_refused_but_other_programs_variables_and_the_tests_are_left_alone() {
    let unknown = refusal(sources(None, &[("MCPORCH_CELLAR__CATS", "2")]));
    assert!(
        unknown.starts_with("environment variable MCPORCH_CELLAR__CATS: "),
        "{unknown}"
    );
    assert!(unknown.contains("known are bottles, database_url"), "{unknown}");
    let others = [("PATH", "/bin"), ("MCPORCH_TEST_POSTGRES_URL", "postgres://")];
    assert_eq!(sources(None, &others).load(), Ok(House::default()));
}

#[test]
fn a_value_of_the_wrong_kind_is_refused_by_its_place() {
    let refusal = refusal(sources(None, &[("MCPORCH_CELLAR__BOTTLES", "many")]));
    assert!(refusal.contains("MCPORCH_CELLAR__BOTTLES"), "{refusal}");
    assert!(refusal.contains("expected u32"), "{refusal}");
}

#[test]
fn a_file_that_is_not_there_is_told_by_its_name() {
    let mut sources = sources(None, &[]);
    sources.file = Some("/nowhere/mcp-orch.toml".into());
    assert!(refusal(sources).starts_with("the configuration file /nowhere/mcp-orch.toml cannot be read"));
}

#[test]
fn a_dump_is_a_file_that_loads_again_and_holds_no_password() {
    let house = House {
        cellar: Cellar {
            bottles: 7,
            database_url: "postgres://me:p@ss:w0rd@db:5432/wine?sslmode=require&password=again".to_owned(),
        },
        ..House::default()
    };
    let text = dump(&house).expect("it can be written");
    assert!(
        text.contains("postgres://me:[redacted]@db:5432/wine?sslmode=require&password=[redacted]"),
        "{text}"
    );
    let again: House = sources(Some(&file(&text)), &[]).load().expect("it loads");
    assert_eq!(again.cellar.bottles, 7);
}
