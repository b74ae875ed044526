use std::{sync::Arc, time::Duration};

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use domain::Email;
use secrecy::{ExposeSecret as _, SecretString};
use service_error::{Code, ServiceError};
use tokio::sync::Semaphore;

/// Of a password that is the only factor: NIST SP 800-63B-4 (3.1.1.2) wants 15
/// characters, no rules of composition, and a list of what everybody tries.
const MIN_CHARACTERS: usize = 15;

/// Longer than any password, and short enough to hash without thinking.
const MAX_CHARACTERS: usize = 256;

/// What long passwords are when somebody did not want one. Compared in lower
/// case, without spaces.
const COMMON: [&str; 9] = [
    "passwordpassword",
    "password12345678",
    "password123456789",
    "qwertyuiopasdfgh",
    "qwertyuiopasdfghjkl",
    "qwertyuiopasdfghjklzxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
    "iloveyouiloveyou",
    "letmeinletmeinletmein",
];

/// Requests that may wait for their turn to hash, and for how long. Who finds no
/// place, or whose turn does not come, is told to come again: each turn costs a
/// core some 20 ms, and ten times that on a machine that does something else.
/// With the longest wait twice (a change of password compares and hashes), an
/// answer still comes before those who ask over REST give it up after 10 s.
const WAITING: usize = 64;
const LONGEST_WAIT: Duration = Duration::from_secs(3);

/// When the crowd may be gone.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// Hashes and compares passwords: Argon2id with 19 MiB and two passes (OWASP),
/// at most one at a time per core, away from the threads that serve requests.
#[derive(Clone)]
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    /// Of those who hash or wait for it.
    queue: Arc<Semaphore>,
    /// Of those who hash.
    cores: Arc<Semaphore>,
    longest_wait: Duration,
    /// What a password is compared with where there is no account, so that
    /// nobody hears from the clock which accounts there are.
    decoy: Arc<str>,
}

impl Passwords {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let params =
            Params::new(19 * 1024, 2, 1, None).map_err(|error| anyhow::anyhow!("Argon2: {error}"))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let decoy = argon2
            .hash_password(b"the password of nobody")
            .map_err(|error| anyhow::anyhow!("Argon2: {error}"))?
            .to_string();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Ok(Self {
            argon2,
            queue: Arc::new(Semaphore::new(WAITING + cores)),
            cores: Arc::new(Semaphore::new(cores)),
            longest_wait: LONGEST_WAIT,
            decoy: decoy.into(),
        })
    }

    /// What is stored of a password.
    pub(crate) async fn hash(&self, password: SecretString) -> Result<String, ServiceError> {
        let argon2 = self.argon2.clone();
        self.run(move || {
            argon2
                .hash_password(password.expose_secret().as_bytes())
                .map(|hash| hash.to_string())
        })
        .await?
        .map_err(|error| ServiceError::internal(std::io::Error::other(error.to_string())))
    }

    /// Whether it is the password; never so without a hash, after the same time.
    pub(crate) async fn verify(
        &self,
        password: SecretString,
        hash: Option<String>,
    ) -> Result<bool, ServiceError> {
        let argon2 = self.argon2.clone();
        let is_somebodys = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.to_string());
        self.run(move || {
            let hash = PasswordHash::new(&hash).map_err(|error| std::io::Error::other(error.to_string()))?;
            Ok(argon2
                .verify_password(password.expose_secret().as_bytes(), &hash)
                .is_ok()
                && is_somebodys)
        })
        .await?
        .map_err(|error: std::io::Error| ServiceError::internal(error))
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let place = self.queue.clone().try_acquire_owned().map_err(|_| crowded())?;
        let core = tokio::time::timeout(self.longest_wait, self.cores.clone().acquire_owned())
            .await
            .map_err(|_| crowded())?
            .expect("the semaphore is never closed");
        let ran = tokio::task::spawn_blocking(move || {
            let result = work();
            // Held by the work and not by the request, which may be gone before.
            drop((core, place));
            result
        });
        ran.await.map_err(ServiceError::internal)
    }
}

/// It is the deployment that has no room, whoever asks.
fn crowded() -> ServiceError {
    let message = "too many people sign in at this moment; try again in a few seconds";
    ServiceError::new(Code::Unavailable, "too_many_sign_ins", message).retry_after(RETRY_AFTER)
}

