//! Projects: what servers, keys and calls belong to.

pub(crate) mod rpc;
pub(crate) mod store;

use database::{
    Database,
    keyset::{self, Filter, Page, Place},
};
use domain::{ActivityType, Clock, Permission, ProjectId, Role, Slug, Timestamp};
use service_error::{Code, FieldError, ServiceError};

use crate::{
    access::{Caller, Granted, Identity},
    activities::Deed,
    members, names, places,
    snapshot::Changes,
    teams::{self, Team},
};

const PAGE: u32 = 100;
const MAX_DESCRIPTION: usize = 2_000;

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Project {
    pub(crate) id: ProjectId,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) created_at: Timestamp,
    /// Whether reporters may read arguments and results.
    pub(crate) reporters_read_payloads: bool,
}

/// A project as somebody in it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OwnProject {
    pub(crate) project: Project,
    pub(crate) role: Role,
    /// They marked it. A key marks nothing.
    pub(crate) is_favorite: bool,
}

/// What somebody says of a project to make.
#[derive(Debug, Default)]
pub(crate) struct NewProject<'a> {
    pub(crate) name: &'a str,
    /// Empty: made from the name.
    pub(crate) slug: &'a str,
    pub(crate) description: &'a str,
}

/// The rules about projects.
pub(crate) struct Projects {
    database: Database,
    clock: Clock,
    changes: Changes,
}

impl Project {
    /// What somebody with that role may do in it.
    pub(crate) fn permissions(&self, role: Role) -> impl Iterator<Item = Permission> {
        let reads_payloads = self.reporters_read_payloads && role == Role::Reporter;
        role.permissions()
            .chain(reads_payloads.then_some(Permission::ReadPayloads))
    }
}

impl Projects {
    pub(crate) const fn new(database: Database, clock: Clock, changes: Changes) -> Self {
        Self {
            database,
            clock,
            changes,
        }
    }

    /// Makes a project with its creator as the owner. Who develops in a team can
    /// make it for the team: all of it are in the project, as what they are in
    /// the team.
    pub(crate) async fn create(
        &self,
        by: &Caller,
        new: NewProject<'_>,
        team: Option<(Team, Role)>,
    ) -> Result<Project, ServiceError> {
        let NewProject {
            name,
            slug,
            description,
        } = new;
        let creator = by.person()?;
        let team = team.map(check_develops).transpose()?;
        let name = names::parse(name)?;
        let slug = match slug {
            "" => Slug::from_display_name(&name).ok_or_else(|| {
                ServiceError::invalid(
                    "slug",
                    "none can be made from this name; give one of a-z, 0-9 and hyphens",
                )
            })?,
            given => Slug::parse(given).map_err(|error| ServiceError::invalid("slug", error.to_string()))?,
        };
        check_description(description)?;
        let now = self.clock.now();
        let project = Project {
            id: ProjectId::new(&self.clock),
            slug: slug.as_str().to_owned(),
            name: name.as_str().to_owned(),
            description: description.to_owned(),
            created_at: now,
            reporters_read_payloads: false,
        };

        let mut transaction = self.changes.begin().await?;
        if let Err(error) = store::insert(&mut transaction, &project).await {
            drop(transaction);
            return Err(if error.is_taken() {
                self.slug_taken(&slug).await?.caused_by(error)
            } else {
                error.into()
            });
        }
        let place = places::Place::Project(project.id);
        members::store::insert(&mut transaction, place, creator.id, Role::Owner, now).await?;
        self.changes.record(&mut transaction, project.id).await?;
        let mut deed = Deed::in_project(ActivityType::ProjectCreated, project.id)
            .named(&project.name)
            .set("slug", &project.slug);
        if let Some(team) = team {
            teams::store::grant(&mut transaction, project.id, team.id, Role::Owner, now).await?;
            deed = deed.and_team(team.id).set("team", &team.name);
        }
        self.changes.finish(transaction, &by.actor(), deed).await?;
        tracing::info!(project_id = %project.id, user_id = %creator.id, "project made");
        Ok(project)
    }

