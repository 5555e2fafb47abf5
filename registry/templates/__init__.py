"""Workbooks to fill in: what stands in them, and how they are written."""
