"""`python -m heedful` is `heedful`."""

import sys

from heedful.cli.main import main

sys.exit(main())
