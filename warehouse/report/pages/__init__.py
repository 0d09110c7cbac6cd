"""What each kind of page is made of. Every module turns published rows into `Page` values; templates only lay
them out."""
