"""HTTP by httptools, with a bound that it lacks: on the request line and headers."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# As h11, uvicorn's other parser, has it.
MAX_HEAD_BYTES = 65_536


class BoundedHeadProtocol(HttpToolsProtocol):
    """Closes a connection whose request line and headers do not end: they are kept in memory until they do."""

    _in_head = True
    _moved_on = False
    _head_bytes = 0

    def data_received(self, data: bytes) -> None:
        self._moved_on = not self._in_head
        super().data_received(data)
        # Data that is partly a body, or ends a head, says nothing of how long the next head will be.
        self._head_bytes = 0 if self._moved_on else self._head_bytes + len(data)
        if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
            self.send_400_response("request line and headers are too long")

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._moved_on = True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._in_head = True
