"""JSON-RPC 2.0: one call or a batch of them in, answers out. Texts as go-ethereum has them."""

from collections.abc import Callable

import msgspec

from polycopy.paper_venue.core.chain.errors import (
    INVALID_PARAMS,
    INVALID_REQUEST,
    PARSE_ERROR,
    RpcError,
)

Dispatch = Callable[[str, list[object]], object]

_NULL = msgspec.Raw(b"null")
_encode = msgspec.json.Encoder().encode
_BROKEN = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


class _Call(msgspec.Struct):
    """What a caller may have sent. An id comes back byte by byte."""

    jsonrpc: object = None
    id: msgspec.Raw = msgspec.Raw(b"")
    method: object = None
    params: object = None


def answered(raw: bytes, dispatch: Dispatch, *, batch_max: int) -> bytes:
    """The answer's bytes; none where every call was a notification. Never raises for what a
    stranger may send: `dispatch` says RpcError to what it refuses."""
    try:
        whole = msgspec.json.decode(raw, type=msgspec.Raw)
        batch = _batch(whole)
        msgspec.json.decode(raw)
    except _BROKEN:
        return _encode(_refused(_NULL, RpcError(PARSE_ERROR, "parse error")))
    if batch is None:
        answer = _one(whole, dispatch)
        return b"" if answer is None else _encode(answer)
    if not batch:
        return _encode(_refused(_NULL, RpcError(INVALID_REQUEST, "empty batch")))
    if len(batch) > batch_max:
        first = next((call.id for call in map(_read, batch) if call and _is_id(call.id)), _NULL)
        return _encode([_refused(first, RpcError(INVALID_REQUEST, "batch too large"))])
    answers = [answer for each in batch if (answer := _one(each, dispatch)) is not None]
    return _encode(answers) if answers else b""


def _batch(whole: msgspec.Raw) -> list[msgspec.Raw] | None:
    if not bytes(whole).lstrip().startswith(b"["):
        return None
    return msgspec.json.decode(whole, type=list[msgspec.Raw])


def _read(raw: msgspec.Raw) -> _Call | None:
    try:
        return msgspec.json.decode(raw, type=_Call)
    except msgspec.ValidationError:
        return None


def _one(raw: msgspec.Raw, dispatch: Dispatch) -> dict[str, object] | None:
    call = _read(raw)
    invalid = RpcError(INVALID_REQUEST, "invalid request")
    if call is None:
        return _refused(_NULL, invalid)
    known = _is_id(call.id)
    if call.jsonrpc != "2.0" or not isinstance(call.method, str) or not call.method:
        return _refused(call.id if known else _NULL, invalid)
    silent = not bytes(call.id)
    if not known and not silent:
        return _refused(_NULL, invalid)
    try:
        result = dispatch(call.method, _positional(call.params))
    except RpcError as error:
        return None if silent else _refused(call.id, error)
    return None if silent else {"jsonrpc": "2.0", "id": call.id, "result": result}


def _positional(params: object) -> list[object]:
    if params is None:
        return []
    if not isinstance(params, list):
        raise RpcError(INVALID_PARAMS, "non-array args")
    return params


def _is_id(raw: msgspec.Raw) -> bool:
    """A text, a number or null."""
    return bool(bytes(raw)) and not bytes(raw).startswith((b"{", b"["))


def _refused(id_: msgspec.Raw, error: RpcError) -> dict[str, object]:
    told = {"code": error.code, "message": error.message}
    return {"jsonrpc": "2.0", "id": id_, "error": told}
