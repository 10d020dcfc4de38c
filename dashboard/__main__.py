"""`python -m dashboard` is `anomaly-compare`, in a checkout too."""

import sys

from dashboard.command import main

if __name__ == "__main__":
    sys.exit(main())
