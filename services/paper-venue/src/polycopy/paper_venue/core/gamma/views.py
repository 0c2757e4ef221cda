"""What Gamma can show at a moment: the catalogue with its numbers, each worked out once."""

from polycopy.paper_venue.core.engine.exchange import Exchange
from polycopy.paper_venue.core.engine.ledger import Ledger
from polycopy.paper_venue.core.gamma import bodies, events
from polycopy.paper_venue.core.gamma.catalogue import Catalogue, Gathering, Listed
from polycopy.paper_venue.core.gamma.figures import Figures, figures
from polycopy.paper_venue.core.protocol import wire


class View:
    """Lives for one request."""

    def __init__(self, exchange: Exchange, ledger: Ledger, now_us: int) -> None:
        self.catalogue = Catalogue(exchange)
        self._exchange = exchange
        self._ledger = ledger
        self._now_us = now_us
        self._figures: dict[int, Figures] = {}
        self._event_of = {one.event_id: one for one in self.catalogue.events}

    def figures(self, listed: Listed) -> Figures:
        found = self._figures.get(listed.market_id)
        if found is None:
            found = figures(self._exchange, self._ledger, listed.market, self._now_us)
            self._figures[listed.market_id] = found
        return found

    def market(self, listed: Listed, *, with_tags: bool) -> wire.Body:
        gathering = self._event_of[listed.event_id]
        event = events.event(gathering, self._shown(gathering), markets=None, tags=None)
        tags = self.tags_of(listed) if with_tags else None
        return bodies.market(listed, self.figures(listed), events=[event], tags=tags)

    def event(self, gathering: Gathering) -> wire.Body:
        markets = [
            bodies.market(one, self.figures(one), events=None, tags=None)
            for one in gathering.listed
        ]
        return events.event(
            gathering,
            self._shown(gathering),
            markets=markets,
            tags=self.tags_of(*gathering.listed),
        )

    def tags_of(self, *listed: Listed) -> list[wire.Body]:
        found = {
            one.tag_id: events.tag(one)
            for each in listed
            for one in self.catalogue.tags_of(each.market)
        }
        return list(found.values())

    def _shown(self, gathering: Gathering) -> list[Figures]:
        return [self.figures(one) for one in gathering.listed]
