"""What a node refuses, by the numbers of JSON-RPC and of go-ethereum."""

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
SERVER_ERROR = -32000
LIMIT_EXCEEDED = -32005


class RpcError(Exception):
    """One call is refused, with a code and the node's text."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def no_notifications() -> RpcError:
    """`eth_subscribe` where there is no socket."""
    return RpcError(METHOD_NOT_FOUND, "notifications not supported")


def invalid(argument: int, what: str) -> RpcError:
    return RpcError(INVALID_PARAMS, f"invalid argument {argument}: {what}")
