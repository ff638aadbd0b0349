"""The reference page of the KPIs in French, from the catalogue and the terms in `french.py`."""

from collections.abc import Callable
from textwrap import fill

from stream.french import TERMS
from stream.kpi import SCORES, ScoreInfo
from stream.reference_domain import table, told

_PAGE = """\
# Glossaire

Les indicateurs de l'expérience client, en français. Un indicateur est fait de nombres entiers, que l'on additionne sur
les événements d'une fenêtre ; le score vient de leurs sommes, jamais d'autres scores. Sans réponse il n'y a pas de
score, et surtout pas 0. Avec moins de réponses que le réglage `min_sample`, le score est retenu. Chaque estimation a
son intervalle de confiance à 95 %. [La page en anglais](kpis.md) dit le reste : échelles, champs, intervalles, sources.

"""


def glossary() -> str:
    """The page, in the order of the catalogue.

    Raises:
        LookupError: if a score has no term.
    """
    missing = [name for name in SCORES if name not in TERMS]
    if missing:
        msg = f"stream/french.py has no term for {', '.join(missing)}"
        raise LookupError(msg)
    contents = [(f"[{_title(info)}](#{_anchor(info)})", info.title, f"`{info.metric}`") for _, info in SCORES.values()]
    return _PAGE + table(("terme", "en anglais", "métrique"), contents) + "".join(map(_section, SCORES))


def _section(name: str) -> str:
    kpi, info = SCORES[name]
    term = TERMS[name]
    estimate = term.example.estimate(name)
    assert estimate is not None, f"the example of {name} has no score"  # noqa: S101  the file's own data
    rows = [
        ("formule", term.formula),
        ("exemple", f"{term.told} : **{_figure(estimate.value, info.unit)}**"),
        ("mieux vaut", "plus" if info.higher_is_better else "moins"),
        ("métrique", f"`{info.metric}{told(info.labels)}`"),
        ("en anglais", f"[{info.title}](kpis.md#{kpi.name})"),
    ]
    return f"\n## {_title(info)}\n\n{fill(term.definition, 120)}\n\n" + table(("", ""), rows)


def _title(info: ScoreInfo) -> str:
    return info.french[:1].upper() + info.french[1:]


def _anchor(info: ScoreInfo) -> str:
    """The anchor of a section, as GitHub makes it.

    >>> _anchor(SCORES["churn"][1]), _anchor(SCORES["response_time_p90"][1])
    ('taux-dattrition', 'délai-de-réponse-90-')
    """
    kept = "".join(each for each in info.french.lower() if each.isalnum() or each in "_- ")
    return kept.replace(" ", "-")


#: How a value of a unit is written, with its unit.
_FORMS: dict[str, Callable[[float], str]] = {
    "points": lambda value: f"{value:.1f} points",
    "ratio": lambda value: f"{100 * value:.1f} %",
    "ease": lambda value: f"{value:.2f} sur 7",
    "balance": lambda value: f"{value:.2f}",
    "seconds": lambda value: f"{value:.0f} s" if value < 7_200 else f"{value / 3600:.1f} h",
    "money": lambda value: f"{value:,.0f} €",
    "count": lambda value: f"{value:.0f}",
}


def _figure(value: float, unit: str) -> str:
    """A value as one writes it in French.

    >>> _figure(0.8, "ratio"), _figure(24_000, "money"), _figure(-12.5, "points")
    ('80,0 %', '24 000 €', '−12,5 points')
    """
    written = _FORMS[unit](value)
    return written.translate({ord(","): " ", ord("."): ",", ord("-"): "−"})
