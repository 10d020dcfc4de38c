"""Search for the parameters of a method on images that are no test images."""
