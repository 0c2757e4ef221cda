"""What a share is worth now: its payout once the market is over, the book's middle before."""

from polycopy.paper_venue.core.engine.book import Book
from polycopy.paper_venue.core.engine.market import own_price
from polycopy.schemas.money import MICROS


def mark_micros(book: Book, index: int) -> int:
    """Dollars a share of outcome `index`, in micros. A book with one side or none: the last
    trade's price, the side that is there, a half."""
    market = book.market
    if market.resolved:
        return market.tokens[index].payout_micros or 0
    bid, ask = book.best(index)
    if bid is not None and ask is not None:
        return (bid + ask) // 2
    if book.last_price_micros:
        return own_price(index, book.last_price_micros)
    one_sided = ask if bid is None else bid
    return MICROS // 2 if one_sided is None else one_sided
