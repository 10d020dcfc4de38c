"""Parts of the page Apply: the method, the pictures of new images, and what a person says of them."""
