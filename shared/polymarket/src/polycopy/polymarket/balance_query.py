"""Which balance is meant: `GET /balance-allowance` and `GET /balance-allowance/update`.

The latter makes the venue read the chain anew; until then it may hold back sums of orders that are
long matched. With another signature type than the wallet's it reads another wallet.
"""

from polycopy.polymarket.order_hash import is_position_id
from polycopy.schemas.ids import TokenId

UPDATE_PATH = "/balance-allowance/update"


def balance_query(token_id: TokenId | None, *, signature_type: int) -> dict[str, str]:
    """Of a token, or of the dollars where there is none."""
    told = {"asset_type": "COLLATERAL", "signature_type": str(signature_type)}
    if token_id is None:
        return told
    kind = "CONDITIONAL-V2" if is_position_id(token_id) else "CONDITIONAL"
    return told | {"asset_type": kind, "token_id": token_id}
