"""`python -m tests.prove`: see `prove.runner`."""

import sys

from prove.runner import main

sys.exit(main())
