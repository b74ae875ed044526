//! Appends to the spool of the folder that its first argument names, with the
//! durability that its second one does, until it is killed, and says on stdout
//! what it was answered: a line per call, written after the append of its closing
//! returned.

use std::io::Write as _;

use spool::{Durability, FrameKind, Spool, SpoolConfig};
use uuid::Uuid;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, durability] = arguments.as_slice() else {
        return Err("usage: spool-appender FOLDER process|power".into());
    };
    let mut config = SpoolConfig::new(folder);
    if durability == "power" {
        config.durability = Durability::Power;
    }
    config.segment_bytes = 256 * 1024;
    let (spool, recovery) = Spool::open(config)?;
    let mut stdout = std::io::stdout().lock();
    for frame in recovery.unfinished {
        spool.append(FrameKind::Closing, frame.id, b"lost")?;
    }
    for number in 0.. {
        let id = Uuid::from_u64_pair(spool.epoch(), number);
        let body = vec![number as u8; (number as usize * 37) % 900];
        spool.append(FrameKind::Opening, id, &body)?;
        let seq = spool.append(FrameKind::Closing, id, &body)?;
        writeln!(stdout, "{} {seq} {number}", spool.epoch())?;
    }
    Ok(())
}
