"""The sources that `registry.toml` names: read, run, scheduled, undone."""
