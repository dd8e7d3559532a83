"""JIM File Connector: people and groups in delimited text files (CSV, TSV)."""
