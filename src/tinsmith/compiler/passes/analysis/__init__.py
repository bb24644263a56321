"""What several passes ask about a graph: facts that follow from it, nothing that changes it."""
