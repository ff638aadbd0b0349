"""What customers write, in French and English, in words that fit the score."""

from itertools import product

from stream.simulate.chance import Draw

#: (language, mood) -> beginnings; the empty one stands for customers who come straight to the point.
_OPENINGS = {
    ("fr", "positive"): ("", "Très satisfaite. ", "Rien à redire : ", "Franchement, bravo. ", "Merci beaucoup ! "),
    ("fr", "neutral"): ("", "Correct dans l'ensemble. ", "Avis mitigé : ", "Ni bien ni mal. "),
    ("fr", "negative"): ("", "Très déçu. ", "Inadmissible ! ", "Je suis en colère : ", "Encore une fois, "),
    ("en", "positive"): ("", "Very happy. ", "Great experience: ", "Well done. ", "Thank you so much! "),
    ("en", "neutral"): ("", "Fine overall. ", "Mixed feelings: ", "Neither good nor bad. "),
    ("en", "negative"): ("", "Very disappointed. ", "Unacceptable! ", "I am angry: ", "Yet again, "),
}

_ENDINGS = {
    ("fr", "positive"): ("", " Je recommande.", " Continuez ainsi !", " Un grand merci à toute l'équipe."),
    ("fr", "neutral"): ("", " Peut mieux faire.", " À voir la prochaine fois.", " Sans plus."),
    ("fr", "negative"): ("", " Je pense partir à la concurrence.", " À fuir.", " J'attends des explications."),
    ("en", "positive"): ("", " I would recommend you.", " Keep it up!", " Thanks to the whole team."),
    ("en", "neutral"): ("", " Could be better.", " We will see next time.", " Nothing special."),
    ("en", "negative"): ("", " I am thinking of leaving.", " Avoid.", " I expect an explanation."),
}

