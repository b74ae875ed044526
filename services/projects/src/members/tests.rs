use database::database_test;

use super::*;
use crate::{
    MIGRATIONS, SignUp,
    fixture::{Rooms, by, entered},
    snapshot::changes::versions,
};

const REPORTER: Role = Role::Reporter;
const DEVELOPER: Role = Role::Developer;
const OWNER: Role = Role::Owner;

fn reason(outcome: Result<(), ServiceError>) -> String {
    outcome
        .err()
        .map_or_else(|| "done".to_owned(), |error| error.reason)
}

database_test! {
    &MIGRATIONS;

    async fn a_team_member_has_the_lower_of_team_role_and_grant_and_a_person_the_highest_of_all_ways(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let boss = rooms.person("boss").await;
        let Place::Project(project) = rooms.in_project(&boss, "acme").await.place else { panic!("a project") };
        for (number, (in_team, granted, own, expected)) in [
            (REPORTER, OWNER, None, REPORTER),
            (DEVELOPER, OWNER, None, DEVELOPER),
            (OWNER, OWNER, None, OWNER),
            (OWNER, DEVELOPER, None, DEVELOPER),
            (OWNER, REPORTER, None, REPORTER),
            (DEVELOPER, REPORTER, None, REPORTER),
            (REPORTER, REPORTER, None, REPORTER),
            (REPORTER, DEVELOPER, None, REPORTER),
            (DEVELOPER, DEVELOPER, None, DEVELOPER),
            (REPORTER, OWNER, Some(DEVELOPER), DEVELOPER),
            (OWNER, DEVELOPER, Some(REPORTER), DEVELOPER),
            (DEVELOPER, REPORTER, Some(OWNER), OWNER),
        ].into_iter().enumerate() {
            let team = format!("team-{number}");
            let place = rooms.in_team(&boss, &team).await.place;
            rooms.grant(&boss, "acme", &team, granted).await;
            let user = rooms.person(&format!("user-{number}")).await;
            if let Some(own) = own {
                rooms.join(Place::Project(project), &user, own).await;
            }
            rooms.join(place, &user, in_team).await;
            assert_eq!(rooms.role(&user, "acme").await, Some(expected), "{in_team} {granted} {own:?}");
            let listed = rooms.members().list(Place::Project(project)).await.expect("a list");
            let member = listed.iter().find(|member| member.user_id == user.id).expect("listed");
            assert_eq!((member.role, member.own_role), (expected, own), "{in_team} {granted} {own:?}");
        }
    }

    async fn a_list_says_by_which_way_everybody_is_in(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let boss = rooms.person("a boss").await;
        let project = rooms.in_project(&boss, "acme").await.place;
        let list = async || {
            let listed = rooms.members().list(project).await.expect("a list");
            listed.into_iter().map(|member| (member.name, member.invited_as)).collect::<Vec<_>>()
        };
        assert_eq!(list().await, [("a boss".to_owned(), Some(InvitedAs::Individual))]);

        let team = rooms.in_team(&boss, "core").await.place;
        rooms.grant(&boss, "acme", "core", Role::Developer).await;
        let (both, guest, teammate) = (rooms.person("both").await, rooms.person("guest").await, rooms.person("teammate").await);
        rooms.join(team, &both, Role::Developer).await;
        rooms.join(project, &both, Role::Reporter).await;
        rooms.join(project, &guest, Role::Reporter).await;
        rooms.join(team, &teammate, Role::Owner).await;
        let expected = [
            ("a boss", InvitedAs::Individual),
            ("both", InvitedAs::TeamMember),
            ("guest", InvitedAs::External),
            ("teammate", InvitedAs::TeamMember),
        ];
        assert_eq!(list().await, expected.map(|(name, invited_as)| (name.to_owned(), Some(invited_as))));
        let in_team = rooms.members().list(team).await.expect("a list");
        assert!(in_team.iter().all(|member| member.invited_as.is_none()));
        assert_eq!(in_team.len(), 3);
    }

    async fn who_leaves_the_team_is_out_of_its_projects_and_gateways_are_told(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let boss = rooms.person("boss").await;
        rooms.in_project(&boss, "acme").await;
        let untouched = rooms.project(&boss, "other").await;
        let team = rooms.in_team(&boss, "core").await;
        rooms.grant(&boss, "acme", "core", Role::Developer).await;
        let user = rooms.person("user").await;
        rooms.join(team.place, &user, Role::Developer).await;
        assert_eq!(rooms.role(&user, "acme").await, Some(Role::Developer));

        let before = versions(&rooms.database).await.expect("versions");
        rooms.members().remove(&team, user.id).await.expect("removed");
        assert_eq!(rooms.role(&user, "acme").await, None);
        let after = versions(&rooms.database).await.expect("versions");
        let changed: Vec<_> = after.iter().filter(|(id, version)| before[id] != **version).collect();
        assert_eq!(changed.len(), 1);
        assert_eq!(after[&untouched.id], before[&untouched.id]);
        assert_eq!(reason(rooms.members().remove(&team, user.id).await), "not_found");
    }

    async fn the_last_owner_neither_leaves_nor_steps_down(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (boss, user) = (rooms.person("boss").await, rooms.person("user").await);
        let members = rooms.members();
        for place in [rooms.in_team(&boss, "core").await, rooms.in_project(&boss, "acme").await] {
            rooms.join(place.place, &user, Role::Developer).await;
            assert_eq!(reason(members.remove(&place, boss.id).await), "last_owner");
            assert_eq!(reason(members.update(&place, boss.id, Role::Developer).await), "last_owner");
            let listed = members.list(place.place).await.expect("a list");
            assert_eq!(listed.iter().filter(|member| member.role == Role::Owner).count(), 1, "nothing happened");

            members.transfer(&place, user.id).await.expect("transferred");
            let roles: Vec<_> = members.list(place.place).await.expect("a list").iter().map(|member| member.role).collect();
            assert_eq!(roles, [Role::Developer, Role::Owner]);
            assert_eq!(reason(members.remove(&entered(&user, place.place), user.id).await), "last_owner");
            members.update(&entered(&user, place.place), boss.id, Role::Owner).await.expect("two owners");
            members.remove(&entered(&user, place.place), user.id).await.expect("one may leave");
        }
    }

    async fn an_owner_who_was_switched_off_is_no_owner_who_is_left(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (boss, other) = (rooms.person("boss").await, rooms.person("other").await);
        let project = rooms.in_project(&boss, "acme").await;
        rooms.join(project.place, &other, Role::Owner).await;
        rooms.deactivate(&other).await;
        assert_eq!(reason(rooms.members().remove(&project, boss.id).await), "last_owner");
    }

    async fn who_is_in_by_a_team_is_managed_in_the_team(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (boss, user) = (rooms.person("boss").await, rooms.person("user").await);
        let project = rooms.in_project(&boss, "acme").await;
        let team = rooms.in_team(&boss, "core").await;
        rooms.join(team.place, &user, Role::Developer).await;
        rooms.grant(&boss, "acme", "core", Role::Developer).await;
        let refusal = rooms.members().remove(&project, user.id).await.expect_err("by the team");
        assert!(refusal.message.contains("managed in the team"), "{}", refusal.message);
    }

    async fn a_team_out_of_a_project_takes_its_people_along(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (boss, user) = (rooms.person("boss").await, rooms.person("user").await);
        rooms.in_project(&boss, "acme").await;
        let team = rooms.in_team(&boss, "core").await;
        rooms.join(team.place, &user, Role::Developer).await;
        rooms.grant(&boss, "acme", "core", Role::Owner).await;
        rooms.grant(&boss, "acme", "core", Role::Reporter).await;
        assert_eq!(rooms.role(&user, "acme").await, Some(Role::Reporter), "another grant replaces the first");
        let caller = crate::access::Caller::from(boss.clone());
        let granted = rooms.access.authorize(&caller, "acme", &[]).await.expect("the owner");
        rooms.teams().remove(&granted, "core").await.expect("taken out");
        assert_eq!(rooms.role(&user, "acme").await, None);
        assert_eq!(rooms.role(&boss, "acme").await, Some(Role::Owner), "by themselves");
        assert_eq!(reason(rooms.teams().remove(&granted, "core").await), "not_found");
    }

    async fn a_team_of_others_is_one_that_does_not_exist(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (boss, stranger) = (rooms.person("boss").await, rooms.person("stranger").await);
        let Place::Team(id) = rooms.in_team(&boss, "core").await.place else { panic!("a team") };
        rooms.in_project(&stranger, "theirs").await;
        let teams = rooms.teams();
        for name in ["core", &id.to_string(), "none", "Not A Slug"] {
            assert_eq!(reason(teams.enter(&stranger, name).await.map(drop)), "not_found", "{name}");
        }
        let caller = crate::access::Caller::from(stranger.clone());
        let granted = rooms.access.authorize(&caller, "theirs", &[]).await.expect("the owner");
        let refusal = teams.grant(&granted, "core", Role::Reporter).await.expect_err("not theirs");
        assert_eq!(refusal.reason, "not_found", "nobody draws a team of strangers into a project");
        assert_eq!(reason(teams.create(&by(&stranger), "Core", "").await.map(drop)), "slug_taken");
        assert_eq!(teams.list(&boss).await.expect("a list").len(), 1);
        assert_eq!(teams.list(&stranger).await.expect("a list"), []);
    }
}
