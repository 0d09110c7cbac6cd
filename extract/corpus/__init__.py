"""Reviewed examples of what each reading rule does: tables from phrase to rows, own-written, positive and negative."""
