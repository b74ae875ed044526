//! The whole stack under test: in one process, as four processes, with real clients.
