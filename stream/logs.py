"""Logs for machines: one JSON object a line on standard error; they never hold a customer's data."""

import logging

from pythonjsonlogger.json import JsonFormatter

#: Faust and aiokafka talk much at these levels, about nothing an operator can act on; Faust's services log under the
#: name of the module that subclasses them.
_CALMED = dict.fromkeys(("faust", "mode", "aiokafka", "stream.transport", "stream.store"), logging.WARNING)


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
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    # At a cluster's very first consumer group the coordinator is not there at once; aiokafka asks again by itself.
    logging.getLogger("aiokafka.consumer.group_coordinator").addFilter(
        lambda record: "GroupCoordinatorNotAvailable" not in record.getMessage()
    )
    for name, calmed in _CALMED.items():
        logging.getLogger(name).setLevel(max(calmed, root.level))