#: (language, mood, theme) -> what it is about.
_STATEMENTS = {
    ("fr", "positive", "waiting"): (
        "aucune attente au téléphone.", "on m'a répondu en moins d'une minute.", "prise en charge immédiate."),
    ("fr", "neutral", "waiting"): (
        "l'attente était raisonnable.", "un peu d'attente, mais on m'a répondu.", "délai de réponse moyen."),
    ("fr", "negative", "waiting"): (
        "plus de 40 minutes d'attente au téléphone.", "personne ne décroche, l'attente est interminable.",
        "trois appels et toujours une attente insupportable.", "temps d'attente beaucoup trop long."),
    ("fr", "positive", "price"): (
        "le prix est juste.", "très bon rapport qualité-prix.", "tarif clair et sans surprise."),
    ("fr", "neutral", "price"): (
        "le prix est dans la moyenne.", "un peu cher pour ce que c'est.", "tarif correct."),
    ("fr", "negative", "price"): (
        "c'est beaucoup trop cher.", "le prix a augmenté sans prévenir.", "on m'a facturé deux fois.",
        "des frais cachés sur la facture."),
    ("fr", "positive", "kindness"): (
        "la conseillère était très aimable.", "un conseiller à l'écoute et patient.", "accueil chaleureux."),
    ("fr", "neutral", "kindness"): (
        "le conseiller était poli, sans plus.", "accueil correct.", "conseillère aimable mais pressée."),
    ("fr", "negative", "kindness"): (
        "le conseiller était désagréable.", "on m'a raccroché au nez.", "un ton méprisant du début à la fin."),
    ("fr", "positive", "resolution"): (
        "problème résolu du premier coup.", "tout a été réglé en un seul appel.", "solution trouvée tout de suite."),
    ("fr", "neutral", "resolution"): (
        "le problème est réglé en partie.", "résolu, mais il a fallu rappeler.", "j'attends de voir si c'est résolu."),
    ("fr", "negative", "resolution"): (
        "mon problème n'est toujours pas résolu.", "quatrième contact et rien n'est réglé.",
        "chaque conseiller dit le contraire du précédent.", "aucune solution proposée."),
    ("fr", "positive", "website"): (
        "le site est clair et rapide.", "tout se fait facilement sur l'application.", "espace client très pratique."),
    ("fr", "neutral", "website"): (
        "le site est correct.", "l'application marche, mais elle est lente.", "espace client un peu confus."),
    ("fr", "negative", "website"): (
        "le site plante sans arrêt.", "impossible de se connecter à l'application.",
        "espace client incompréhensible."),
    ("fr", "positive", "delivery"): (
        "livraison rapide et soignée.", "colis reçu avant la date prévue.", "livreur ponctuel."),
    ("fr", "neutral", "delivery"): (
        "livraison dans les délais.", "colis un peu abîmé mais complet.", "livraison avec un jour de retard."),
    ("fr", "negative", "delivery"): (
        "colis jamais reçu.", "deux semaines de retard de livraison.", "colis arrivé cassé.",
        "le livreur n'est jamais passé."),
    ("en", "positive", "waiting"): (
        "no waiting at all.", "someone answered in less than a minute.", "I got through straight away."),
    ("en", "neutral", "waiting"): (
        "the wait was reasonable.", "a bit of waiting, but they answered.", "average response time."),
    ("en", "negative", "waiting"): (
        "over 40 minutes waiting on the phone.", "nobody picks up, the wait is endless.",
        "three calls and still stuck in the queue.", "the waiting time is far too long."),
    ("en", "positive", "price"): (
        "the price is fair.", "great value for money.", "clear pricing with no surprises."),
    ("en", "neutral", "price"): (
        "the price is average.", "a little expensive for what it is.", "pricing is acceptable."),
    ("en", "negative", "price"): (
        "far too expensive.", "the price went up without notice.", "I was charged twice.",
        "hidden fees on my bill."),
    ("en", "positive", "kindness"): (
        "the adviser was very kind.", "a patient and friendly agent.", "a warm and polite welcome."),
    ("en", "neutral", "kindness"): (
        "the agent was polite, nothing more.", "decent service.", "friendly but in a hurry."),
    ("en", "negative", "kindness"): (
        "the agent was rude.", "they hung up on me.", "a condescending tone from start to finish."),
    ("en", "positive", "resolution"): (
        "problem solved the first time.", "everything was sorted in one call.", "they fixed it right away."),
    ("en", "neutral", "resolution"): (
        "the problem is partly solved.", "solved, but I had to call back.", "waiting to see whether it is fixed."),
    ("en", "negative", "resolution"): (
        "my problem is still not resolved.", "fourth contact and nothing is fixed.",
        "every agent says something different.", "no solution was offered."),
    ("en", "positive", "website"): (
        "the website is clear and fast.", "everything is easy in the app.", "my account page is very handy."),
    ("en", "neutral", "website"): (
        "the website is fine.", "the app works but it is slow.", "my account page is a bit confusing."),
    ("en", "negative", "website"): (
        "the website keeps crashing.", "I cannot log in to the app.", "the account page makes no sense."),
    ("en", "positive", "delivery"): (
        "fast and careful delivery.", "the parcel came early.", "the driver was on time."),
    ("en", "neutral", "delivery"): (
        "delivered on time.", "the box was a bit damaged but complete.", "delivery was a day late."),
    ("en", "negative", "delivery"): (
        "the parcel never arrived.", "delivery was two weeks late.", "my order arrived broken.",
        "the driver never turned up."),
}  # fmt: skip

#: What some cannot keep to themselves, so that redaction has work; numbers and domain are reserved for fiction.
_PERSONAL = {
    "fr": (" Rappelez-moi au 06 39 98 12 34.", " Mon adresse : marie.durand@example.com.", " Tél. 01 99 00 56 78."),
    "en": (" Call me on 07700 900123.", " My e-mail is john.smith@example.com.", " Ring 020 7946 0958."),
}
_PERSONAL_SHARE = 0.02

MOODS = ("positive", "neutral", "negative")
THEMES = ("waiting", "price", "kindness", "resolution", "website", "delivery")


def _variants(language: str, mood: str, theme: str) -> tuple[str, ...]:
    parts = product(_OPENINGS[language, mood], _STATEMENTS[language, mood, theme], _ENDINGS[language, mood])
    return tuple(
        opening + (statement if opening.endswith((": ", ", ")) else statement[0].upper() + statement[1:]) + ending
        for opening, statement, ending in parts
    )


_TEXTS = {key: _variants(*key) for key in _STATEMENTS}


def comment(draw: Draw, language: str, mood: str, theme: str) -> str:
    """A comment in `fr` or `en`, of one of MOODS, about one of THEMES.

    >>> comment(lambda: 0.5, "en", "negative", "waiting")
    'Unacceptable! Three calls and still stuck in the queue.'
    """
    texts = _TEXTS[language, mood, theme]
    text = texts[int(draw() * len(texts))]
    personal = draw() / _PERSONAL_SHARE
    return text + _PERSONAL[language][int(personal * 3)] if personal < 1 else text
