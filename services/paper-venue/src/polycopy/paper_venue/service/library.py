"""The two addresses where everybody may read and nobody may do: the Data API and Gamma."""

from polycopy.paper_venue.core.clob.desk import Desk
from polycopy.paper_venue.core.data_api import routes as data_routes
from polycopy.paper_venue.core.data_api.cdn import Cdn
from polycopy.paper_venue.core.data_api.routes import DataApi
from polycopy.paper_venue.core.data_api.rows import IndexDelay
from polycopy.paper_venue.core.engine.ledger import Ledger
from polycopy.paper_venue.core.gamma import routes as gamma_routes
from polycopy.paper_venue.core.gamma.routes import Gamma
from polycopy.paper_venue.core.protocol.messages import Answer, Request


class Library:
    """Reads the chain and the books as they are at each request; only the cache is its own."""

    def __init__(self, desk: Desk, ledger: Ledger, delay: IndexDelay) -> None:
        self._desk = desk
        self._ledger = ledger
        self.delay = delay
        self._cdn = Cdn()

    def data(self, request: Request) -> Answer:
        api = DataApi(
            exchange=self._desk.exchange, ledger=self._ledger, delay=self.delay, cdn=self._cdn
        )
        return data_routes.respond(api, request)

    def gamma(self, request: Request) -> Answer:
        told = Gamma(exchange=self._desk.exchange, ledger=self._ledger)
        return gamma_routes.respond(told, request)
