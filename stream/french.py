"""The scores in French: definition, formula, and an example, whose result the glossary works out."""

from collections.abc import Callable
from functools import reduce
from typing import NamedTuple

from stream.kpi import Accumulator
from stream.kpi.cases import Cases
from stream.kpi.ces import Ces
from stream.kpi.churn import Churn
from stream.kpi.closed_loop import ClosedLoop
from stream.kpi.clv import MONTH_S, Clv
from stream.kpi.csat import Csat
from stream.kpi.durations import FIELDS, bucket
from stream.kpi.enps import Enps
from stream.kpi.fcr import Fcr
from stream.kpi.nps import Nps
from stream.kpi.omnichannel import Omnichannel
from stream.kpi.response_rate import ResponseRate
from stream.kpi.response_time import ResponseTime
from stream.kpi.retention import Retention
from stream.kpi.sentiment import Sentiment
from stream.kpi.themes import Themes
from stream.kpi.upsell import Upsell
from stream.measures import Rating


class Term(NamedTuple):
    """A score for people who read French: what it is, how it is worked out, and an example in words and in numbers."""

    definition: str
    formula: str
    told: str
    example: Accumulator


def _rated(kpi: type[Accumulator], *scores: int, high: int) -> Accumulator:
    """The answers to a question from 1 on, added up."""
    found = [kpi.of(Rating(kpi.name, score, 1, high)) for score in scores]
    return reduce(kpi.merge, [each for each in found if each is not None])


def _took(kpi: Callable[..., Accumulator], times: dict[int, int], **fields: int) -> Accumulator:
    """So many durations of so many seconds, and further fields."""
    return kpi(**fields, **{FIELDS[bucket(seconds * 1_000_000)]: count for seconds, count in times.items()})


_WAITS = _took(ResponseTime, {30: 18, 300: 2}, in_time=18)
_WAITED = "18 attentes de 30 s, 2 de 300 s"
_MONTH = Clv(orders=200, revenue=10_000_000, customers=100, upsold=1_500_000, seconds=MONTH_S, per_unit=100)
_SOLD = "200 commandes, 100 clients, 100 000 € en un mois"

