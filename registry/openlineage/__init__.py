"""OpenLineage events that come in over HTTP: taking them, and what they state."""
