//! What each service would repeat: configuration, telemetry, listeners, health, tasks, drain.
