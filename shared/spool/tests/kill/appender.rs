//! Appends to the spool of the folder that its argument names until it is
//! killed, and says on stdout what it was answered: a line per frame, written
//! after the append returned, and what was left to be written was written.

use std::io::Write as _;

use spool::{FrameKind, Spool, SpoolConfig, When};
use uuid::Uuid;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).ok_or("usage: spool-appender FOLDER")?;
    let mut config = SpoolConfig::new(folder);
    config.segment_bytes = 256 * 1024;
    let (spool, recovery) = Spool::open(config)?;
    let mut stdout = std::io::stdout().lock();
    for frame in recovery.unfinished {
        spool.append(FrameKind::Closing, frame.id, b"lost")?;
    }
    for number in 0.. {
        let id = Uuid::from_u64_pair(spool.epoch(), number);
        let body = vec![number as u8; (number as usize * 37) % 900];
        let write = |bytes: &mut Vec<u8>| bytes.extend_from_slice(&body);
        let later = |kind| spool.append_written(When::Later, kind, id, body.len(), write);
        let seq = match number % 3 {
            0 => {
                spool.append(FrameKind::Opening, id, &body)?;
                spool.append(FrameKind::Closing, id, &body)?
            }
            1 => {
                later(FrameKind::Opening)?;
                later(FrameKind::Closing)?
            }
            _ => {
                later(FrameKind::Opening)?;
                spool.write_out()?;
                later(FrameKind::Closing)?
            }
        };
        spool.write_out()?;
        writeln!(stdout, "{} {seq} {number}", spool.epoch())?;
    }
    Ok(())
}
