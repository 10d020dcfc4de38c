"""Parts of the page Apply: the method that judges, and the pictures of new images."""
