"""`python -m stream.dashboards DIR`: write the dashboards, or compare."""

import sys

from stream import dashboards
from stream.schemas import write

if __name__ == "__main__":
    description = (dashboards.__doc__ or "").partition("\n")[0]
    sys.exit(write(dashboards.documents(), "stream.dashboards", description, None))
