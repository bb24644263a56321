"""How tables are read: a proposal, a preview, the rule of a project."""