/// Takes a new password if it is one.
pub(crate) fn check(password: &SecretString, email: &Email) -> Result<(), ServiceError> {
    let text = password.expose_secret();
    let characters = text.chars().count();
    let refuse = |message: String| Err(ServiceError::invalid("password", message));
    if characters < MIN_CHARACTERS {
        return refuse(format!(
            "expected {MIN_CHARACTERS} characters or more; a few words are fine"
        ));
    }
    if characters > MAX_CHARACTERS {
        return refuse(format!("expected at most {MAX_CHARACTERS} characters"));
    }
    let plain: String = text.to_lowercase().split_whitespace().collect();
    let different = plain.chars().collect::<std::collections::BTreeSet<_>>().len();
    let is_a_row = "01234567890123456789012345678901234567890".contains(&plain)
        || "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz".contains(&plain);
    if COMMON.contains(&plain.as_str()) || different < 5 || is_a_row || plain == email.as_str() {
        return refuse("this is one of the passwords that are tried first; choose another".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(password: &str) -> Result<(), String> {
        let email = Email::parse("kim.the.gardener@example.com").expect("an address");
        check(&password.into(), &email).map_err(|error| error.message)
    }

    #[test]
    fn length_decides_and_composition_does_not() {
        assert_eq!(verdict("a few words are fine"), Ok(()));
        assert_eq!(verdict("열다섯글자가넘는긴비밀번호입니다"), Ok(()));
        assert!(verdict("Sh0rt!but#mixed").is_ok());
        assert!(verdict("Sh0rt!butmixed").is_err(), "14 characters");
        assert!(verdict(&"long ".repeat(60)).is_err(), "300 characters");
    }

    #[test]
    fn what_everybody_tries_is_refused() {
        for password in [
            "aaaaaaaaaaaaaaaaaaaa",
            "123456789012345",
            "PasswordPassword",
            "abcdefghijklmnopqrst",
            "kim.the.gardener@example.com",
        ] {
            assert!(verdict(password).is_err(), "{password}");
        }
    }

    #[tokio::test]
    async fn only_the_password_itself_fits_its_hash() {
        let passwords = Passwords::new().expect("Argon2");
        let hash = passwords
            .hash("a few words are fine".into())
            .await
            .expect("hashed");
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert_ne!(
            hash,
            passwords
                .hash("a few words are fine".into())
                .await
                .expect("hashed"),
            "salted"
        );
        let fits = async |password: &str, hash: Option<&str>| {
            passwords
                .verify(password.into(), hash.map(str::to_owned))
                .await
                .expect("compared")
        };
        assert!(fits("a few words are fine", Some(&hash)).await);
        assert!(!fits("a few words are not", Some(&hash)).await);
        assert!(!fits(&hash, Some(&hash)).await, "the hash itself");
        assert!(!fits("the password of nobody", None).await, "no account");
    }

    async fn refused(passwords: &Passwords) {
        let hashed = passwords.hash("a few words are fine".into()).await;
        let refusal = hashed.expect_err("no room");
        assert_eq!(
            (refusal.code, refusal.reason.as_str()),
            (Code::Unavailable, "too_many_sign_ins")
        );
        assert!(refusal.retry_after_ms.is_some_and(|wait_ms| wait_ms > 0));
    }

    #[tokio::test]
    async fn who_finds_no_place_in_the_queue_is_told_to_come_again() {
        let passwords = Passwords::new().expect("Argon2");
        let all = passwords.queue.available_permits();
        let crowd = passwords.queue.clone().try_acquire_many_owned(all as u32);
        let crowd = crowd.expect("free");
        refused(&passwords).await;
        drop(crowd);
        assert!(passwords.hash("a few words are fine".into()).await.is_ok());
    }

    #[tokio::test]
    async fn whose_turn_does_not_come_is_told_to_come_again_and_leaves_the_queue() {
        let mut passwords = Passwords::new().expect("Argon2");
        passwords.longest_wait = Duration::from_millis(1);
        let places = passwords.queue.available_permits();
        let all = passwords.cores.available_permits();
        let crowd = passwords.cores.clone().try_acquire_many_owned(all as u32);
        let crowd = crowd.expect("free");
        // Nobody gives a core back: only the end of the wait ends this.
        refused(&passwords).await;
        assert_eq!(passwords.queue.available_permits(), places);
        drop(crowd);
        assert!(passwords.hash("a few words are fine".into()).await.is_ok());
    }
}
