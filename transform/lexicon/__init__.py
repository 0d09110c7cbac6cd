"""Vocabulary of indicator phrases, as reviewed data files; transform/vocabulary.py reads them."""
