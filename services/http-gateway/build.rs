//! Makes sure that the folder of the built web UI is there, empty where it was
//! not built, so that the crate compiles without it.

use std::{error::Error, fs, path::PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let dist = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").ok_or("not run by cargo")?)
        .join("../../web/dist");
    fs::create_dir_all(&dist)?;
    println!("cargo::rerun-if-changed={}", dist.display());
    Ok(())
}
