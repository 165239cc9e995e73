"""More odd answers: those of gateways, proxies and servers that end or describe badly."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from typing import Any

from tests.odd_answers import (
    Behaviour,
    Call,
    Sent,
    as_json,
    at_first,
    raw,
    refuses,
    with_message,
    with_text,
    with_usage,
)

_PAGE = b"<!DOCTYPE html><html><head><title>Sign in</title></head><body>Sign in</body></html>"
_HTML = {"Content-Type": "text/html"}


def as_it_is(first_lines: bytes, body: bytes = b"") -> Sent:
    """A whole answer, as it goes over the wire."""
    return Sent(first_lines.replace(b"\n", b"\r\n") + b"\r\n\r\n" + body, then="as it is")


def whole(call: Call, lines: str = "", status: str = "HTTP/1.1 200 OK") -> Sent:
    """A good answer with further lines among its headers."""
    body = as_json(call)
    head = f"{status}\nContent-Type: application/json\nContent-Length: {len(body)}{lines}"
    return as_it_is(head.encode("latin-1"), body)


def with_logprobs(listed: Any) -> Behaviour:
    def behave(call: Call) -> dict[str, Any]:
        reply = call.reply()
        reply["choices"][0]["logprobs"] = listed
        return reply

    return behave


def of_choice(**fields: Any) -> Behaviour:
    """A good answer whose choice has other fields."""

    def behave(call: Call) -> dict[str, Any]:
        reply = call.reply()
        reply["choices"][0] |= fields
        return reply

    return behave


def lines_of_events(call: Call, end: str = "\n", before: str = "", after: str = "") -> Sent:
    """A stream as OpenAI sends it: a first event without text, the text, the usage, the end."""

    def event(choice: dict[str, Any] | None, **more: Any) -> str:
        data = {"object": "chat.completion.chunk", "choices": [choice] if choice else [], **more}
        return f"data: {json.dumps(data)}{end}{end}"

    def piece(text: str) -> dict[str, Any]:
        return {"index": 0, "delta": {"content": text}} if call.is_chat else {"text": text}

    first = {"index": 0, "delta": {"role": "assistant"}} if call.is_chat else {"text": ""}
    texts = [event(piece(part)) for part in (call.text[:3], call.text[3:])]
    last = {**piece(""), "finish_reason": "stop"}
    usage = event(None, usage={"prompt_tokens": 20, "completion_tokens": 2})
    body = before + event(first) + "".join(texts) + after + event(last) + usage
    return Sent(f"{body}data: [DONE]{end}{end}".encode())


def redirected(status: int, place: str) -> Behaviour:
    return lambda call: Sent(b"", status, {"Location": place})


ANSWERING: Mapping[str, Behaviour] = {
    "a byte order mark": lambda call: Sent(b"\xef\xbb\xbf" + as_json(call)),
    "utf-32": lambda call: Sent(as_json(call, "utf-32")),
    "blank lines first": lambda call: Sent(b"\n \n\n" + as_json(call) + b"\n\n"),
    "stream with comments": lambda call: lines_of_events(call, before=": PROCESSING\n\n"),
    "stream with CRLF": lambda call: lines_of_events(call, end="\r\n"),
    "stream with a byte order mark": lambda call: lines_of_events(call, before="\ufeff"),
    "stream with names of events": lambda call: lines_of_events(
        call, before="event: ping\nid: 1\nretry: 10\n\n"
    ),
    "another model in the answer": lambda call: call.reply(model="somebody-else"),
    "two choices and the second first": lambda call: {
        **call.reply(),
        "choices": [
            {**call.reply("Neither.")["choices"][0], "index": 1},
            call.reply()["choices"][0],
        ],
    },
    "an error that is null": lambda call: call.reply(error=None),
    "an error that is empty": lambda call: call.reply(error={}),
    "201": lambda call: Sent(as_json(call), 201),
    "HTTP 1.0": lambda call: as_it_is(
        b"HTTP/1.0 200 OK\nContent-Type: application/json", as_json(call)
    ),
    "early hints": lambda call: as_it_is(
        b"HTTP/1.1 103 Early Hints\nLink: </a.css>; rel=preload\n\nHTTP/1.1 200 OK", as_json(call)
    ),
    "closes each time": whole,
    "a length and chunks": lambda call: as_it_is(
        b"HTTP/1.1 200 OK\nContent-Length: 5\nTransfer-Encoding: chunked",
        b"%x\r\n%b\r\n0\r\n\r\n" % (len(as_json(call)), as_json(call)),
    ),
    "a chunk for each byte": lambda call: as_it_is(
        b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked",
        b"".join(b"1\r\n%c\r\n" % byte for byte in as_json(call)) + b"0\r\n\r\n",
    ),
    "a header of two lines": lambda call: whole(call, "\nX-Note: one\n two"),
    "latin-1 in a header": lambda call: whole(call, "\nX-Note: caf\xe9"),
    "a status without words": lambda call: whole(call, status="HTTP/1.1 200"),
    "deflated": lambda call: Sent(
        zlib.compress(as_json(call)), headers={"Content-Encoding": "deflate"}
    ),
    "identity": lambda call: Sent(as_json(call), headers={"Content-Encoding": "identity"}),
    "usage in words": with_usage({"prompt_tokens": "20", "completion_tokens": "two"}),
    "usage true": with_usage({"prompt_tokens": True, "completion_tokens": True}),
    "usage of halves": with_usage({"prompt_tokens": 12.5, "completion_tokens": 0.5}),
    "usage NaN": with_usage({"prompt_tokens": float("nan"), "completion_tokens": float("inf")}),
    "more tokens from the cache than there are": with_usage(
        {
            "prompt_tokens": 20,
            "completion_tokens": 2,
            "prompt_tokens_details": {"cached_tokens": 10**9},
        }
    ),
    "NaN log-probabilities": with_logprobs(
        {
            "content": [
                {
                    "token": "good",
                    "logprob": float("nan"),
                    "top_logprobs": [
                        {"token": "good", "logprob": float("nan")},
                        {"token": "bad", "logprob": float("-inf")},
                    ],
                }
            ]
        }
    ),
    "log-probabilities above 0": with_logprobs(
        {
            "content": [
                {
                    "token": "good",
                    "logprob": 700.0,
                    "top_logprobs": [
                        {"token": "good", "logprob": 700.0},
                        {"token": "bad", "logprob": 1e300},
                    ],
                }
            ]
        }
    ),
    "log-probabilities of other tokens": with_logprobs(
        {
            "content": [
                {
                    "token": "x",
                    "logprob": -1,
                    "top_logprobs": [{"token": "y", "logprob": -1}, {"token": "", "logprob": -2}],
                }
            ]
        }
    ),
    "log-probabilities as completions have them": with_logprobs(
        {"tokens": ["good"], "token_logprobs": [-0.1], "top_logprobs": [{"good": -0.1}]}
    ),
    "log-probabilities in a word": with_logprobs("none"),
    "a choice without an index": of_choice(index=None),
    "an end that is a number": of_choice(finish_reason=7),
    "no end": of_choice(finish_reason=None),
    "timings in words": lambda call: call.reply(timings={"prompt_ms": "3", "predicted_ms": []}),
    "another key twice": lambda call: Sent(as_json(call)[:-1] + b', "object": 1, "object": [2]}'),
    "a letter of four bytes": with_text("\U0001f600"),
    "a label with a hidden letter": with_text("go\u200bod"),
    "a text that is JSON twice": with_text('{"answer": "good"}{"answer": "bad"}'),
    "latin-1": lambda call: Sent(json.dumps(call.reply("caf#")).encode().replace(b"#", b"\xe9")),
    "ten thousand headers": lambda call: whole(call, "\nX-Note: a" * 10_000),
    "disconnects first": at_first(1, raw(b"", then="reset")),
    "rate limited in dates of the past": at_first(
        1, refuses(429, "slow down", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")
    ),
    "a wait that is no time": at_first(1, refuses(503, "away", Retry_After="soon, I hope")),
    "an empty wait": at_first(1, refuses(429, "slow down", Retry_After="")),
    "refuses what was not sent": at_first(1, refuses(500, "Unsupported parameter: 'top_p'")),
    "redirects to itself once": lambda call: (
        call.reply()
        if call.number > 1
        else Sent(b"", 307, {"Location": "chat/completions" if call.is_chat else "completions"})
    ),
}
"""Behaviours whose answers have a text."""

SILENT: Mapping[str, Behaviour] = {
    "an end with an error": with_text("good", finish="error"),
    "an aborted text": with_text("go", finish="abort"),
    "a cancelled text": with_text("go", finish="cancelled"),
    "an error beside a text": lambda call: call.reply(error={"message": "Provider went away"}),
    "an error in the middle of a stream": lambda call: lines_of_events(
        call, after='data: {"error": {"code": 502, "message": "Provider went away"}}\n\n'
    ),
    "only the end of a stream": raw(b"data: [DONE]\n\n"),
    "only comments": raw(b": PROCESSING\n\n: PROCESSING\n\n"),
    "choices null": lambda call: {**call.reply(), "choices": None},
    "a choice that is null": lambda call: {**call.reply(), "choices": [None]},
    "a message that is null": of_choice(message=None, text=None),
    "a message that is a word": of_choice(message="good", text=None),
    "content an object": with_text({"type": "text", "text": "good"}),
    "content a list of lists": with_text([["good"]]),
    "content true": with_text(True),
    "an empty list of parts": with_message(content=[]),
    "a function call": with_message("function_call", content=None, function_call={"name": "f"}),
    "a picture as content": with_text([{"type": "image_url", "image_url": {"url": "data:,x"}}]),
    "JSON and something else": lambda call: Sent(as_json(call) + b"\n<!-- cached -->"),
    "JSON twice": lambda call: Sent(as_json(call) * 2),
    "JSON with single quotes": lambda call: Sent(str(call.reply()).encode()),
    "JSON with a comment": lambda call: Sent(b"/* ok */" + as_json(call)),
    "JSONP": lambda call: Sent(b"answer(" + as_json(call) + b");"),
    "a number": raw(b"42"),
    "null": raw(b"null"),
    "a word": raw(b'"good"'),
    "a detail": raw(b'{"detail": "Not authenticated"}'),
    "errors in a list in a 200": raw(b'{"success": false, "errors": [{"message": "no route"}]}'),
    "a message in a 200": raw(b'{"message": "no Route matched with those values"}'),
    "an error that is a word": raw(b'{"error": "model not loaded"}'),
    "an error that is true": raw(b'{"error": true, "message": "no"}'),
    "an echo": lambda call: {"json": dict(call.body), "headers": {"Authorization": "Bearer none"}},
    "a page to sign in": raw(_PAGE, headers=_HTML),
    "402": refuses(402, "Insufficient credits. Add more credits to your account."),
    "405": refuses(405, "Method Not Allowed"),
    "406": refuses(406, "Not Acceptable"),
    "407": refuses(407, "Proxy Authentication Required", Proxy_Authenticate="Basic"),
    "410": refuses(410, "The model has been retired"),
    "411": refuses(411, "Length Required"),
    "418": refuses(418, "I'm a teapot"),
    "423": refuses(423, "Locked"),
    "426": refuses(426, "Upgrade Required", Upgrade="h2c"),
    "431": refuses(431, "Request Header Fields Too Large"),
    "451": refuses(451, "Not in your country"),
    "499": refuses(499, "Client Closed Request"),
    "a quota": refuses(429, "You exceeded your current quota, please check your plan and billing"),
    "a quota by its code": raw(
        b'{"error": {"message": "no", "type": "insufficient_quota", "code": "insufficient_quota"}}',
        status=429,
    ),
    "429 for a year": refuses(429, "slow down", Retry_After="31536000"),
    "429 twice": refuses(429, "slow down", Retry_After="3600, 3600"),
    "403 of a firewall": raw(
        b"<html>Attention Required! | Cloudflare</html>", status=403, headers=_HTML
    ),
    "520": raw(b"<html>Web server is returning an unknown error</html>", status=520, headers=_HTML),
    "524": raw(b"<html>A timeout occurred</html>", status=524, headers=_HTML),
    "529": refuses(529, "Overloaded"),
    "500 that is too long": refuses(
        500, "the request exceeds the available context size. try increasing the context size"
    ),
    "304": raw(b"", status=304),
    "205": raw(b"", status=205),
    "300": raw(b"[]", status=300),
    "status 999": lambda call: whole(call, status="HTTP/1.1 999 Request denied"),
    "status 99": lambda call: whole(call, status="HTTP/1.1 99 Odd"),
    "no status": raw(b"good\n", then="as it is"),
    "nothing but a status": raw(b"HTTP/1.1 200 OK\r\n\r\n", then="as it is"),
    "half a status": raw(b"HTTP/1.1 2", then="as it is"),
    "100 for ever": raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000, then="as it is"),
    "switching protocols": raw(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        then="as it is",
    ),
    "another protocol": raw(b"SSH-2.0-OpenSSH_9.6\r\n", then="as it is"),
    "a beginning of TLS": raw(b"\x15\x03\x01\x00\x02\x02\x46", then="as it is"),
    "a header without a colon": lambda call: whole(call, "\nodd"),
    "a header of 200 kB": lambda call: whole(call, f"\nX-Note: {'a' * 200_000}"),
    "NUL in a header": lambda call: whole(call, "\nX-Note: a\0b"),
    "two lengths": lambda call: whole(call, "\nContent-Length: 7"),
    "a length below 0": lambda call: as_it_is(
        b"HTTP/1.1 200 OK\nContent-Length: -5", as_json(call)
    ),
    "a length in words": lambda call: as_it_is(
        b"HTTP/1.1 200 OK\nContent-Length: some", as_json(call)
    ),
    "a length that is too small": lambda call: as_it_is(
        b"HTTP/1.1 200 OK\nContent-Length: 20", as_json(call)
    ),
    "chunks of no number": lambda call: as_it_is(
        b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked", b"zz\r\n" + as_json(call)
    ),
    "another encoding": lambda call: Sent(
        zlib.compress(as_json(call)), headers={"Content-Encoding": "br"}
    ),
    "zipped twice and said once": lambda call: Sent(
        zlib.compress(zlib.compress(as_json(call))), headers={"Content-Encoding": "deflate"}
    ),
    "redirects elsewhere": redirected(307, "http://127.0.0.1:1/v1/chat/completions"),
    "redirects to no host": redirected(308, "http://nowhere.invalid/v1/chat/completions"),
    "redirects to a page": redirected(302, "/login"),
    "redirects to a file": redirected(307, "file:///etc/passwd"),
    "redirects to no address": redirected(307, "http://[half"),
    "redirects to TLS": redirected(308, "https://127.0.0.1:1/v1/chat/completions"),
    "redirects nowhere": raw(b"", status=307),
}
"""Behaviours whose answers have no text."""

ABOUT_ITSELF: Mapping[str, Sent] = {
    "a page for every question": Sent(_PAGE, headers=_HTML),
    "a context below 0": Sent(
        b'{"default_generation_settings": {"n_ctx": -1}, "total_slots": -4, "data": [{}]}'
    ),
    "a context of words": Sent(
        b'{"default_generation_settings": [], "total_slots": "4", "data": {"id": 1}, "models": 7}'
    ),
    "a context of 6000 digits": Sent(
        b'{"default_generation_settings": {"n_ctx": N}, "total_slots": N, "data": [[{}]]}'.replace(
            b"N", b"9" * 6000
        )
    ),
    "a million slots": Sent(b'{"total_slots": 1000000}'),
    "401 for every question": Sent(b'{"error": {"message": "no key"}}', 401),
    "no end to a question": Sent(b"", then="hang"),
    "zeros to a question": Sent(bytes(40 * 2**20)),
    "redirects a question": Sent(b"", 302, {"Location": "."}),
}
"""What it says of itself; it answers calls like a good server."""
