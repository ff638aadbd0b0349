"""An API that is slow, overloaded, away, or says something else than it should."""

import random
from collections import Counter
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

import aiohttp
import pytest

from stream.fetch import api as own
from stream.fetch.answer import ApiError
from stream.fetch.api import Api
from stream.sources.fetching import Call
from stream.sources.genesys import Genesys, GenesysOptions
from stream.sources.qualtrics import Qualtrics, QualtricsOptions

from .vendor import Reply, Vendor, vendor

PATH = "/surveys/SV_1/responses/R_1"
DONE = Reply(body={"result": {}})


class Site(NamedTuple):
    """An API, what asks it, and the statuses that were counted."""

    vendor: Vendor
    api: Api
    statuses: Counter[str]
    session: aiohttp.ClientSession

    async def fails(self, path: str = PATH) -> ApiError:
        with pytest.raises(ApiError) as caught:
            await self.api.get(Call(path))
        return caught.value


@pytest.fixture
async def site(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    monkeypatch.setattr(own, "_BASE_S", 0.001)
    statuses: Counter[str] = Counter()
    async with vendor() as (there, session):
        source = Qualtrics(QualtricsOptions(api=there.url, api_rate=1_000))
        count = lambda status: statuses.update([status])  # noqa: E731  a counter, no more
        yield Site(there, Api(source, "t0ken", session, count, random.Random(1)), statuses, session)


async def test_an_answer_is_fetched_with_the_token(site: Site) -> None:
    site.vendor.says(PATH, DONE)
    assert await site.api.get(Call(PATH)) == {"result": {}}
    assert [asked.token for asked in site.vendor.asked] == ["t0ken"]
    assert site.statuses == {"200": 1}


async def test_what_fails_for_a_moment_is_tried_again(site: Site) -> None:
    for status in (500, 502, 503, 429):
        site.vendor.says(PATH, Reply(status), Reply(status, headers={"Retry-After": "0"}), DONE)
        assert await site.api.get(Call(PATH)) == {"result": {}}
    assert site.statuses == {"500": 2, "502": 2, "503": 2, "429": 2, "200": 4}


async def test_an_api_that_stays_away_is_left_alone(site: Site) -> None:
    site.vendor.says(PATH, Reply(500))
    assert (await site.fails()).status == "500"
    assert site.statuses == {"500": 3}
    error = await site.fails()
    assert (error.status, error.for_good) == ("held", False)
    assert 50 < error.wait <= 60
    assert site.statuses == {"500": 3}, "it is not even asked"


async def test_retry_after_holds_all_its_requests(site: Site) -> None:
    site.vendor.says(PATH, Reply(429, headers={"Retry-After": "120"}), DONE)
    error = await site.fails()
    assert 110 < error.wait <= 120
    assert 110 < (await site.fails("/another")).wait <= 120
    assert site.statuses == {"429": 1}


@pytest.mark.parametrize(("status", "for_good"), [(404, False), (400, True), (410, True)])
async def test_what_is_not_there_is_not_asked_for_at_once_again(site: Site, status: int, for_good: bool) -> None:
    site.vendor.says(PATH, Reply(status, headers={"Location": "/elsewhere"}))
    error = await site.fails()
    assert (error.status, error.for_good) == (str(status), for_good)
    assert site.vendor.paths() == [PATH]
    site.vendor.says("/another", DONE)
    assert await site.api.get(Call("/another")), "others go on"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirection_is_not_followed_and_may_be_mended(site: Site, status: int) -> None:
    async with vendor() as (another, _):
        site.vendor.says(PATH, Reply(status, headers={"Location": f"{another.url}{PATH}?token=t0ken"}))
        error = await site.fails()
        assert another.asked == [], "the token would go along"
    assert (error.status, error.for_good, error.redirects) == (str(status), False, True)
    assert str(error) == f"the API has answered {status}: it is at '127.0.0.1'; say so in gateway_sources (`api`)"
    assert site.vendor.paths() == [PATH], "not at once again"


async def test_a_login_that_has_moved_gets_no_secret_there(site: Site) -> None:
    async with vendor() as (another, _):
        api = await genesys(site)
        site.vendor.says("/oauth/token", Reply(307, headers={"Location": f"{another.url}/oauth/token"}))
        with pytest.raises(ApiError) as caught:
            await api.get(Call("/x"))
        assert (caught.value.redirects, caught.value.for_good, another.asked) == (True, False, [])


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_is_refused_may_be_mended(site: Site, status: int) -> None:
    site.vendor.says(PATH, Reply(status))
    error = await site.fails()
    assert (error.status, error.for_good) == (str(status), False)
    assert "t0ken" not in str(error)


async def test_an_api_that_does_not_answer(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(own, "_TIMEOUT", aiohttp.ClientTimeout(total=0.05))
    site.vendor.says(PATH, Reply(hangs=True))
    assert (await site.fails()).status == "none"
    assert site.statuses == {"none": 3}


async def test_nobody_listens(site: Site) -> None:
    source = Qualtrics(QualtricsOptions(api="http://127.0.0.1:9", api_rate=1_000))
    with pytest.raises(ApiError) as caught:
        await Api(source, "t0ken", site.session).get(Call(PATH))
    assert caught.value.status == "none"


async def test_an_answer_that_is_no_json_or_has_no_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.vendor.says(PATH, Reply(body=b"<html>"))
    assert (await site.fails()).status == "not_json"
    monkeypatch.setattr(own, "_MAX_BYTES", 10_000)
    site.vendor.says("/large", Reply(body=b'"' + b"1" * 9_999 + b'"'))
    fresh = Api(Qualtrics(QualtricsOptions(api=site.vendor.url, api_rate=1_000)), "t0ken", site.session)
    with pytest.raises(ApiError) as caught:
        await fresh.get(Call("/large"))
    assert (caught.value.status, caught.value.for_good) == ("too_large", True)
    site.vendor.says("/large", Reply(body=b'"' + b"1" * 9_998 + b'"'))
    assert await fresh.get(Call("/large"))


async def test_what_hardly_ever_changes_is_asked_for_once(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.vendor.says("/survey", DONE)
    for _ in range(3):
        await site.api.get(Call("/survey", keep=True))
    assert site.vendor.paths() == ["/survey"]
    await site.api.get(Call("/survey"))
    assert len(site.vendor.paths()) == 2
    monkeypatch.setattr(own, "_KEPT", 1)
    site.vendor.says("/other", DONE)
    for path in ("/other", "/survey"):
        await site.api.get(Call(path, keep=True))
    assert site.vendor.paths()[2:] == ["/other", "/survey"], "of those that are kept, the oldest goes"


async def genesys(site: Site, expires: Any = 3600) -> Api:
    site.vendor.says("/oauth/token", Reply(body={"access_token": "a", "expires_in": expires}))
    options = GenesysOptions(api=site.vendor.url, login=site.vendor.url, api_rate=1_000)
    return Api(Genesys(options), "id:secret", site.session, chance=random.Random(1))


async def test_a_token_is_asked_for_once_and_again_when_it_is_refused(site: Site) -> None:
    api = await genesys(site)
    site.vendor.says("/x", DONE)
    await api.get(Call("/x"))
    await api.get(Call("/x"))
    login, first, second = site.vendor.asked
    assert (login.method, login.path, login.authorization) == ("POST", "/oauth/token", "Basic aWQ6c2VjcmV0")
    assert login.body == b"grant_type=client_credentials"
    assert first.authorization == second.authorization == "Bearer a"
    site.vendor.says("/oauth/token", Reply(body={"access_token": "b", "expires_in": 3600}))
    site.vendor.says("/x", Reply(401), DONE)
    await api.get(Call("/x"))
    assert [asked.path for asked in site.vendor.asked[3:]] == ["/x", "/oauth/token", "/x"]
    assert site.vendor.asked[-1].authorization == "Bearer b"


async def test_a_token_that_ends_soon_is_not_kept(site: Site) -> None:
    api = await genesys(site, expires=30)
    site.vendor.says("/x", DONE)
    await api.get(Call("/x"))
    await api.get(Call("/x"))
    assert site.vendor.paths() == ["/oauth/token", "/x"] * 2


@pytest.mark.parametrize("said", [{}, [], {"access_token": 1}, {"access_token": "a", "expires_in": "soon"}])
async def test_a_login_that_gives_no_token(site: Site, said: Any) -> None:
    api = await genesys(site)
    site.vendor.says("/oauth/token", Reply(body=said))
    with pytest.raises(ApiError) as caught:
        await api.get(Call("/x"))
    assert caught.value.status == "no_token"
    assert "secret" not in str(caught.value)


async def test_a_client_that_is_refused_may_be_mended(site: Site) -> None:
    api = await genesys(site)
    site.vendor.says("/oauth/token", Reply(400, {"error": "invalid_client"}))
    with pytest.raises(ApiError) as caught:
        await api.get(Call("/x"))
    assert (caught.value.status, caught.value.for_good) == ("400", False)
