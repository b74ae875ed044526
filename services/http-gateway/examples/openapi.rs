//! Prints the OpenAPI document:
//! `cargo run -p http-gateway --example openapi > docs/openapi.json`

fn main() {
    print!("{}", http_gateway::openapi_document());
}
