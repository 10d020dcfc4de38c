"""Models of normal patches as nodes of a graph: a module for each kind."""
