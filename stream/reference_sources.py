"""The reference page of the sources: what each brings and how to set it up, from its own file."""

import ast
import inspect
import sys
from inspect import cleandoc

from pydantic.fields import FieldInfo

from stream.events import EVENTS
from stream.reference_domain import prose, table
from stream.sources import CATALOGUE, Options, Source
from stream.sources.schemes import TOLERANCE_S, Basic, Open, Scheme, Signature, Token

_PAGE = """\
# Sources

```sh
FEEDBACK_GATEWAY_TYPEFORM_SECRETS=the-secret feedback-stream gateway
```

switches a source on: deliveries are posted to `https://HOST/in/SOURCE`, HOST being the gateway's public name. In the
name of the variable a hyphen of the source's name becomes `_`. [Gateway](gateway.md) tells more of secrets, and of the
options that every source takes, such as `questions`, which says what a sender's questions ask for.

"""


def sources() -> str:
    """The page of the sources."""
    known = sorted(CATALOGUE.items())
    contents = [(f"[{name}](#{name})", source.title, _carries(source)) for name, source in known]
    return _PAGE + table(("source", "", "carries"), contents) + "\n" + "\n".join(_section(*each) for each in known)


def _section(name: str, source: type[Source]) -> str:
    made = events_of(source)
    rows = [
        ("carries", _carries(source)),
        ("as", ", ".join(f"[{event}](events.md#{event})" for event in made) or "[any event](events.md)"),
        ("address", f"`https://HOST/in/{name}`"),
        ("set it up", _line(source.setup)),
        ("proves who it is by", proof(source.auth)),
        ("tells deliveries apart by", f"`{source.delivery}`" if source.delivery else "nothing; its events' own ids do"),
        ("limits", _line(source.limits)),
    ]
    options = [
        (f"`{option}`", _default(field), field.description or "")
        for option, field in source.takes.model_fields.items()
        if option not in Options.model_fields
    ]
    more = "\n" + table(("option", "left out", "meaning"), options) if options else ""
    return f"## {name}\n\n{prose(source)}\n\n{table((source.title, ''), rows)}{more}"


def _carries(source: type[Source]) -> str:
    """What the docstring of its file says after its name.

    >>> _carries(CATALOGUE["typeform"])
    'answers to forms'
    """
    said = cleandoc(sys.modules[source.__module__].__doc__ or "").partition("\n\n")[0]
    return _line(said.partition(": ")[2]).removesuffix(".")


def _line(text: str) -> str:
    return " ".join(text.split())


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
    return f"`{default}`" if field.default not in ("", None, ()) else ""


def events_of(source: type[Source]) -> list[str]:
    """The types of the events that a source makes, found in its code; none where they are not written there.

    >>> events_of(CATALOGUE["stripe"])
    ['churn', 'erasure']
    """
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(source).strip())) if isinstance(node, ast.Call)]
    made = {
        "survey_response" if call.func.attr == "answer" else getattr(call.args[0], "value", "")
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr in {"answer", "event"} and call.args
    }
    return [event.name for event in EVENTS if event.name in made]


def proof(scheme: Scheme) -> str:
    """How one proves who one is, in words.

    >>> proof(Token())
    'the secret after `Bearer` in the header `Authorization`'
    >>> proof(Basic())
    'user and password (Basic); the secret is `user:password`'
    """
    match scheme:
        case Signature():
            return _signature(scheme)
        case Token(parameter=str(parameter)) if parameter:
            return f"the secret as `{parameter}` in the query of the address"
        case Token(prefix=str(prefix)):
            return f"the secret{f' after `{prefix.strip()}`' if prefix else ''} in the header `{scheme.header}`"
        case Basic():
            return "user and password (Basic); the secret is `user:password`"
        case Open():
            return "nothing: it needs an `allow` list, or an `auth`"
        case _:
            return _line(prose(type(scheme))).partition(". ")[0].removesuffix(".")


def _signature(scheme: Signature) -> str:
    signed = "the body" if scheme.signed == "{body}" else f"`{scheme.signed}`"
    recent = f", at most {TOLERANCE_S} s old" if "{timestamp}" in scheme.signed else ""
    named = f" after `{scheme.prefix}`" if scheme.prefix else ""
    return f"HMAC-{scheme.algorithm.upper()} of {signed}, {scheme.encoding}{named} in `{scheme.header}`{recent}"
