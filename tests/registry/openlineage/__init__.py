"""OpenLineage events that come in over HTTP."""
