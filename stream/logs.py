"""Logs for machines: one JSON object a line on standard error; they never hold a customer's data."""

import logging

from pythonjsonlogger.json import JsonFormatter

#: Faust and aiokafka talk much at these levels, about nothing an operator can act on; Faust's services log under the
#: name of the module that subclasses them.
_CALMED = dict.fromkeys(("faust", "mode", "aiokafka", "stream.transport", "stream.store"), logging.WARNING)

#: Lines of aiokafka where a right is missing, before the error that ends the service or command.
_REPEATED = (
    "Not authorized to read from topic",
    "OffsetCommit failed for unauthorized topics",
    "Unexpected error during InitProducerIdRequest",
)


def _says_more(record: logging.LogRecord) -> bool:
    """Whether a line tells anything beyond the sentence with which the service or command ends."""
    error = record.exc_info[1] if record.exc_info else None
    # By name, because importing aiokafka takes longer than most commands.
    forbidden = type(error).__name__.endswith("AuthorizationFailedError")
    return not forbidden and not record.getMessage().startswith(_REPEATED)


def plain() -> None:
    """Show a command's warnings as lines on standard error."""
    handler = logging.StreamHandler()
    handler.addFilter(_says_more)
    logging.basicConfig(format="%(message)s", handlers=[handler])


def configure(level: str) -> None:
    """Send logs of at least this level to standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter(
            ["asctime", "levelname", "name", "message"],
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
            datefmt="%Y-%m-%dT%H:%M:%S%z",
        )
    )
    handler.addFilter(_says_more)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # At a cluster's very first consumer group the coordinator is not there at once; aiokafka asks again by itself.
    logging.getLogger("aiokafka.consumer.group_coordinator").addFilter(
        lambda record: "GroupCoordinatorNotAvailable" not in record.getMessage()
    )
    for name, calmed in _CALMED.items():
        logging.getLogger(name).setLevel(max(calmed, root.level))