    /// Changes name and description. What is absent stays.
    pub(crate) async fn update(
        &self,
        granted: &Granted,
        name: Option<&str>,
        description: Option<&str>,
    ) -> Result<Project, ServiceError> {
        granted.caller.person()?;
        let name = name.map(names::parse).transpose()?;
        description.map(check_description).transpose()?;
        let mut transaction = self.changes.begin().await?;
        let found = store::find_for_change(&mut transaction, granted.project.id).await?;
        let before = found.ok_or_else(|| ServiceError::not_found("project"))?;
        let mut project = before.clone();
        if let Some(name) = name {
            name.as_str().clone_into(&mut project.name);
        }
        if let Some(description) = description {
            description.clone_into(&mut project.description);
        }
        if project == before {
            return Ok(project);
        }
        store::update(&mut transaction, &project).await?;
        self.changes.record(&mut transaction, project.id).await?;
        let deed = Deed::in_project(ActivityType::ProjectUpdated, project.id)
            .named(&project.name)
            .change("name", &before.name, &project.name)
            .change("description", &before.description, &project.description);
        self.changes
            .finish(transaction, &granted.caller.actor(), deed)
            .await?;
        tracing::info!(project_id = %project.id, "project changed");
        Ok(project)
    }

    /// A project as its caller sees it.
    pub(crate) async fn seen(&self, granted: Granted) -> Result<OwnProject, ServiceError> {
        let is_favorite = match &granted.caller.identity {
            Identity::Person(user) => store::is_favorite(&self.database, granted.project.id, user.id).await?,
            Identity::Key(_) => false,
        };
        Ok(OwnProject {
            project: granted.project,
            role: granted.role,
            is_favorite,
        })
    }

    /// Marks a project for the caller, or not any more. What somebody likes is
    /// nobody's business: it is no activity.
    pub(crate) async fn set_favorite(
        &self,
        granted: &Granted,
        is_favorite: bool,
    ) -> Result<(), ServiceError> {
        let user = granted.caller.person()?.id;
        store::set_favorite(&self.database, granted.project.id, user, is_favorite).await?;
        Ok(())
    }

    /// The projects that the caller is in, newest first, with what they are there.
    pub(crate) async fn list(
        &self,
        caller: &Caller,
        limit: u32,
        cursor: &str,
    ) -> Result<Page<OwnProject>, ServiceError> {
        let limit = keyset::limit(limit, PAGE)?;
        let (user_id, only) = match &caller.identity {
            Identity::Person(user) => (user.id, None),
            Identity::Key(holder) => {
                holder.require(Permission::ReadProject)?;
                (holder.user_id, Some(holder.project_id))
            }
        };
        let filter = Filter::of("projects", &[user_id.uuid().as_bytes()]);
        let place = Place::parse(cursor, filter)?;
        let rows = store::list(&self.database, user_id, only, place, limit).await?;
        Ok(keyset::page(rows, limit, place, filter, |own| keyset::Key {
            at: own.project.created_at.as_micros(),
            id: own.project.id.uuid(),
        }))
    }

    async fn slug_taken(&self, slug: &Slug) -> Result<ServiceError, ServiceError> {
        let mut message = format!("the slug {slug} is taken");
        for number in 2..=9 {
            let base: String = slug.as_str().chars().take(61).collect();
            let Ok(candidate) = Slug::parse(&format!("{}-{number}", base.trim_end_matches('-'))) else {
                continue;
            };
            if store::find_by_slug(&self.database, &candidate).await?.is_none() {
                message = format!("{message}; {candidate} is free");
                break;
            }
        }
        let mut error = ServiceError::new(Code::AlreadyExists, "slug_taken", message.clone());
        error.fields.push(FieldError {
            field: "slug".to_owned(),
            message,
        });
        Ok(error)
    }
}

fn check_develops((team, role): (Team, Role)) -> Result<Team, ServiceError> {
    if role >= Role::Developer {
        return Ok(team);
    }
    Err(ServiceError::new(
        Code::PermissionDenied,
        "role_too_low",
        format!("as {role} of this team you may not make projects for it; ask an owner of the team"),
    ))
}

fn check_description(text: &str) -> Result<(), ServiceError> {
    let is_refused = |character: char| character.is_control() && !matches!(character, '\n' | '\r' | '\t');
    if text.chars().count() > MAX_DESCRIPTION || text.chars().any(is_refused) {
        return Err(ServiceError::invalid(
            "description",
            format!(
                "expected at most {MAX_DESCRIPTION} characters, no control characters but line ends and tabs"
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
