//! A new migration must rebuild the service: it is compiled into it.

fn main() {
    println!("cargo::rerun-if-changed=../../migrations/projects");
}
