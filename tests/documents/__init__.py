"""Builders of documents for tests: one plan of our own in every format, and writers of legacy encodings."""
