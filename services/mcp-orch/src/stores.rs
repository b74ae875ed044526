use database::Migrations;

use crate::{
    config::{Config, Service},
    wiring::sqlite_file,
};

/// A database of a service that runs here.
#[derive(Clone, Copy)]
pub(crate) struct Store<'a> {
    /// The service's name.
    pub(crate) service: &'static str,
    /// May hold a password.
    pub(crate) url: &'a str,
    /// What makes its tables.
    pub(crate) migrations: &'static Migrations,
}

/// The databases of the services that run here.
pub(crate) fn stores(config: &Config) -> Vec<Store<'_>> {
    let projects = Store {
        service: Service::Projects.name(),
        url: &config.projects.database_url,
        migrations: &projects::MIGRATIONS,
    };
    let logging = Store {
        service: Service::Logging.name(),
        url: &config.logging.database_url,
        migrations: &logging::MIGRATIONS,
    };
    let all = [(Service::Projects, projects), (Service::Logging, logging)];
    all.into_iter()
        .filter(|(service, _)| config.runs(*service))
        .map(|(_, store)| store)
        .collect()
}

impl Store<'_> {
    /// Whether it is a file, which one process at a time may have.
    pub(crate) fn is_file(&self) -> bool {
        sqlite_file(self.url).is_some()
    }
}
