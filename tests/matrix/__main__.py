"""`python -m tests.matrix`: see `matrix.whole`."""

import sys

from matrix.whole import main

sys.exit(main())
