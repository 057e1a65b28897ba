"""Labels for tests of backups: as a server tells them, and a project that holds every kind."""
