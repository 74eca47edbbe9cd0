"""LibCST helpers without policy: what a rule declares becomes text edits."""
