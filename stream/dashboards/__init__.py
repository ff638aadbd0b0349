"""Grafana's dashboards as code, one file each in `boards/`; not part of the running service."""

import json

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from stream.dashboards.boards import BOARDS


def documents() -> dict[str, str]:
    """Every dashboard's JSON by its file name.

    >>> "dashboards/feedback-kpi-nps.json" in documents()
    True
    """
    return {
        f"dashboards/{board.uid}.json": json.dumps(board, cls=JSONEncoder, indent=2, ensure_ascii=False) + "\n"
        for module in BOARDS
        for board in module.boards()
    }
