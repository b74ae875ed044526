use database::database_test;

use super::*;
use crate::{MIGRATIONS, SignUp, access::Caller, fixture::Rooms, users::User};

async fn granted(rooms: &Rooms, user: &User, project: &str) -> Granted {
    let caller = Caller::from(user.clone());
    rooms
        .access
        .authorize(&caller, project, &[])
        .await
        .expect("a member")
}

fn views(rooms: &Rooms) -> SavedViews {
    SavedViews::new(rooms.database.clone(), rooms.clock.clone(), rooms.changes.clone())
}

database_test! {
    &MIGRATIONS;

    async fn a_view_is_there_for_all_of_the_project_and_for_nobody_else(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (kim, lee) = (rooms.person("kim").await, rooms.person("lee").await);
        let project = rooms.project(&kim, "acme").await;
        rooms.project(&kim, "other").await;
        rooms.add_member(&project, &lee, Role::Reporter).await;
        let views = views(&rooms);
        let as_lee = granted(&rooms, &lee, "acme").await;
        let made = views.create(&as_lee, " Errors ", "?q=status%3Aerror").await.expect("made");
        assert_eq!((made.name.as_str(), made.search.as_str(), made.created_by_name.as_str()), ("Errors", "q=status%3Aerror", "lee"));
        let slow = views.create(&as_lee, "A slow one", "last=6h").await.expect("made");
        let as_kim = granted(&rooms, &kim, "acme").await;
        assert_eq!(views.list(&as_kim).await.expect("a list"), [slow, made.clone()]);
        let elsewhere = granted(&rooms, &kim, "other").await;
        assert_eq!(views.list(&elsewhere).await.expect("a list"), []);
        let refusal = views.delete(&elsewhere, made.id).await.expect_err("of another project");
        assert_eq!(refusal.code, Code::NotFound);
    }

    async fn a_view_is_changed_by_who_made_it_and_by_owners(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (kim, lee, max) = (rooms.person("kim").await, rooms.person("lee").await, rooms.person("max").await);
        let project = rooms.project(&kim, "acme").await;
        rooms.add_member(&project, &lee, Role::Reporter).await;
        rooms.add_member(&project, &max, Role::Developer).await;
        let views = views(&rooms);
        let as_lee = granted(&rooms, &lee, "acme").await;
        let made = views.create(&as_lee, "Errors", "q=a").await.expect("made");
        let again = views.create(&as_lee, "Errors", "q=b").await.expect_err("taken");
        assert_eq!((again.code, again.reason.as_str()), (Code::AlreadyExists, "name_taken"));
        let as_max = granted(&rooms, &max, "acme").await;
        for refused in [
            views.update(&as_max, made.id, Some("x"), None).await.map(drop),
            views.delete(&as_max, made.id).await,
        ] {
            assert_eq!(refused.expect_err("not theirs").reason, "not_yours");
        }
        let changed = views.update(&as_lee, made.id, None, Some("q=c")).await.expect("theirs");
        assert_eq!((changed.name.as_str(), changed.search.as_str()), ("Errors", "q=c"));
        let as_kim = granted(&rooms, &kim, "acme").await;
        views.delete(&as_kim, made.id).await.expect("an owner");
        assert_eq!(views.list(&as_kim).await.expect("a list"), []);
    }

    async fn what_is_no_view_is_refused_by_the_field(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let kim = rooms.person("kim").await;
        rooms.project(&kim, "acme").await;
        let granted = granted(&rooms, &kim, "acme").await;
        let long = "x".repeat(4_097);
        for (name, search, field) in [("", "q=a", "name"), ("a", "q=\n", "search"), ("a", "q#b", "search"), ("a", &long, "search")] {
            let refusal = views(&rooms).create(&granted, name, search).await.expect_err(field);
            assert_eq!(refusal.fields[0].field, field);
        }
    }
}
