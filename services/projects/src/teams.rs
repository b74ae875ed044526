//! Teams of people, and what they may in projects.

pub(crate) mod rpc;
pub(crate) mod store;

use database::Database;
use domain::{ActivityType, Clock, ProjectId, Role, Slug, TeamId, Timestamp};
use service_error::{Code, FieldError, ServiceError};

use crate::{
    access::{Caller, Granted},
    activities::Deed,
    members, names,
    places::Place,
    projects::OwnProject,
    snapshot::Changes,
    users::User,
};

/// Of one person, and of one project. It keeps lists of them whole.
const MAX_TEAMS: usize = 100;

/// A team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Team {
    pub(crate) id: TeamId,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) created_at: Timestamp,
}

/// A team in a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProjectTeam {
    pub(crate) team: Team,
    /// Nobody in the team has more in the project by it.
    pub(crate) role: Role,
    pub(crate) created_at: Timestamp,
}

/// The rules about teams.
pub(crate) struct Teams {
    database: Database,
    clock: Clock,
    changes: Changes,
}

impl Teams {
    pub(crate) const fn new(database: Database, clock: Clock, changes: Changes) -> Self {
        Self {
            database,
            clock,
            changes,
        }
    }

    /// Makes a team with its creator as the owner. Without a slug, one is made
    /// from the name.
    pub(crate) async fn create(&self, by: &Caller, name: &str, slug: &str) -> Result<Team, ServiceError> {
        let creator = by.person()?;
        let name = names::parse(name)?;
        let slug = if slug.is_empty() {
            Slug::from_display_name(&name).ok_or_else(|| {
                let message = "none can be made from this name; give one of a-z, 0-9 and hyphens";
                ServiceError::invalid("slug", message)
            })?
        } else {
            Slug::parse(slug).map_err(|error| ServiceError::invalid("slug", error.to_string()))?
        };
        let now = self.clock.now();
        let team = Team {
            id: TeamId::new(&self.clock),
            slug: slug.as_str().to_owned(),
            name: name.as_str().to_owned(),
            created_at: now,
        };
        let mut transaction = self.changes.begin().await?;
        if store::count_of_user(&mut transaction, creator.id).await? >= MAX_TEAMS {
            return Err(too_many("a person is in"));
        }
        store::insert(&mut transaction, &team).await.map_err(|error| {
            if error.is_taken() {
                slug_taken(&slug).caused_by(error)
            } else {
                error.into()
            }
        })?;
        members::store::insert(
            &mut transaction,
            Place::Team(team.id),
            creator.id,
            Role::Owner,
            now,
        )
        .await?;
        let deed = Deed::in_place(ActivityType::TeamCreated, Place::Team(team.id))
            .named(&team.name)
            .set("slug", &team.slug);
        self.changes.finish(transaction, &by.actor(), deed).await?;
        tracing::info!(team_id = %team.id, user_id = %creator.id, "team made");
        Ok(team)
    }

    /// A team that a slug or an id names, and what the person is in it. A team
    /// that they are not in is one that does not exist.
    pub(crate) async fn enter(&self, user: &User, team: &str) -> Result<(Team, Role), ServiceError> {
        let found = if let Ok(id) = team.parse::<TeamId>() {
            store::find(&self.database, user.id, Some(id), None).await?
        } else if Slug::parse(team).is_ok() {
            store::find(&self.database, user.id, None, Some(team)).await?
        } else {
            None
        };
        found.ok_or_else(|| ServiceError::not_found("team"))
    }

    /// The teams that the person is in, by name.
    pub(crate) async fn list(&self, user: &User) -> Result<Vec<(Team, Role)>, ServiceError> {
        Ok(store::of_user(&self.database, user.id).await?)
    }

