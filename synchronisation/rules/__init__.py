"""Rules: what an administrator configured, compiled into functions on plain documents. No database, no Django."""
