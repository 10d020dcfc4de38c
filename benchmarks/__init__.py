"""Speed and accuracy, each measured beside a peer in one run."""
