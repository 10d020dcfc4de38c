"""`python -m dashboard` is `anomaly-compare`, in a checkout too."""

import sys

from dashboard.command import main

sys.exit(main())
