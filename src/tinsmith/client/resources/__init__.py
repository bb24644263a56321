"""Operations of a client, one file for each kind of thing."""
