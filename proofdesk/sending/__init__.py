"""Parts of sending that are loaded when they are first needed: the journal, and what helps in trouble."""
