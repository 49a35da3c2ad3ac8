"""Judges whether everybody on the way takes the same bytes for the same requests:

    attacker, victim → gateway → recorder → backend → origin

Every request that went through the recorder is told three times – by the attacker's bytes as `strict`
reads them, by the recorded bytes as `strict` reads them, and by the origin, which tells in its answer what
reached it through the backend – and all three must agree, one answer to one request, on both sides of the
gateway."""

import json
import secrets
import socket
import urllib.parse

from . import wire
from .recorder import Recorder
from .strict import END, PART, UNSOUND, Fault, Strict
from .upstream import Upstream

LOCAL = {"/health", "/ready", "/metrics", "/openapi.json", "/openapi.yaml"}  # what the gateway itself serves
OWN_HEADERS = {"host", "authorization", "user-agent", "traceparent", "content-length", "transfer-encoding"}
TIMEOUT_SECONDS = 8


def tell(peer):
    """The origin's script."""
    while request := peer.read_request():
        told = json.dumps(vars_of(request)).encode()
        peer.send(wire.response(200, told, [("X-Told", "1"), ("Content-Type", "text/plain")]))


def vars_of(request):
    return {
        "method": request.method,
        "target": request.target,
        "tokens": request.values("x-token"),
        "body": request.body.decode("latin-1"),
    }


class Disagreement(AssertionError):
    pass


def require(holds, what, *details):
    if not holds:
        raise Disagreement(": ".join([what, *map(repr, details)]))


class Tap(Recorder):
    """The recorder between the gateway and the backend."""

    def news(self):
        """[(request, response)] since the last call. What is left of a connection's bytes, a request that is
        not whole, is looked at again next time."""
        found = []
        for passage in list(self.passages):
            ended = passage.ended  # before its bytes are looked at
            found += self.read(passage)
            if ended:
                self.passages.remove(passage)
        return found

    @staticmethod
    def read(passage):
        received, sent = (
            Strict(passage.received),
            Strict(passage.sent),
        )  # in this order: no answer before its request
        requests, end = sent.requests()
        require(end != UNSOUND, "the gateway sent what is not sound", sent.data)
        require(all(r.stays for r in requests), "the gateway asked to close", sent.data)
        try:
            found = [(request, received.response(request.method)) for request in requests]
        except Fault as fault:
            raise Disagreement(f"the backend's answer is {fault}: {sent.data!r} {received.data!r}") from fault
        surplus = received.data[received.at :]
        require(not surplus or end == PART, "the backend answered more than was asked", sent.data, surplus)
        del passage.sent[: sent.at], passage.received[: received.at]
        return found


class Attack:
    """What came of some bytes: the whole requests in them, the answers, and what went on."""

    def __init__(self, data):
        self.data = data
        self.meant, self.end = Strict(data).requests()
        self.answers = []
        self.tail = None  # the answer to what is not a whole request
        self.closed = False
        self.stricter = False  # a sound request was refused

    @staticmethod
    def own(request, answer):
        """Whether the gateway itself gave this answer."""
        local = request and request.target.split("?")[0] in LOCAL
        return local or (
            answer.header("x-told") is None and answer.header("content-type") == "application/json"
        )

    def forwarded(self):
        """[(request, answer)] of those that the gateway did not answer itself."""
        pairs = zip(self.meant, self.answers, strict=False)
        return [(r, a) for r, a in pairs if not self.own(r, a)]

    def may_close(self):
        """Whether the gateway may have hung up unannounced: it answered before it read a body's chunks, and
        is stricter about them than `strict`."""
        last = self.meant[-1] if self.meant else None
        return last and self.own(last, self.answers[-1]) and last.values("transfer-encoding")

    def outcome(self):
        """The table's form: a status that the gateway itself gave, or the request that went on."""
        pairs = zip(self.meant, self.answers, strict=False)
        told = [
            a.status if self.own(r, a) else f"{r.method} {r.target} {r.body.decode('latin-1')}".strip()
            for r, a in pairs
        ]
        told += [self.tail.status] if self.tail else []
        return [*told, "closed"] if self.closed else told


