use database::database_test;
use domain::Role;

use super::*;
use crate::{
    MIGRATIONS, SignUp,
    activities::Origin,
    fixture::{Rooms, by},
    sessions::{NewSession, Sessions},
    users::Applicant,
};

const OLD: &str = "a few words are fine";
const NEW: &str = "some other words are fine";

impl Rooms {
    async fn account(&self, email: &str) -> (User, NewSession) {
        let stranger = Applicant::Stranger(Origin::default());
        let made = self.users.sign_up(stranger, email, "Kim", OLD.into(), None);
        made.await.expect("an account")
    }

    async fn signs_in(&self, email: &str, password: &str) -> Result<NewSession, String> {
        let signed_in = self
            .users
            .sign_in(&Origin::default(), email, password.into())
            .await;
        signed_in
            .map(|(_, session)| session)
            .map_err(|error| error.reason)
    }

    fn sessions(&self) -> Sessions {
        Sessions::new(self.database.clone(), self.clock.clone(), self.changes.clone())
    }
}

database_test! {
    &MIGRATIONS;

    async fn another_password_ends_all_other_sessions(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (kim, here) = rooms.account("kim@example.com").await;
        let elsewhere = rooms.signs_in("kim@example.com", OLD).await.expect("signed in");
        let caller = by(&kim);
        let wrong = rooms.users.change_password(&caller, &here.token, "not this one, sorry".into(), NEW.into()).await;
        assert_eq!(wrong.expect_err("refused").fields[0].field, "current_password");
        let short = rooms.users.change_password(&caller, &here.token, OLD.into(), "short".into()).await;
        assert_eq!(short.expect_err("refused").fields[0].field, "new_password");
        rooms.users.change_password(&caller, &here.token, OLD.into(), NEW.into()).await.expect("changed");
        assert!(rooms.caller(&here.token).await.is_ok());
        assert_eq!(rooms.caller(&elsewhere.token).await.expect_err("over"), "session_ended");
        assert_eq!(rooms.signs_in("kim@example.com", OLD).await.expect_err("the old one"), "wrong_credentials");
        rooms.signs_in("kim@example.com", NEW).await.expect("the new one");
    }

    async fn an_open_session_is_no_way_to_try_passwords(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (kim, here) = rooms.account("kim@example.com").await;
        let mut reasons = std::collections::BTreeSet::new();
        for _ in 0..25 {
            let tried = rooms.users.change_password(&by(&kim), &here.token, "not this one, sorry".into(), NEW.into()).await;
            reasons.insert(tried.expect_err("refused").reason);
        }
        assert!(reasons.contains("too_many_attempts"), "{reasons:?}");
    }

    async fn people_see_and_end_their_own_sessions(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (kim, here) = rooms.account("kim@example.com").await;
        let (lee, _) = rooms.account("lee@example.com").await;
        rooms.clock.advance(std::time::Duration::from_secs(1));
        let elsewhere = rooms.signs_in("kim@example.com", OLD).await.expect("signed in");
        let third = rooms.signs_in("kim@example.com", OLD).await.expect("signed in");
        let sessions = rooms.sessions();
        let own = sessions.list(&kim, &here.token).await.expect("a list");
        assert_eq!(own.iter().map(|own| own.is_current).collect::<Vec<_>>(), [false, false, true]);
        let refusal = sessions.revoke(&by(&lee), own[0].session.id).await.expect_err("not theirs");
        assert_eq!(refusal.code, Code::NotFound);
        sessions.revoke(&by(&kim), own[0].session.id).await.expect("revoked");
        let left = sessions.list(&kim, &here.token).await.expect("a list").len();
        assert_eq!(left, 2);
        sessions.revoke_others(&by(&kim), &here.token).await.expect("revoked");
        for gone in [&elsewhere, &third] {
            assert!(rooms.caller(&gone.token).await.is_err());
        }
        assert!(rooms.caller(&here.token).await.is_ok());
    }

    async fn an_account_is_deleted_unless_something_would_be_nobodys(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        rooms.account("boss@example.com").await;
        let (kim, session) = rooms.account("kim@example.com").await;
        let lee = rooms.person("lee").await;
        let place = rooms.in_project(&kim, "acme").await.place;
        let wrong = rooms.users.delete(&by(&kim), "not this one, sorry".into()).await;
        assert_eq!(wrong.expect_err("refused").fields[0].field, "password");
        let refusal = rooms.users.delete(&by(&kim), OLD.into()).await.expect_err("the last owner");
        assert_eq!((refusal.reason.as_str(), refusal.message.contains("acme")), ("last_owner", true));
        rooms.join(place, &lee, Role::Owner).await;
        rooms.users.delete(&by(&kim), OLD.into()).await.expect("deleted");
        assert!(rooms.caller(&session.token).await.is_err());
        assert_eq!(rooms.signs_in("kim@example.com", OLD).await.expect_err("gone"), "wrong_credentials");
        let members = rooms.members().list(place).await.expect("a list");
        assert_eq!(members.iter().map(|member| member.user_id).collect::<Vec<_>>(), [lee.id]);
    }

    async fn the_only_administrator_does_not_delete_themselves(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (boss, session) = rooms.account("boss@example.com").await;
        let refusal = rooms.users.delete(&by(&boss), OLD.into()).await.expect_err("the last");
        assert_eq!(refusal.reason, "last_administrator");
        assert!(rooms.caller(&session.token).await.is_ok());
    }

    async fn the_operator_sets_a_password_and_ends_every_session(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (_, session) = rooms.account("kim@example.com").await;
        rooms.users.set_password("KIM@example.com", NEW.into()).await.expect("set");
        assert!(rooms.caller(&session.token).await.is_err());
        rooms.signs_in("kim@example.com", NEW).await.expect("signed in");
        let refusal = rooms.users.set_password("nobody@example.com", NEW.into()).await.expect_err("nobody");
        assert_eq!(refusal.code, Code::NotFound);
    }
}
