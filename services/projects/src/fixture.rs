//! Rooms on a fresh database with a clock that tests move.

use access::{Credential, Pepper, SessionToken};
use database::Database;
use domain::{Clock, Role, Timestamp, UserId};
use tonic::metadata::MetadataMap;

use crate::{
    SignUp,
    access::{Access, Caller},
    activities::Origin,
    invitations::Invitations,
    members::{self, Members},
    passwords::Passwords,
    places::{Entered, Place},
    projects::{NewProject, Project, Projects},
    sessions::Sessions,
    snapshot::Changes,
    teams::Teams,
    trash::Trash,
    users::{self, User, Users},
};

/// The rooms that most tests need.
pub(crate) struct Rooms {
    pub(crate) database: Database,
    pub(crate) clock: Clock,
    pub(crate) changes: Changes,
    pub(crate) users: Users,
    pub(crate) access: Access,
    pub(crate) projects: Projects,
}

impl Rooms {
    pub(crate) fn new(database: Database, sign_up: SignUp) -> Self {
        let clock = Clock::manual(Timestamp::from_micros(1_800_000_000_000_000));
        let pepper = Pepper::from_bytes(&[7; 32]).expect("32 bytes");
        let changes = Changes::new(database.clone(), clock.clone());
        let sessions = Sessions::new(database.clone(), clock.clone(), changes.clone());
        let passwords = Passwords::new().expect("Argon2");
        Self {
            users: Users::new(
                database.clone(),
                clock.clone(),
                changes.clone(),
                passwords,
                sessions.clone(),
                sign_up,
            ),
            access: Access::new(database.clone(), clock.clone(), pepper, sessions, changes.clone()),
            projects: Projects::new(database.clone(), clock.clone(), changes.clone()),
            database,
            clock,
            changes,
        }
    }

    /// A person whose password nobody needs.
    pub(crate) async fn person(&self, name: &str) -> User {
        let user = User {
            id: UserId::new(&self.clock),
            email: format!("{name}@example.com"),
            name: name.to_owned(),
            is_admin: false,
            is_active: true,
            created_at: self.clock.now(),
            last_login_at: None,
        };
        let mut transaction = self.database.begin().await.expect("begun");
        users::store::insert(&mut transaction, &user, "none")
            .await
            .expect("inserted");
        transaction.commit().await.expect("committed");
        user
    }

    /// A project of theirs.
    pub(crate) async fn project(&self, owner: &User, slug: &str) -> Project {
        self.projects
            .create(
                &by(owner),
                NewProject {
                    name: slug,
                    slug,
                    description: "",
                },
                None,
            )
            .await
            .expect("a free slug")
    }

    pub(crate) async fn add_member(&self, project: &Project, user: &User, role: Role) {
        let mut transaction = self.database.begin().await.expect("begun");
        members::store::insert(
            &mut transaction,
            Place::Project(project.id),
            user.id,
            role,
            self.clock.now(),
        )
        .await
        .expect("inserted");
        self.changes
            .commit(transaction, project.id)
            .await
            .expect("committed");
    }

    pub(crate) fn invitations(&self) -> Invitations {
        Invitations::new(self.database.clone(), self.clock.clone(), self.changes.clone())
    }

    pub(crate) fn members(&self) -> Members {
        Members::new(self.database.clone(), self.changes.clone())
    }

    pub(crate) fn trash(&self) -> Trash {
        Trash::new(self.database.clone(), self.clock.clone(), self.changes.clone())
    }

    pub(crate) fn teams(&self) -> Teams {
        Teams::new(self.database.clone(), self.clock.clone(), self.changes.clone())
    }

    /// A person in a new project of theirs.
    pub(crate) async fn in_project(&self, owner: &User, slug: &str) -> Entered {
        let project = self.project(owner, slug).await;
        entered(owner, Place::Project(project.id))
    }

    /// A person in a new team of theirs.
    pub(crate) async fn in_team(&self, owner: &User, slug: &str) -> Entered {
        let team = self
            .teams()
            .create(&by(owner), slug, slug)
            .await
            .expect("a free slug");
        entered(owner, Place::Team(team.id))
    }

    /// Puts somebody in.
    pub(crate) async fn join(&self, place: Place, user: &User, role: Role) {
        let mut transaction = self.database.begin().await.expect("begun");
        members::store::insert(&mut transaction, place, user.id, role, self.clock.now())
            .await
            .expect("inserted");
        transaction.commit().await.expect("committed");
    }

    /// Grants a team a role, as the owner of the project.
    pub(crate) async fn grant(&self, owner: &User, project: &str, team: &str, role: Role) {
        let caller = Caller::from(owner.clone());
        let granted = self
            .access
            .authorize(&caller, project, &[])
            .await
            .expect("a member");
        self.teams().grant(&granted, team, role).await.expect("granted");
    }

    /// What somebody is in a project; absent: nothing.
    pub(crate) async fn role(&self, user: &User, project: &str) -> Option<Role> {
        let caller = Caller::from(user.clone());
        self.access
            .authorize(&caller, project, &[])
            .await
            .ok()
            .map(|granted| granted.role)
    }

    /// What an administrator will be able to do: the account is out.
    pub(crate) async fn deactivate(&self, user: &User) {
        database::on_database!(&self.database, |pool| {
            sqlx::query("UPDATE users SET is_active = $2 WHERE id = $1")
                .bind(user.id.uuid())
                .bind(false)
                .execute(pool)
                .await
                .map(drop)
        })
        .expect("deactivated");
    }

    /// Who calls with that session; else the reason.
    pub(crate) async fn caller(&self, token: &SessionToken) -> Result<Caller, String> {
        let credential = Credential::parse(token.expose()).expect("a credential");
        let mut metadata = MetadataMap::new();
        credential.attach(&mut metadata);
        self.access.caller(&metadata).await.map_err(|error| error.reason)
    }
}

/// Somebody who calls.
pub(crate) fn by(user: &User) -> Caller {
    Caller::from(user.clone())
}

pub(crate) fn entered(user: &User, place: Place) -> Entered {
    Entered {
        place,
        user: user.clone(),
        origin: Origin::default(),
    }
}
