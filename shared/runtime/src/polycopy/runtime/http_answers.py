"""Answers of strangers over HTTP: no longer than an honest one is."""

import aiohttp

_BYTES_MAX = 4 * 1024 * 1024
_CHUNK_BYTES = 64 * 1024


async def whole(response: aiohttp.ClientResponse) -> bytes:
    """The body, unpacked. Raises ClientPayloadError where it is longer than any honest answer."""
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK_BYTES):
        body += chunk
        if len(body) > _BYTES_MAX:
            response.close()
            raise aiohttp.ClientPayloadError(f"an answer of more than {_BYTES_MAX} bytes")
    return bytes(body)