    pub(crate) async fn rename(
        &self,
        by: &Caller,
        team: &str,
        name: &str,
    ) -> Result<(Team, Role), ServiceError> {
        let name = names::parse(name)?;
        let (team, role) = self.enter(by.person()?, team).await?;
        if role < Role::Owner {
            return Err(ServiceError::new(
                Code::PermissionDenied,
                "role_too_low",
                format!("as {role} of this team you may not change it; ask an owner"),
            ));
        }
        let mut transaction = self.changes.begin().await?;
        let found = store::find_for_change(&mut transaction, team.id).await?;
        let mut team = found.ok_or_else(|| ServiceError::not_found("team"))?;
        if team.name == name.as_str() {
            return Ok((team, role));
        }
        let deed = Deed::in_place(ActivityType::TeamUpdated, Place::Team(team.id))
            .named(name.as_str())
            .change("name", &team.name, name.as_str());
        name.as_str().clone_into(&mut team.name);
        store::rename(&mut transaction, &team).await?;
        self.changes.finish(transaction, &by.actor(), deed).await?;
        Ok((team, role))
    }

    /// The projects of a team with what the person is in each.
    pub(crate) async fn projects(&self, user: &User, team: TeamId) -> Result<Vec<OwnProject>, ServiceError> {
        Ok(store::projects(&self.database, user.id, team).await?)
    }

    /// The teams of a project, by name.
    pub(crate) async fn of_project(&self, project: ProjectId) -> Result<Vec<ProjectTeam>, ServiceError> {
        Ok(store::of_project(&self.database, project).await?)
    }

    /// Grants a team a role in a project, or another one. Who grants owns the
    /// project, and is in the team: nobody is drawn into projects of strangers.
    pub(crate) async fn grant(
        &self,
        granted: &Granted,
        team: &str,
        role: Role,
    ) -> Result<ProjectTeam, ServiceError> {
        let (team, _) = self.enter(granted.caller.person()?, team).await?;
        let project = granted.project.id;
        let mut transaction = self.changes.begin().await?;
        self.changes.record(&mut transaction, project).await?;
        let others = store::count_of_project(&mut transaction, project, team.id).await?;
        if others >= MAX_TEAMS {
            return Err(too_many("a project has"));
        }
        let before = store::granted(&mut transaction, project, team.id).await?;
        store::grant(&mut transaction, project, team.id, role, self.clock.now()).await?;
        let deed = Deed::in_project(ActivityType::TeamGranted, project)
            .and_team(team.id)
            .to(team.id.uuid(), &team.name)
            .change("role", before, role);
        self.changes
            .finish(transaction, &granted.caller.actor(), deed)
            .await?;
        tracing::info!(project_id = %project, team_id = %team.id, %role, "team granted");
        let teams = self.of_project(project).await?;
        let found = teams.into_iter().find(|granted| granted.team.id == team.id);
        found.ok_or_else(|| ServiceError::not_found("team"))
    }

    /// Takes a team out of a project, and with it all who are there by it alone.
    pub(crate) async fn remove(&self, granted: &Granted, team: &str) -> Result<(), ServiceError> {
        let project = granted.project.id;
        // Not only teams that the caller is in: it is the project's owner who decides.
        let teams = self.of_project(project).await?;
        let found = teams
            .into_iter()
            .find(|granted| granted.team.slug == team || granted.team.id.to_string() == team);
        let team = found.ok_or_else(|| ServiceError::not_found("team"))?.team;
        let mut transaction = self.changes.begin().await?;
        self.changes.record(&mut transaction, project).await?;
        let before = store::granted(&mut transaction, project, team.id).await?;
        store::remove(&mut transaction, project, team.id).await?;
        let deed = Deed::in_project(ActivityType::TeamRemoved, project)
            .and_team(team.id)
            .to(team.id.uuid(), &team.name)
            .change("role", before, ());
        self.changes
            .finish(transaction, &granted.caller.actor(), deed)
            .await?;
        tracing::info!(project_id = %project, team_id = %team.id, "team taken out");
        Ok(())
    }
}

fn slug_taken(slug: &Slug) -> ServiceError {
    let message = format!("the slug {slug} is taken; choose another");
    let mut error = ServiceError::new(Code::AlreadyExists, "slug_taken", message.clone());
    error.fields.push(FieldError {
        field: "slug".to_owned(),
        message,
    });
    error
}

fn too_many(what: &str) -> ServiceError {
    ServiceError::new(
        Code::Refused,
        "too_many_teams",
        format!("{what} at most {MAX_TEAMS} teams"),
    )
}
