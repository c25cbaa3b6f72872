"""What schemathesis is told about Tidings. Importing a module registers its hooks."""

import callers  # noqa: F401
import record  # noqa: F401
import rules  # noqa: F401
import steering  # noqa: F401
import strangers  # noqa: F401
