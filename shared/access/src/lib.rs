//! Who is calling, and may they: callers, credentials, service tokens.
