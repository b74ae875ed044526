use access::WrappingKey;
use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead as _, KeyInit as _, Payload},
};
use domain::{DataKeyId, ProjectId, ServerId};
use secrecy::SecretString;
use zeroize::Zeroizing;

/// XChaCha20's: long enough to be drawn by chance for every secret that there
/// will ever be (draft-irtf-cfrg-xchacha, section 3.1).
const NONCE_BYTES: usize = 24;

/// Of nonce and tag.
pub(super) const OVERHEAD_BYTES: usize = NONCE_BYTES + 16;

/// What seals the secrets of one project.
pub(super) struct DataKey(Zeroizing<[u8; 32]>);

/// Where a secret belongs. It opens nowhere else.
pub(super) struct Place<'a> {
    pub(super) project: ProjectId,
    pub(super) server: ServerId,
    pub(super) name: &'a str,
}

/// Why something sealed does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SealError {
    /// It was sealed with a key that is not here.
    #[error("it was sealed with a key that this deployment does not have")]
    NoKey,
    /// Key, place or text is not what it was.
    #[error("it was changed, moved, or sealed with another key")]
    NotAuthentic,
}

impl DataKey {
    pub(super) fn generate() -> Self {
        let mut key = Zeroizing::new([0_u8; 32]);
        fill(key.as_mut_slice());
        Self(key)
    }

    /// Sealed for the database.
    pub(super) fn wrap(&self, with: &WrappingKey, project: ProjectId, id: DataKeyId) -> Vec<u8> {
        seal(with.as_bytes(), self.0.as_slice(), &data_key_place(project, id))
    }

    pub(super) fn unwrap(
        wrapped: &[u8],
        with: &WrappingKey,
        project: ProjectId,
        id: DataKeyId,
    ) -> Result<Self, SealError> {
        let key = open(with.as_bytes(), wrapped, &data_key_place(project, id))?;
        let key: [u8; 32] = key.as_slice().try_into().map_err(|_| SealError::NotAuthentic)?;
        Ok(Self(Zeroizing::new(key)))
    }

    pub(super) fn seal(&self, value: &str, place: &Place<'_>) -> Vec<u8> {
        seal(&self.0, value.as_bytes(), &place.bytes())
    }

    pub(super) fn open(&self, sealed: &[u8], place: &Place<'_>) -> Result<SecretString, SealError> {
        let value = open(&self.0, sealed, &place.bytes())?;
        let text = str::from_utf8(&value).map_err(|_| SealError::NotAuthentic)?;
        Ok(text.into())
    }
}

impl Place<'_> {
    /// Two ids of one length each, then the rest: no two places are alike.
    fn bytes(&self) -> Vec<u8> {
        let mut bytes = b"mcporch secret 1\0".to_vec();
        bytes.extend(self.project.uuid().as_bytes());
        bytes.extend(self.server.uuid().as_bytes());
        bytes.extend(self.name.as_bytes());
        bytes
    }
}

fn data_key_place(project: ProjectId, id: DataKeyId) -> Vec<u8> {
    let mut bytes = b"mcporch data key 1\0".to_vec();
    bytes.extend(project.uuid().as_bytes());
    bytes.extend(id.uuid().as_bytes());
    bytes
}

/// Nonce, then ciphertext and tag.
pub(super) fn seal(key: &[u8; 32], text: &[u8], place: &[u8]) -> Vec<u8> {
    let mut nonce = [0_u8; NONCE_BYTES];
    fill(&mut nonce);
    let payload = Payload {
        msg: text,
        aad: place,
    };
    let sealed = XChaCha20Poly1305::new(key.into())
        .encrypt(&XNonce::from(nonce), payload)
        .expect("a secret is far shorter than the 256 GiB that the cipher takes");
    let mut whole = Vec::with_capacity(NONCE_BYTES + sealed.len());
    whole.extend(nonce);
    whole.extend(sealed);
    whole
}

pub(super) fn open(key: &[u8; 32], sealed: &[u8], place: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let (nonce, sealed) = sealed
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or(SealError::NotAuthentic)?;
    let payload = Payload {
        msg: sealed,
        aad: place,
    };
    XChaCha20Poly1305::new(key.into())
        .decrypt(&XNonce::from(*nonce), payload)
        .map(Zeroizing::new)
        .map_err(|_| SealError::NotAuthentic)
}

fn fill(bytes: &mut [u8]) {
    getrandom::fill(bytes).expect("the operating system always has randomness once it is up");
}
