"""Long answers as files: what an export is, and how it is written as CSV, JSON Lines or a workbook."""
