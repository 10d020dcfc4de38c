"""Parts of the page on which parameters are searched."""
