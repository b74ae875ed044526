//! The team/project service: users, teams, projects, members, keys, servers.
