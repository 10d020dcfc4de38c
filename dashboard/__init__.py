"""The pages: they ask the library for scores and figures, and draw them."""
