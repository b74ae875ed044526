//! The walls of the house: who may know whom.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("tests lies in the workspace")
        .to_owned()
}

/// Names of the crates in a folder of the workspace, with the names that stand
/// in their `[dependencies]`.
fn crates(folder: &str) -> BTreeMap<String, Vec<String>> {
    let mut crates = BTreeMap::new();
    for entry in fs::read_dir(root().join(folder)).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        let manifest = fs::read_to_string(path.join("Cargo.toml")).expect("every folder is a crate");
        let name = path
            .file_name()
            .expect("it has a name")
            .to_string_lossy()
            .into_owned();
        assert!(
            manifest.contains(&format!("name = \"{name}\"")),
            "{name}: a crate is named as its folder is"
        );
        let dependencies = manifest
            .split("\n[")
            .find(|section| section.starts_with("dependencies]"))
            .map(|section| {
                section
                    .lines()
                    .filter_map(|line| line.split(['.', ' ', '=']).next())
                    .filter(|name| !name.is_empty() && !name.starts_with(['#', '[']))
                    .map(str::to_owned)
                    .collect()
            })
            .unwrap_or_default();
        crates.insert(name, dependencies);
    }
    crates
}

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    fn collect(folder: &Path, files: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() {
                collect(&path, files);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("sources are UTF-8");
                files.push((path, text));
            }
        }
    }
    let mut files = Vec::new();
    collect(&root().join(folder), &mut files);
    assert!(!files.is_empty(), "{folder} has sources");
    files
}

/// The part of a file that is built into the product.
fn without_tests(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

#[test]
fn services_do_not_know_each_other() {
    let services = crates("services");
    assert_eq!(services.len(), 5, "four services and the binary");
    for (name, dependencies) in services.iter().filter(|(name, _)| *name != "mcp-orch") {
        for dependency in dependencies {
            assert!(
                !services.contains_key(dependency),
                "{name} depends on {dependency}"
            );
        }
    }
}

#[test]
fn the_domain_knows_nobody_and_does_no_io() {
    let shared = crates("shared");
    for dependency in &shared["domain"] {
        assert!(!shared.contains_key(dependency), "domain depends on {dependency}");
        assert!(
            !["tokio", "sqlx", "axum", "tonic", "reqwest", "prost"].contains(&dependency.as_str()),
            "{dependency}"
        );
    }
    for (path, text) in sources("shared/domain/src") {
        for io in ["std::fs", "std::net", "std::process", "std::env"] {
            assert!(!text.contains(io), "{} uses {io}", path.display());
        }
    }
}

#[test]
fn the_spool_knows_nothing_of_mcp() {
    let dependencies = &crates("shared")["spool"];
    for unknown in ["proto", "domain", "tonic", "prost", "serde_json"] {
        assert!(
            !dependencies.iter().any(|name| name == unknown),
            "spool depends on {unknown}"
        );
    }
}

#[test]
fn only_stores_speak_sql() {
    for service in ["logging", "projects"] {
        for (path, text) in sources(&format!("services/{service}/src")) {
            let in_store = path.iter().any(|part| {
                [
                    "store",
                    "store.rs",
                    "tests",
                    "tests.rs",
                    "test_project.rs",
                    "fixture.rs",
                    "fixtures.rs",
                ]
                .contains(&&*part.to_string_lossy())
            });
            for sql in ["sqlx::query", "QueryBuilder", "on_database!"] {
                assert!(
                    in_store || !without_tests(&text).contains(sql),
                    "{} speaks SQL: {sql}",
                    path.display()
                );
            }
        }
    }
    for service in ["mcp-gateway", "http-gateway"] {
        assert!(
            !crates("services")[service]
                .iter()
                .any(|name| name == "sqlx" || name == "database"),
            "{service}"
        );
    }
}

/// A change of the projects service is committed where its activity is written,
/// and nowhere else: it cannot be forgotten.
#[test]
fn what_people_do_is_committed_with_its_activity() {
    for (path, text) in sources("services/projects/src") {
        let is_the_place = path.ends_with("snapshot/changes.rs");
        let is_test = ["tests.rs", "test_project.rs", "fixture.rs"]
            .iter()
            .any(|name| path.ends_with(name));
        assert!(
            is_the_place || is_test || !without_tests(&text).contains(".commit()"),
            "{} commits by itself: finish the change with its activity",
            path.display()
        );
    }
}

#[test]
fn no_source_file_is_over_500_lines() {
    for folder in ["shared", "services", "tests"] {
        for (path, text) in sources(folder) {
            let lines = text.lines().count();
            assert!(
                lines <= 500,
                "{} has {lines} lines: which wall should move?",
                path.display()
            );
        }
    }
}