class Chain:
    """`start_gateway(url)` and `start_backend(origin_port)` start the two programs; without a backend the
    origin itself stands behind the recorder."""

    def __init__(self, start_gateway, start_backend=None):
        self.origin = Upstream()
        self.origin.script = tell
        self.backend = start_backend and start_backend(self.origin.address[1])
        self.tap = Tap(self.backend.address if self.backend else self.origin.address)
        self.gateway = start_gateway(self.tap.url)
        self.key, self.victims = self.gateway.key, set()
        self.victim = wire.connect(self.gateway.address)
        self.origin.requests.clear()  # of the backend's start

    def close(self):
        self.victim.socket.close()
        self.tap.close()
        self.origin.close()
        self.gateway.stop()
        if self.backend:
            self.backend.close()

    def attack(self, data, bystander=True, patient=False):
        """Sends the bytes on a connection of their own and judges what comes of them. `patient`: to what is
        not a whole request an answer must come, too; else the client goes away, which may be first."""
        attack = Attack(data)
        with wire.connect(self.gateway.address, TIMEOUT_SECONDS) as attacker:
            attacker.offer(data)
            try:
                self.read_answers(attack, attacker, patient)
            except TimeoutError as error:
                raise Disagreement("no answer in time") from error
        if bystander:
            self.ask(self.victim)
        self.judge(attack)
        return attack

    def read_answers(self, attack, attacker, patient):
        for request in attack.meant:
            answer = attacker.response(request.method)
            if answer is None:
                attack.closed = attack.stricter = True
                before = len(attack.answers) - 1
                alone = before >= 0 and attack.own(attack.meant[before], attack.answers[before])
                require(alone, "no answer")
                return
            attack.answers.append(answer)
            if answer.header("connection") == "close":
                attack.closed = True
                attack.stricter = request.stays
                # A refusal comes before the method is known, and has a body for HEAD, too.
                refused_head = request.method == "HEAD" and attack.own(request, answer)
                require(refused_head or attacker.closed(), "more after the last answer")
                return
            require(request.stays, "a connection that ought to end goes on")
        if attack.end == UNSOUND or patient:
            if not patient:
                attacker.socket.shutdown(socket.SHUT_WR)
            attack.tail = attacker.response()
            attack.closed = True
            require(attacker.response() is None, "more after a refusal")
        elif attack.end == END:
            self.ask(attacker, attack.may_close())

    def ask(self, connection, may_be_closed=False):
        """A victim's request, which must get its own answer."""
        token = secrets.token_hex(8)
        self.victims.add(token)
        headers = [wire.bearer(self.key), ("X-Token", token)]
        request = wire.request("POST", "/v2/namespaces/victim/explain_query", token.encode(), headers)
        answer = connection.offer(request).response()
        if answer is None and may_be_closed:
            return
        require(answer is not None and answer.status == 200, "the victim got no answer", answer)
        require(answer.json["tokens"] == [token] and answer.json["body"] == token, "not the victim's", answer)

    def judge(self, attack):
        passed = self.tap.news()
        told = [json.loads(response.body) for _, response in passed if response.values("x-told")]
        reached = [vars_of(request) for request in self.origin.requests]
        self.origin.requests.clear()
        require(told == reached, "the origin got what nobody sent", told, reached)
        for request, response in passed:
            if response.values("x-told"):
                same_told(request, json.loads(response.body))
        theirs = [pair for pair in passed if not self.victims.issuperset(pair[0].values("x-token") or [""])]
        ours = attack.forwarded()
        require(len(theirs) == len(ours), "not the requests that were answered", theirs, ours)
        for (went, response), (sent, answer) in zip(theirs, ours, strict=True):
            same_request(sent, went)
            require(answer.status == response.status, "another's answer", answer, response)
            require(
                sent.method == "HEAD" or answer.body == response.body, "another's answer", answer, response
            )
        if attack.tail:
            require(attack.tail.header("x-told") is None, "unsound bytes were served", attack.tail)
            refusal = attack.tail.status >= 400 and attack.own(None, attack.tail)
            shape = not refusal or set(attack.tail.json) == {"error", "message"}
            require(shape, "a refusal in another form", attack.tail)


def same_request(sent, went):
    """What the gateway sent on is what it was sent."""
    method = "GET" if sent.method == "HEAD" else sent.method
    require((went.method, went.target) == (method, sent.target), "another request line", went, sent)
    require(went.body == sent.body, "another body", went, sent)
    for field in went.headers:
        require(field in sent.headers or field[0].lower() in OWN_HEADERS, "a header of nobody", field, sent)


def same_told(went, told):
    """What the origin got is what the gateway sent; a backend may write a target in its own way."""
    require(told["method"] == went.method, "another method behind the backend", told, went)
    require(plain(told["target"]) == plain(went.target), "another target behind the backend", told, went)
    require(told["tokens"] == went.values("x-token"), "another's header behind the backend", told, went)
    require(told["body"] == went.body.decode("latin-1"), "another body behind the backend", told, went)


def plain(target):
    return urllib.parse.unquote(target)
