use std::time::Duration;

use access::SignInLinkToken;
use database::database_test;
use service_error::{Code, ServiceError};

use super::*;
use crate::{MIGRATIONS, fixture::Rooms};

const PASSWORD: &str = "a few words are fine";

impl Rooms {
    async fn sign_up(&self, email: &str) -> Result<(User, NewSession), ServiceError> {
        self.users
            .sign_up(
                Applicant::Stranger(Origin::default()),
                email,
                "Kim",
                PASSWORD.into(),
                None,
            )
            .await
    }

    async fn sign_in(&self, email: &str, password: &str) -> Result<(User, NewSession), ServiceError> {
        self.users
            .sign_in(&Origin::default(), email, password.into())
            .await
    }
}

fn reason<T>(outcome: Result<T, ServiceError>) -> String {
    outcome
        .err()
        .map_or_else(|| "allowed".to_owned(), |error| error.reason)
}

database_test! {
    &MIGRATIONS;

    async fn the_first_account_is_the_administrators_and_the_next_need_an_invitation(database: Database) {
        let rooms = Rooms::new(database, SignUp::InviteOnly);
        let (first, session) = rooms.sign_up("Kim@Example.com").await.expect("the first");
        assert!(first.is_admin);
        let state = rooms.users.sign_up_state().await.expect("known");
        assert_eq!(state, SignUpState { is_open: false, is_first: false });
        let caller = rooms.caller(&session.token).await.expect("a session");
        let caller = caller.person().expect("a person").clone();
        assert_eq!(caller, first);
        assert_eq!(caller.email, "kim@example.com");

        let refusal = rooms.sign_up("lee@example.com").await.expect_err("not invited");
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::PermissionDenied, "sign_up_closed"));
        assert!(refusal.message.contains("ask an administrator"), "{}", refusal.message);
        let (made, _) = rooms.users
            .sign_up(Applicant::Operator, "lee@example.com", "Lee", PASSWORD.into(), None)
            .await
            .expect("the operator may");
        assert!(!made.is_admin);
    }

    async fn of_two_who_come_first_at_once_one_is_the_administrator(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (one, other) = tokio::join!(rooms.sign_up("kim@example.com"), rooms.sign_up("lee@example.com"));
        let admins = [one, other].map(|made| made.expect("made").0.is_admin);
        assert!(admins[0] != admins[1], "{admins:?}");
    }

    async fn of_two_who_come_first_at_once_one_is_let_in_where_sign_up_is_off(database: Database) {
        let rooms = Rooms::new(database, SignUp::Off);
        let state = rooms.users.sign_up_state().await.expect("known");
        assert_eq!(state, SignUpState { is_open: true, is_first: true });
        let (one, other) = tokio::join!(rooms.sign_up("kim@example.com"), rooms.sign_up("lee@example.com"));
        let mut reasons = [reason(one), reason(other)];
        reasons.sort();
        assert_eq!(reasons, ["allowed", "sign_up_closed"]);
    }

    async fn an_address_has_one_account_in_whatever_case(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        rooms.sign_up("kim@example.com").await.expect("free");
        let state = rooms.users.sign_up_state().await.expect("known");
        assert_eq!(state, SignUpState { is_open: true, is_first: false });
        let refusal = rooms.sign_up(" KIM@example.COM ").await.expect_err("taken");
        assert_eq!((refusal.code, refusal.reason.as_str()), (Code::AlreadyExists, "email_taken"));
        assert_eq!(refusal.fields[0].field, "email");
    }

    async fn what_cannot_be_an_account_is_refused_by_the_field(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        for (email, name, password, field) in [
            ("kim", "Kim", PASSWORD, "email"),
            ("kim@example.com", " ", PASSWORD, "name"),
            ("kim@example.com", "Kim", "too short", "password"),
        ] {
            let refusal = rooms.users.sign_up(Applicant::Stranger(Origin::default()), email, name, password.into(), None).await.expect_err(field);
            assert_eq!(refusal.fields[0].field, field);
        }
        assert!(rooms.sign_up("kim@example.com").await.expect("nothing was made before").0.is_admin);
    }

    async fn an_unknown_address_and_a_wrong_password_sound_the_same(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        rooms.sign_up("kim@example.com").await.expect("made");
        let wrong = rooms.sign_in("kim@example.com", "another long password").await.expect_err("wrong");
        let unknown = rooms.sign_in("lee@example.com", PASSWORD).await.expect_err("unknown");
        assert_eq!((wrong.code, &wrong.reason, &wrong.message), (unknown.code, &unknown.reason, &unknown.message));
        assert_eq!((wrong.code, wrong.reason.as_str()), (Code::Unauthenticated, "wrong_credentials"));

        rooms.clock.advance(Duration::from_secs(1));
        let (user, session) = rooms.sign_in("Kim@example.com", PASSWORD).await.expect("right");
        assert_eq!(user.last_login_at, Some(rooms.clock.now()));
        assert!(rooms.caller(&session.token).await.is_ok());
    }

    async fn an_account_under_attack_is_closed_for_a_while_even_to_the_right_password(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        rooms.sign_up("kim@example.com").await.expect("made");
        let mut reasons = Vec::new();
        for _ in 0..20 {
            reasons.push(reason(rooms.sign_in("kim@example.com", "not the password").await));
        }
        assert!(reasons.contains(&"wrong_credentials".to_owned()), "{reasons:?}");
        assert_eq!(reason(rooms.sign_in("kim@example.com", PASSWORD).await), "too_many_attempts");
        rooms.clock.advance(Duration::from_mins(15));
        assert_eq!(reason(rooms.sign_in("kim@example.com", PASSWORD).await), "allowed");
    }

    async fn a_deactivated_person_is_out_at_once(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (user, session) = rooms.sign_up("kim@example.com").await.expect("made");
        let (link, _) = rooms.users.create_sign_in_link(user.id).await.expect("a link");
        rooms.deactivate(&user).await;
        assert_eq!(rooms.caller(&session.token).await.expect_err("out"), "session_ended");
        assert_eq!(reason(rooms.sign_in("kim@example.com", PASSWORD).await), "account_inactive");
        assert_eq!(reason(rooms.sign_in("kim@example.com", "not the password").await), "wrong_credentials");
        assert_eq!(reason(rooms.users.redeem_sign_in_link(link.expose(), &Origin::default()).await), "account_inactive");
    }

    async fn a_session_ends_when_it_is_idle_or_old_or_signed_out(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let hours = |hours| Duration::from_hours(hours);
        let (_, idle) = rooms.sign_up("kim@example.com").await.expect("made");
        rooms.clock.advance(hours(12));
        assert_eq!(rooms.caller(&idle.token).await.expect_err("idle"), "session_ended");

        let (_, used) = rooms.sign_in("kim@example.com", PASSWORD).await.expect("in");
        assert_eq!(used.expires_at, rooms.clock.now() + hours(7 * 24));
        for _ in 0..15 {
            rooms.clock.advance(hours(11));
            assert!(rooms.caller(&used.token).await.is_ok());
        }
        rooms.clock.advance(hours(3));
        assert_eq!(rooms.caller(&used.token).await.expect_err("old"), "session_ended");

        let (_, ended) = rooms.sign_in("kim@example.com", PASSWORD).await.expect("in");
        let (_, other) = rooms.sign_in("kim@example.com", PASSWORD).await.expect("in");
        let mut metadata = tonic::metadata::MetadataMap::new();
        access::Credential::parse(ended.token.expose()).expect("ours").attach(&mut metadata);
        rooms.access.sign_out(&metadata).await.expect("signed out");
        assert_eq!(rooms.caller(&ended.token).await.expect_err("out"), "session_ended");
        assert!(rooms.caller(&other.token).await.is_ok(), "another browser stays");
    }

    async fn a_sign_in_link_works_once_and_not_for_long(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (user, _) = rooms.sign_up("kim@example.com").await.expect("made");
        let (link, _) = rooms.users.create_sign_in_link(user.id).await.expect("a link");
        let (entered, session) = rooms.users.redeem_sign_in_link(link.expose(), &Origin::default()).await.expect("alive");
        assert_eq!(entered.id, user.id);
        assert!(rooms.caller(&session.token).await.is_ok());
        assert_eq!(reason(rooms.users.redeem_sign_in_link(link.expose(), &Origin::default()).await), "link_dead");

        let (late, expires_at) = rooms.users.create_sign_in_link(user.id).await.expect("a link");
        rooms.clock.advance(expires_at.since(rooms.clock.now()));
        assert_eq!(reason(rooms.users.redeem_sign_in_link(late.expose(), &Origin::default()).await), "link_dead");

        for text in [SignInLinkToken::generate().expose(), session.token.expose(), ""] {
            assert_eq!(reason(rooms.users.redeem_sign_in_link(text, &Origin::default()).await), "link_dead", "{text}");
        }
        let unknown = UserId::new(&rooms.clock);
        assert_eq!(reason(rooms.users.create_sign_in_link(unknown).await), "not_found");
    }

    async fn of_two_who_come_with_one_link_at_once_one_is_let_in(database: Database) {
        let rooms = Rooms::new(database, SignUp::Open);
        let (user, _) = rooms.sign_up("kim@example.com").await.expect("made");
        let (link, _) = rooms.users.create_sign_in_link(user.id).await.expect("a link");
        let origin = Origin::default();
        let (one, other) = tokio::join!(
            rooms.users.redeem_sign_in_link(link.expose(), &origin),
            rooms.users.redeem_sign_in_link(link.expose(), &origin)
        );
        let mut reasons = [reason(one), reason(other)];
        reasons.sort();
        assert_eq!(reasons, ["allowed", "link_dead"]);
    }

    async fn an_invitation_opens_a_closed_deployment_for_the_address_that_was_invited(database: Database) {
        let rooms = Rooms::new(database, SignUp::InviteOnly);
        let (owner, _) = rooms.sign_up("kim@example.com").await.expect("the first");
        let entered = rooms.in_project(&owner, "acme").await;
        let (_, link) = rooms.invitations().create(&entered, "lee@example.com", domain::Role::Developer).await.expect("invited");
        let sign_up = async |email: &str, token: &str| {
            reason(rooms.users.sign_up(Applicant::Stranger(Origin::default()), email, "Lee", PASSWORD.into(), Some(token)).await)
        };
        let foreign = access::InvitationToken::generate();
        for (email, token) in [
            ("eve@example.com", link.expose()),
            ("lee@example.com", foreign.expose()),
            ("lee@example.com", ""),
        ] {
            assert_eq!(sign_up(email, token).await, "sign_up_closed", "{email} {token}");
        }
        assert_eq!(sign_up("Lee@example.com", link.expose()).await, "allowed");
        let expired = rooms.invitations().create(&entered, "max@example.com", domain::Role::Developer).await.expect("invited").1;
        rooms.clock.advance(Duration::from_hours(7 * 24));
        assert_eq!(sign_up("max@example.com", expired.expose()).await, "sign_up_closed");
    }
}