#: Every score by its name; tests/test_docs.py holds it against the catalogue.
TERMS: dict[str, Term] = {
    "nps": Term(
        "Sur cent clients interrogés, les promoteurs (notes 9 et 10) moins les détracteurs (0 à 6).",
        "100 × (promoteurs − détracteurs) / réponses",
        "65 promoteurs, 20 passifs, 15 détracteurs",
        Nps(65, 20, 15),
    ),
    "csat": Term(
        "La part des clients satisfaits : 4 et 5 sur 5, les deux meilleures notes sur 4, 6 ou 7, de 8 à 10 sur 10.",
        "réponses satisfaites / réponses",
        "16 réponses satisfaites sur 20",
        Csat(satisfied=16, answered=20),
    ),
    "csat_mean": Term(
        "La moyenne des réponses, chacune ramenée de sa propre échelle à une échelle de 0 à 1.",
        "somme des réponses ramenées / réponses",
        "notes de 5, 4, 4 et 1 sur 5",
        _rated(Csat, 5, 4, 4, 1, high=5),
    ),
    "ces": Term(
        "La facilité du parcours pour le client, de 1 à 7 où 7 est le plus facile, quels que soient l'échelle et le "
        "sens de la question posée.",
        "somme des facilités / réponses",
        "facilités de 7, 6 et 3 sur 7",
        _rated(Ces, 7, 6, 3, high=7),
    ),
    "ces_easy": Term(
        "La part des clients pour qui le parcours était facile : 5 ou plus sur 7.",
        "réponses faciles / réponses",
        "facilités de 7, 6 et 3 sur 7",
        _rated(Ces, 7, 6, 3, high=7),
    ),
    "enps": Term(
        "Le Net Promoter Score demandé aux collaborateurs, qui disent s'ils recommanderaient d'y travailler.",
        "100 × (promoteurs − détracteurs) / réponses",
        "12 promoteurs, 5 passifs, 3 détracteurs",
        Enps(12, 5, 3),
    ),
    "churn": Term(
        "La part des clients du début de la période qui sont partis ; qui est revenu n'est pas parti.",
        "(partis − revenus) / clients au début",
        "1 000 clients au début, 100 partis",
        Churn(customers=1000, lost=100),
    ),
    "retention": Term(
        "La part des clients du début de la période qui sont restés, sans compter les nouveaux.",
        "(clients à la fin − nouveaux) / clients au début",
        "1 000 clients au début, 100 partis, 50 nouveaux",
        Retention(customers=1000, joined=50, lost=100),
    ),
    "retention_gross": Term(
        "Les clients à la fin de la période, nouveaux compris, rapportés à ceux du début.",
        "clients à la fin / clients au début",
        "1 000 clients au début, 100 partis, 50 nouveaux",
        Retention(customers=1000, joined=50, lost=100),
    ),
    "fcr": Term(
        "La part des demandes résolues dès le premier contact, sans que le client revienne pour la même raison dans "
        "les sept jours.",
        "premiers contacts résolus et sans suite / premiers contacts entrants",
        "280 demandes résolues sur 400",
        Fcr(first=400, resolved=280),
    ),
    "fcr_provisional": Term(
        "La part des premiers contacts résolus qu'un rappel du client peut encore démentir, car les sept jours ne sont "
        "pas passés.",
        "premiers contacts résolus depuis moins de sept jours / premiers contacts entrants",
        "60 résolus cette semaine, sur 400",
        Fcr(first=400, resolved=280, provisional=60),
    ),
    "response_time": Term(
        "Le temps d'attente que la moitié des clients ne dépasse pas, de l'ouverture du contact à la première réponse, "
        "à un dixième près.",
        "médiane des attentes",
        _WAITED,
        _WAITS,
    ),
    "response_time_p90": Term(
        "Le temps d'attente que neuf clients sur dix ne dépassent pas, à un dixième près.",
        "neuvième décile des attentes",
        _WAITED,
        _WAITS,
    ),
    "response_time_p95": Term(
        "Le temps d'attente que dix-neuf clients sur vingt ne dépassent pas, à un dixième près.",
        "95e centile des attentes",
        _WAITED,
        _WAITS,
    ),
    "response_time_within_target": Term(
        "La part des contacts auxquels on a répondu dans le délai prévu pour leur canal.",
        "réponses dans les délais / contacts avec réponse",
        _WAITED + ", objectif de 60 s",
        _WAITS,
    ),
    "clv": Term(
        "Ce qu'un client rapporte tant qu'il reste client, dans sa devise.",
        "panier moyen × commandes par client et par mois × durée de vie en mois",
        f"{_SOLD}, durée de vie de 24 mois",
        _MONTH,
    ),
    "clv_discounted": Term(
        "La même valeur, où l'argent de demain vaut moins que celui d'aujourd'hui, sans le paiement du premier mois.",
        "m × r / (1 + i − r), par mois : marge m d'un client, rétention r, actualisation i",
        f"{_SOLD}, marge de 100 %, durée de vie de 24 mois, 10 % par an",
        _MONTH,
    ),
    "clv_order_value": Term("Ce que vaut une commande en moyenne.", "chiffre d'affaires / commandes", _SOLD, _MONTH),
    "clv_order_frequency": Term(
        "Combien de fois un client commande par mois.",
        "commandes / clients / mois de la fenêtre",
        _SOLD,
        _MONTH,
    ),
    "upsell_revenue": Term(
        "La part du chiffre d'affaires qui vient de la montée en gamme.",
        "chiffre d'affaires des montées en gamme / chiffre d'affaires",
        "15 000 € de montées en gamme, 100 000 € en tout",
        _MONTH,
    ),
    "upsell": Term(
        "La part des commandes par lesquelles un client passe à une offre supérieure ; sans essais, annulations "
        "ni remboursements.",
        "montées en gamme / commandes",
        "30 montées en gamme sur 200 commandes",
        Upsell(orders=200, upsells=30, cross_sells=10),
    ),
    "cross_sell": Term(
        "La part des commandes par lesquelles un client prend une offre de plus ; sans essais, annulations "
        "ni remboursements.",
        "ventes croisées / commandes",
        "10 ventes croisées sur 200 commandes",
        Upsell(orders=200, upsells=30, cross_sells=10),
    ),
    "response_rate": Term(
        "La part des invitations reçues auxquelles le client a répondu ; chacune compte au moment de son envoi.",
        "invitations avec réponse / invitations reçues",
        "50 réponses à 200 invitations",
        ResponseRate(delivered=200, answered=50),
    ),
    "closed_loop": Term(
        "La part des dossiers de clients mécontents qui ont été clos dans les 48 heures.",
        "dossiers clos dans les délais / dossiers arrivés à échéance",
        "16 dossiers clos à temps sur 20",
        ClosedLoop(due=20, in_time=16),
    ),
    "cases_open": Term(
        "Les dossiers ouverts et pas encore clos ; un dossier rouvert est de nouveau ouvert.",
        "ouverts au début + ouverts depuis − clos depuis",
        "7 ouverts au début, 5 de plus, 2 clos",
        Cases(open=7, opened=5, closed=2),
    ),
    "case_time_to_close": Term(
        "Le temps entre l'ouverture et la clôture que la moitié des dossiers ne dépasse pas, à un dixième près.",
        "médiane des durées",
        "trois dossiers clos en 1 h, 10 h et 40 h",
        _took(Cases, {3_600: 1, 36_000: 1, 144_000: 1}, closed=3),
    ),
    "omnichannel": Term(
        "La part des clients qui ont utilisé deux canaux ou plus en trente jours.",
        "clients sur plusieurs canaux / clients avec contact",
        "3 clients sur 10",
        Omnichannel(customers=10, several=3, contacts=18, switches=6),
    ),
    "omnichannel_switches": Term(
        "La part des contacts pris par un autre canal que le précédent du même client, en trente jours.",
        "changements de canal / contacts",
        "6 changements pour 18 contacts",
        Omnichannel(customers=10, several=3, contacts=18, switches=6),
    ),
    "sentiment": Term(
        "Le ton des commentaires : les positifs moins les négatifs, de −1 à 1.",
        "(positifs − négatifs) / commentaires",
        "6 positifs, 2 neutres, 2 négatifs",
        Sentiment(positive=6, neutral=2, negative=2),
    ),
    "themes": Term(
        "La part des commentaires qui parlent d'un thème, tel que l'attente ou le prix.",
        "commentaires qui en parlent / commentaires",
        "30 commentaires sur 120 parlent de l'attente",
        Themes(mentions=30, promoters=2, passives=4, detractors=14, comments=120),
    ),
    "themes_nps": Term(
        "Le Net Promoter Score de ceux dont le commentaire parle d'un thème.",
        "100 × (promoteurs − détracteurs) / réponses de ceux qui en parlent",
        "2 promoteurs, 4 passifs et 14 détracteurs parlent de l'attente",
        Themes(mentions=30, promoters=2, passives=4, detractors=14, comments=120),
    ),
}
