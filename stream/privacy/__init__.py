"""What is personal: pseudonyms instead of customers, marks instead of what comments give away."""

from stream.privacy.pseudonyms import PLAIN, Pseudonyms
from stream.privacy.redaction import redact, redact_comment, redact_shown

__all__ = ["PLAIN", "Pseudonyms", "redact", "redact_comment", "redact_shown"]
