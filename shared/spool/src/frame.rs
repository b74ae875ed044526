use bytes::Bytes;
use uuid::Uuid;

/// magic 4, body length 4, CRC-32C 4, seq 8, kind 1, id 16; little endian.
pub(crate) const HEADER_BYTES: usize = 37;

/// Begins with a byte that is in no UTF-8 text, so that a search for the next
/// frame seldom stops in a body.
pub(crate) const MAGIC: [u8; 4] = [0xF5, b'S', b'P', b'1'];

/// What a frame says about the thing that its id names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FrameKind {
    /// Something began, and a closing with the same id will follow.
    Opening = 1,
    /// It ended.
    Closing = 2,
    /// Complete in itself.
    Single = 3,
}

/// One record as it was appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Which life of the spool it is from.
    pub epoch: u64,
    /// Its number in that life, from 1 on without a gap.
    pub seq: u64,
    /// What it says.
    pub kind: FrameKind,
    /// About what.
    pub id: Uuid,
    /// In the words of its owner.
    pub body: Bytes,
}

/// A frame that waits for its number.
///
/// All but the number is prepared before the lock of the spool is taken.
pub(crate) struct Draft {
    bytes: Vec<u8>,
    checksum: u32,
    pub(crate) kind: FrameKind,
    pub(crate) id: Uuid,
}

/// What stands at the beginning of some bytes.
pub(crate) enum Decoded {
    Frame {
        seq: u64,
        kind: FrameKind,
        id: Uuid,
        length: usize,
    },
    /// A frame may begin here; that many bytes would tell.
    Incomplete {
        needed: usize,
    },
    Bad,
}

impl FrameKind {
    fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            1 => Some(Self::Opening),
            2 => Some(Self::Closing),
            3 => Some(Self::Single),
            _ => None,
        }
    }
}

impl Draft {
    /// The salt differs from one life of the spool to the next, so that a body
    /// which contains a well-formed frame is never taken for one.
    pub(crate) fn new(salt: u32, kind: FrameKind, id: Uuid, body: &[u8]) -> Self {
        Self::written(salt, kind, id, body.len(), |bytes| bytes.extend_from_slice(body))
    }

    /// The same of a body that is written where it is to lie. How long it will be only
    /// saves memory from being moved.
    pub(crate) fn written(
        salt: u32,
        kind: FrameKind,
        id: Uuid,
        expected_bytes: usize,
        write: impl FnOnce(&mut Vec<u8>),
    ) -> Self {
        let mut bytes = Vec::with_capacity(HEADER_BYTES + expected_bytes);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&[0; 16]);
        bytes.push(kind as u8);
        bytes.extend_from_slice(id.as_bytes());
        write(&mut bytes);
        let length = u32::try_from(bytes.len() - HEADER_BYTES)
            .expect("bodies are limited to a segment, which is at most 1 GiB");
        bytes[4..8].copy_from_slice(&length.to_le_bytes());
        let checksum = checksum_without_seq(salt, &bytes);
        Self {
            bytes,
            checksum,
            kind,
            id,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn finish(&mut self, seq: u64) -> &[u8] {
        self.bytes[12..20].copy_from_slice(&seq.to_le_bytes());
        let checksum = crc32c::crc32c_append(self.checksum, &self.bytes[12..20]);
        self.bytes[8..12].copy_from_slice(&checksum.to_le_bytes());
        &self.bytes
    }
}

/// Over length, kind, id and body of a frame that has all its bytes.
fn checksum_without_seq(salt: u32, frame: &[u8]) -> u32 {
    let length = crc32c::crc32c_append(salt, &frame[4..8]);
    crc32c::crc32c_append(length, &frame[20..])
}

/// Reads the frame that `bytes` begin with. `limit` is how many bytes the file
/// has from here on; `seqs` are the numbers that can stand here.
pub(crate) fn decode(salt: u32, bytes: &[u8], limit: u64, seqs: &std::ops::RangeInclusive<u64>) -> Decoded {
    let known = bytes.len().min(MAGIC.len());
    if bytes[..known] != MAGIC[..known] {
        return Decoded::Bad;
    }
    let Some(header) = bytes.first_chunk::<HEADER_BYTES>() else {
        return Decoded::Incomplete { needed: HEADER_BYTES };
    };
    let seq = u64::from_le_bytes(header[12..20].try_into().expect("eight bytes"));
    let Some(kind) = FrameKind::from_byte(header[20]) else {
        return Decoded::Bad;
    };
    if !seqs.contains(&seq) {
        return Decoded::Bad;
    }
    let length = HEADER_BYTES + u32::from_le_bytes(header[4..8].try_into().expect("four bytes")) as usize;
    if bytes.len() < length || length as u64 > limit {
        return Decoded::Incomplete { needed: length };
    }
    let frame = &bytes[..length];
    let checksum = crc32c::crc32c_append(checksum_without_seq(salt, frame), &frame[12..20]);
    if checksum.to_le_bytes() != frame[8..12] {
        return Decoded::Bad;
    }
    Decoded::Frame {
        seq,
        kind,
        id: Uuid::from_slice(&frame[21..HEADER_BYTES]).expect("sixteen bytes"),
        length,
    }
}
